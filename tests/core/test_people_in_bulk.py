"""Many people at once: nothing lost or doubled, proof of consent as if written singly."""

import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select as choose
from sqlmodel import Session, col, func, select

from core import clock
from core.audience import contact_import, intake, queries, undo
from core.audience import reading as reading_files
from core.cli import audience_data
from core.consent import rules, sealing
from core.consent.models import ConsentEvent, Subscription, Topic
from core.consent.terms import ConsentState, TopicRule
from core.contacts import search_index
from core.contacts.models import (
    Address,
    Attribute,
    Company,
    Contact,
    ContactIdentity,
    ContactTag,
    Tag,
)
from core.contacts.terms import AttributeKind
from core.db import reading, transaction
from core.jobs.look import start_child
from core.jobs.models import Job
from core.jobs.terms import JobKind, JobState
from core.segments.models import Segment
from core.segments.terms import SegmentKind, SegmentState
from tests.support.cast import administrator
from tests.support.imports import claimed, found_organisation, job_now, queued, refused, run, table
from tests.support.people_files import read_here
from tests.support.waiting import eventually

ADMIN = administrator()
COLUMNS = ("email", "phone", "first_name", "last_name", "company", "city", "birth_date", "tags")
PLAN = {"field:plan": len(COLUMNS)}
FEW = [["email", "first name"], ["sara@example.com", "Sara"], ["ali@example.com", "Ali"]]


@pytest.fixture
def house(store: str) -> str:
    found_organisation()
    with transaction() as session:
        session.add(Topic(key="news", names={"fa": "خبرنامه"}, rule=TopicRule.OPT_IN))
    return store


@pytest.fixture
def here(house: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(contact_import, "blocks_ahead", read_here(reading_files.BLOCK))
    return house


def counted(session: Session, table: type[object]) -> int:
    return session.exec(select(func.count()).select_from(table)).one()


def made_up(folder: Path, count: int) -> tuple[int, int]:
    """Queue a file of so many rows; return its job and how many rows cannot be taken."""
    path = folder / "people.csv"
    spoiled = audience_data.write_people(path, count)
    mapping = {name: place for place, name in enumerate(COLUMNS)}
    with reading() as session:
        topics = [session.exec(select(Topic.id)).one()]
        mapping |= PLAN if queries.attributes(session) else {}
    options = {"basis": "consent", "basis_text": "fair 2026", "topics": topics}
    return queued(path, JobKind.IMPORT_CONTACTS, mapping=mapping, options=options), spoiled


def undone(change_set_id: int) -> None:
    is_over = False
    while not is_over:
        with transaction() as session:
            piece = undo.undo_piece(session, ADMIN, change_set_id=change_set_id, now=clock.now())
        is_over = piece.is_over


@pytest.mark.spec("S82")
def test_a_kill_in_the_middle_loses_and_doubles_nobody_and_every_row_is_taken_or_refused(
    house: str, tmp_path: Path
) -> None:
    job_id, spoiled = made_up(tmp_path, 20_000)
    attempt = claimed(job_id)
    child = start_child("core.jobs.child", str(attempt.job_id), str(attempt.attempt))
    eventually(lambda: job_now(job_id).done_count > 0, deadline_s=100)
    child.kill()
    assert child.wait() == -signal.SIGKILL
    assert job_now(job_id).done_count == reading_files.BLOCK
    with transaction() as session:
        session.get_one(Job, job_id).state = JobState.QUEUED  # as the worker that waits for it does
    job = run(job_id)
    new = job.result["people_new"]
    assert (job.state, job.done_count, job.refused_count) == (JobState.DONE, 20_000, spoiled)
    assert new == 20_000 - spoiled
    with reading() as session:
        assert [counted(session, one) for one in (ConsentEvent, Subscription)] == [new, new]
        assert counted(session, ContactIdentity) == 2 * new
        assert counted(session, ContactTag) == 2 * new
        assert sealing.verify(session).is_sound
        assert len(refused(session, job_id)) == spoiled


def test_people_written_by_columns_are_those_written_one_by_one(
    here: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as session:
        session.add(Attribute(key="plan", names={"fa": "طرح"}, kind=AttributeKind.TEXT))
    found = []
    for places in (None, frozenset(range(297))):
        if places:
            monkeypatch.setattr(intake, "_doubtful", lambda *_, all_of=places: all_of)
        assert run(made_up(tmp_path, 300)[0]).result["people_new"] == 297
        found.append(written())
        with reading() as session:
            undone(max(line.id for line in undo.list_imports(session, ADMIN)
                       if line.undone_at is None))  # fmt: skip
    assert found[0] == found[1]
    assert len(found[0][0]) == 297


def written() -> list[list[tuple[object, ...]]]:
    """Everybody with all that belongs to them, but for ids, times and seals."""
    who, known, marked, step = Contact, ContactIdentity, ContactTag, ConsentEvent
    own = [getattr(who, name) for name in queries.KEPT if name != "company_id"]
    company = choose(col(Company.name)).where(col(Company.id) == who.company_id).scalar_subquery()
    by_owner: list[tuple[list[Any], list[Any]]] = [
        ([company, *own], [col(who.change_set_id).is_not(None)]),
        ([known.kind, known.normalised, known.raw, known.is_primary], [known.contact_id == who.id]),
        ([Address.normalised, Address.deliverable],
         [known.contact_id == who.id, known.address_id == Address.id]),
        ([Tag.name], [marked.contact_id == who.id, marked.tag_id == Tag.id]),
        ([step.state, step.basis, step.text_version], [step.contact_id == who.id]),
        ([Subscription.state], [Subscription.contact_id == who.id]),
    ]  # fmt: skip
    with reading() as session:
        rows = (session.execute(choose(col(who.search_key), *columns).where(*where))
                for columns, where in by_owner)  # fmt: skip
        return [sorted(map(tuple, one), key=str) for one in rows]


@pytest.mark.sqlite_only("PostgreSQL indexes as it writes")
def test_everybody_taken_in_waits_for_the_search_and_is_found_after_it(
    here: str, tmp_path: Path
) -> None:
    run(made_up(tmp_path, 1_200)[0])
    with transaction() as session:
        assert search_index.waiting_count(session) == 1_188
        assert search_index.drain(session) == 1_188
        pieces = ["091", "107"]
        found = search_index.candidates(session, pieces, limit=1_200) or []
        keys = select(Contact.search_key).where(col(Contact.id).in_(found))
        assert found
        assert all(piece in key for key in session.exec(keys) for piece in pieces)


def test_segments_are_asked_anew_after_an_import_and_after_it_is_taken_back(
    here: str, tmp_path: Path, now: datetime
) -> None:
    with transaction() as session:
        session.add(Segment(public_id="seg_1", name="all", kind=SegmentKind.DYNAMIC,
                            state=SegmentState.READY, computed_at=now))  # fmt: skip
    job = run(queued(table(tmp_path / "few.csv", FEW), JobKind.IMPORT_CONTACTS))
    assert job.state is JobState.DONE
    assert state_and_reset() is SegmentState.DUE
    with reading() as session:
        (line,) = undo.list_imports(session, ADMIN)
    undone(line.id)
    assert state_and_reset() is SegmentState.DUE


def state_and_reset() -> SegmentState:
    """Return the state of the only segment, and have it ready again."""
    with transaction() as session:
        found = session.exec(select(Segment)).one()
        state = found.state
        found.state = SegmentState.READY
        session.add(found)
    return state


@pytest.mark.sqlite_only("the store plays no part in it")
@settings(deadline=None)
@given(
    contact_id=st.integers(1, 2**62),
    basis=st.text(max_size=80),
    state=st.sampled_from(ConsentState),
    previous=st.one_of(st.just(""), st.text("0123456789abcdef", min_size=64, max_size=64)),
)
def test_a_seal_made_among_many_is_the_seal_made_singly(
    contact_id: int, basis: str, state: ConsentState, previous: str
) -> None:
    shared: dict[str, object] = {
        "topic_id": 7, "state": state.value, "basis": basis, "text_version": "2",
        "source": "import:1", "ip": None, "at": datetime(2026, 11, 21, 8, tzinfo=UTC),
        "actor": "user:3",
    }  # fmt: skip
    key = b"k" * 32
    alone = rules.seal(key, {**shared, "contact_id": contact_id}, previous=previous)
    assert rules.sealer(key, shared)(contact_id, previous) == alone
