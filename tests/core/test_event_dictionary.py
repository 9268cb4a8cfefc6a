"""Events from outside on their way through the lane: found, joined, counted, named."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from core import ids
from core.access.terms import SYSTEM, Actor, DepartmentKind, Grant, Role
from core.contacts import visitors
from core.db import reading, transaction
from core.errors import Forbidden, Invalid
from core.events import dictionary, queries
from core.events.models import Event
from core.events.terms import PropertyKind
from core.tracking import recording
from core.tracking.terms import EventInput, Recorded, Subject
from tests.support.cast import administrator, make_contact, make_organisation

pytestmark = pytest.mark.usefixtures("store")
ADMIN = administrator()


@pytest.fixture(autouse=True)
def house(store: str) -> None:
    with transaction() as session:
        make_organisation(session)


def tell(session: Session, given: Sequence[EventInput], now: datetime) -> Recorded:
    return recording.record_events(session, SYSTEM, source="api:1", given=given, now=now)


def drain(now: datetime) -> None:
    with transaction() as session:
        found = queries.claim_waiting(session, limit=100, now=now)
        visitors.settle(session, found)
        dictionary.note(session, found)


def visited(*paths: str, visitor: str = "v1", at: datetime | None = None) -> list[EventInput]:
    return [
        EventInput(name="page.viewed", subject=Subject(anonymous_id=visitor), occurred_at=at,
                   key=f"{visitor}:{path}", properties={"path": path, "depth": len(path)})
        for path in paths
    ]  # fmt: skip


def test_the_dictionary_knows_kinds_samples_and_the_last_time(now: datetime) -> None:
    with transaction() as session:
        tell(session, visited("/a", at=now - timedelta(days=2)), now)
        tell(session, visited("/pricing"), now)
    drain(now)
    with reading() as session:
        line = dictionary.read_name(session, ADMIN, name="page.viewed")
        assert (line.count, line.is_ours) == (2, False)
        assert (line.first_seen_at, line.last_seen_at) == (now - timedelta(days=2), now)
        seen = {one.name: (one.kind, one.sample) for one in line.properties}
        assert seen == {
            "depth": (PropertyKind.NUMBER, "8"),
            "path": (PropertyKind.TEXT, "/pricing"),
        }
        days = dictionary.count_by_day(session, ADMIN, name="page.viewed", now=now)
        assert (len(days), sum(days.values()), days[now.date().isoformat()]) == (30, 2, 1)


def test_a_label_is_searched_and_shown(now: datetime) -> None:
    with transaction() as session:
        tell(session, visited("/a"), now)
    drain(now)
    with transaction() as session:
        dictionary.name_event(session, ADMIN, name="page.viewed", now=now,
                              names={"fa": "بازديد صفحه", "en": " "})  # fmt: skip
        with pytest.raises(Invalid):
            dictionary.name_event(session, ADMIN, name="page.viewed", now=now,
                                  names={"fa": "x" * 81})  # fmt: skip
    with reading() as session:
        (found,) = dictionary.list_names(session, ADMIN, text="بازدید")
        assert dict(found.names) == {"fa": "بازديد صفحه"}
        assert dictionary.list_names(session, ADMIN, text="cart") == []


def test_whoever_sees_only_their_own_people_sees_no_sample(now: datetime) -> None:
    with transaction() as session:
        tell(session, visited("/secret"), now)
    drain(now)
    seller = Actor(kind="user", id=7, name="x",
                   grants=(Grant(1, DepartmentKind.SALES, Role.SELLER),))  # fmt: skip
    with reading() as session:
        line = dictionary.read_name(session, seller, name="page.viewed")
        assert {one.sample for one in line.properties} == {""}
        with pytest.raises(Forbidden):
            dictionary.name_event(session, seller, name="page.viewed", names={}, now=now)


def test_an_event_that_was_written_while_the_visitor_became_known_is_joined_by_the_lane(
    now: datetime,
) -> None:
    with transaction() as session:
        person = make_contact(session)
        visitors.recognise(session, person, anonymous_id="v1", now=now)
        late = Event(name="page.viewed", anonymous_id="v1", source="s", occurred_at=now,
                     dedup_key=ids.uuid7(now).hex)  # fmt: skip
        session.add(late)
    drain(now)
    with reading() as session:
        found = session.exec(select(Event).where(Event.name == "page.viewed")).one()
        assert found.contact_id == person.id
