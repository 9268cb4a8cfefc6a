"""Events from files: whose they are, when they were, and that no file counts twice."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import col, select

from core.audience import contact_import
from core.audience.contact_import import import_contacts
from core.db import reading
from core.events.models import Event
from core.jobs.models import Job
from core.jobs.terms import JobKind, JobState
from tests.support.cast import administrator
from tests.support.imports import found_organisation, queued, refused, run, table
from tests.support.people_files import read_here

ADMIN = administrator()
HEAD = ["event", "time", "email", "phone", "customer id", "visitor", "path"]
ROWS = [
    ["page.seen", "2026-11-20T10:00:00Z", "Sara@example.com", "", "", "", "/pricing"],
    ["page.seen", "2026-11-20 13:30", "", "0912 123 4567", "", "", ""],
    ["shop.visited", "۱۴۰۵/۰۸/۲۹ ۱۳:۳۰", "", "", "17", "", "/تهران"],
    ["page.seen", "1405/08/29", "", "", "", "v-1", "/"],
]


@pytest.fixture(autouse=True)
def house(store: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(contact_import, "blocks_ahead", read_here(10_000))
    found_organisation()
    return store


def taken(folder: Path, rows: list[list[str]]) -> Job:
    return run(queued(table(folder / "events.csv", [HEAD, *rows]), JobKind.IMPORT_EVENTS))


def all_events() -> list[Event]:
    with reading() as session:
        chosen = select(Event).where(Event.source == "file").order_by(col(Event.id))
        return list(session.exec(chosen).all())


def test_what_happened_when_and_to_whom_is_told_by_columns_and_the_rest_of_it(
    tmp_path: Path,
) -> None:
    job = taken(tmp_path, ROWS)
    assert (job.state, job.refused_count) == (JobState.DONE, 0)
    first, second, third, fourth = all_events()
    at = datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert [one.occurred_at for one in (first, second, third)] == [at, at, at]
    assert fourth.occurred_at == datetime(2026, 11, 19, 20, 30, tzinfo=UTC)
    assert (first.name, first.properties, third.properties) == (
        "page.seen", {"path": "/pricing"}, {"path": "/تهران"})  # fmt: skip
    assert fourth.anonymous_id == "v-1"
    assert not any(one.is_held or one.contact_id for one in all_events())


def test_the_same_file_again_adds_nothing(tmp_path: Path) -> None:
    taken(tmp_path, ROWS)
    job = taken(tmp_path, [*ROWS, ROWS[0], ["page.seen", "2026-11-20", "", "", "18", "", ""]])
    assert (job.result["events_new"], job.result["events_known"]) == (1, 5)
    assert len(all_events()) == 5


def test_events_that_came_first_are_the_persons_once_the_person_comes(tmp_path: Path) -> None:
    taken(tmp_path, ROWS)
    people = table(tmp_path / "p.csv", [["email", "phone", "customer id"],
                                        ["sara@example.com", "09121234567", "17"]])  # fmt: skip
    import_contacts(ADMIN, people, options={})
    owners = [one.contact_id for one in all_events()]
    assert owners[0] is not None
    assert owners == [owners[0]] * 3 + [None]
    job = taken(tmp_path, [["page.seen", "2026-11-20", "sara@example.com", "", "", "", "x"]])
    assert all_events()[-1].contact_id == owners[0]
    assert job.result["events_waiting"] == 0


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (["order.placed", "2026-11-20", "a@example.com", "", "", "", ""], "event.name_reserved"),
        (["Not a name", "2026-11-20", "a@example.com", "", "", "", ""], "event.bad_name"),
        (["page.seen", "2026-11-20", "", "", "", "", ""], "contact_import.nobody"),
        (["page.seen", "2026-11-20", "nobody", "", "", "", ""], "address.no_at"),
        (["page.seen", "2999-01-01", "a@example.com", "", "", "", ""], "event.in_future"),
        (["page.seen", "1405/08/29 noon", "a@example.com", "", "", "", ""],
         "event_import.bad_time"),
    ],
)  # fmt: skip
def test_what_cannot_be_an_event_is_refused_by_its_reason(
    tmp_path: Path, row: list[str], code: str
) -> None:
    job = taken(tmp_path, [ROWS[0], row])
    with reading() as session:
        assert [(line, found) for line, _, found in refused(session, job.id)] == [(3, code)]
    assert (job.result["events_new"], job.refused_count) == (1, 1)
