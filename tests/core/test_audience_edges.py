"""Edges of the audience: what an undo, a bulk edit, an event and a form must leave alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import clock, signing
from core.audience import undo
from core.audience.event_import import _moment
from core.contacts import changes, restoring
from core.contacts.changes import BulkEdit, BulkField
from core.contacts.models import ChangeSet, Company, Contact, Tag
from core.contacts.terms import ContactKind, ContactStatus
from core.db import reading, transaction
from core.forms import confirming
from core.http import preferences
from core.http.errors import handlers
from core.jobs.terms import JobKind, JobState
from core.messages import links
from core.messages.models import Message
from core.profiles import merging
from core.tracking import resolving
from core.tracking.terms import Subject
from tests.support.cast import administrator, make_contact, make_organisation
from tests.support.imports import queued, run, table

A = administrator()


@pytest.fixture(autouse=True)
def house(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session, now=now)


def merged(first: str, second: str, now: datetime) -> None:
    with transaction() as session:
        merging.merge(session, A, first=first, second=second, from_second=frozenset(), now=now)


def test_undoing_an_import_leaves_companies_and_tags_made_by_hand_since(tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", [["email", "name"], ["a@x.ir", "A"]])
    job = run(queued(file, JobKind.IMPORT_CONTACTS))
    with transaction() as session:
        session.add(Company(name="By hand", search_key="by hand"))
        session.add(Tag(name="Mine", search_key="mine"))
        change = session.exec(select(ChangeSet.id).where(ChangeSet.job_id == job.id)).one()
    is_over = False
    while not is_over:
        with transaction() as session:
            done = undo.undo_piece(session, A, change_set_id=change, now=clock.now())
            is_over = done.is_over
    with reading() as session:
        assert session.exec(select(Company.name)).all() == ["By hand"]
        assert session.exec(select(Tag.name)).all() == ["Mine"]


def test_an_event_of_somebody_merged_twice_reaches_who_they_became(now: datetime) -> None:
    with transaction() as session:
        a, b, c = (make_contact(session) for _ in range(3))
    merged(b.public_id, a.public_id, now)
    merged(c.public_id, b.public_id, now)
    with reading() as session:
        told = [Subject(contact=a.public_id)]
        assert resolving.people(session, told, caller="x", country="IR") == [c.id]


def test_a_bulk_edit_does_not_change_the_kind_of_staff(now: datetime) -> None:
    with transaction() as session:
        staff = make_contact(session, kind=ContactKind.EMPLOYEE)
        lead = make_contact(session, kind=ContactKind.LEAD)
    with transaction() as session:
        edit = BulkEdit(field=BulkField.KIND, value="customer")
        chosen = [staff.public_id, lead.public_id]
        assert changes.edit_chosen(session, A, public_ids=chosen, edit=edit, now=now).count == 1
    with reading() as session:
        assert session.get_one(Contact, staff.id).kind is ContactKind.EMPLOYEE
        assert session.get_one(Contact, lead.id).kind is ContactKind.CUSTOMER


def test_undoing_a_bulk_edit_does_not_bring_back_somebody_merged_since(now: datetime) -> None:
    with transaction() as session:
        one, two = make_contact(session), make_contact(session)
        first, second, gone = one.public_id, two.public_id, two.id
        edit = BulkEdit(field=BulkField.STATUS, value="disabled")
        change = changes.edit_chosen(session, A, public_ids=[second], edit=edit, now=now).id
    merged(first, second, now)
    with transaction() as session:
        restoring.undo(session, A, change_set_id=change, now=now)
    with reading() as session:
        assert session.get_one(Contact, gone).status is ContactStatus.MERGED


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-10:00", "0001-01-01"])
def test_a_moment_at_the_edge_of_time_refuses_its_row_and_not_the_file(
    tmp_path: Path, at: str
) -> None:
    rows = [["event", "time", "email"], ["a.b", at, "a@x.ir"], ["a.b", "2026-01-01", "a@x.ir"]]
    job = run(queued(table(tmp_path / "e.csv", rows), JobKind.IMPORT_EVENTS))
    assert (job.state, job.refused_count) == (JobState.DONE, 1)


@pytest.mark.sqlite_only("reads a text")
def test_the_zone_that_a_jalali_time_names_is_heeded() -> None:
    taken = {"zone": "Asia/Tehran", "calendar": "jalali"}
    at = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    assert _moment("1405-08-30 10:00+00:00", taken) == at
    assert _moment("1405-08-30 13:30", taken) == at


def test_a_form_with_thousands_of_digits_for_a_topic_is_answered_calmly() -> None:
    with transaction() as session:
        person = make_contact(session, "a@x.ir")
    app = Starlette(routes=preferences.routes, exception_handlers=handlers)
    browser = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
    path = "/p/" + links.preferences(person.id).rpartition("/")[2]
    answer = browser.post(path, data={"topic": "9" * 5000, "pause": "9" * 5000})
    assert answer.status_code < 500


def test_the_link_to_the_preferences_does_not_lie_in_the_store(now: datetime) -> None:
    with transaction() as session:
        person = make_contact(session, "a@x.ir")
        confirming.send_link(session, "a@x.ir", now=now)
    with reading() as session:
        kept = str(session.exec(select(Message)).one().values)
    assert signing.token("preferences", person.id) not in kept
