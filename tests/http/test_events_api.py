"""The calls about events, as another program meets them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from core import clock, outbox
from core.access.terms import Permission
from core.accounts.api_keys import create_api_key
from core.accounts.terms import NewApiKey
from core.contacts import service as people
from core.contacts.models import Contact, ContactIdentity
from core.contacts.terms import ContactKind, ContactStatus, IdentityKind
from core.db import reading, transaction
from core.events.models import Event
from core.http.api import callers
from core.http.api.app import api
from core.http.api.limits import Limiter
from tests.support.cast import administrator, make_contact, make_organisation

SITE = Starlette(routes=[Mount("/api/v1", api)])
VIEW = {"name": "lesson.finished", "id": "1", "email": "sara@example.com",
        "properties": {"lesson": 3}}  # fmt: skip


@pytest.fixture
def call(store: str) -> Iterator[TestClient]:
    with transaction() as session:
        make_organisation(session)
        given = NewApiKey(name="Shop", scopes=frozenset({Permission.EVENT_RECORD}),
                          department_id=None)  # fmt: skip
        key = create_api_key(session, administrator(), given=given, now=clock.now()).text
    headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
    yield TestClient(SITE, base_url="http://localhost/api/v1", headers=headers)
    api.state.limiter = Limiter()
    callers._noted_at.clear()


@pytest.fixture
def sara(call: TestClient) -> Contact:
    with transaction() as session:
        return person(session, "sara@example.com", phone="09123456789", number="C-9")


def person(session: Session, email: str, *, phone: str = "", number: str = "") -> Contact:
    made = people.add_contact(session, kind=ContactKind.CUSTOMER, now=clock.now())
    people.set_email(session, made, email)
    if phone:
        people.add_phone(session, made, phone, country="IR")
    if number:
        people.set_external(session, made, source="shop", number=number)
    return made


def events() -> list[Event]:
    with reading() as session:
        recorded = select(Event).where(col(Event.source).startswith("api:"))
        return list(session.exec(recorded.order_by(col(Event.id))).all())


def test_an_event_is_kept_before_the_answer_and_told_once(call: TestClient, sara: Contact) -> None:
    first = call.post("/events", json=VIEW)
    assert (first.status_code, first.json()["recorded"]) == (201, 1), first.text
    again = call.post("/events", json=VIEW | {"properties": {"lesson": 4}})
    assert (again.json()["recorded"], again.json()["known"]) == (0, 1)
    (event,) = events()
    assert (event.name, event.contact_id) == ("lesson.finished", sara.id)
    assert (event.properties, event.dispatched_at) == ({"lesson": 3}, None)


def test_a_person_is_named_in_five_ways(call: TestClient, sara: Contact) -> None:
    ways = (
        {"contact": sara.public_id}, {"email": "SARA@example.com"}, {"phone": "۰۹۱۲۳۴۵۶۷۸۹"},
        {"external_id": "C-9", "external_source": "shop"},
        {"email": "sara@example.com", "anonymous_id": "v1"},
    )  # fmt: skip
    batch = [{"name": "lesson.finished", "id": str(n), **way} for n, way in enumerate(ways)]
    answer = call.post("/events/batch", json={"events": batch, "source": "school"}).json()
    assert answer == {"recorded": 5, "known": 0, "refused": []}
    assert {(one.contact_id, one.source) for one in events()} == {(sara.id, "api:school")}


def test_of_a_batch_all_is_kept_that_can_be_and_the_rest_is_named(
    call: TestClient, sara: Contact
) -> None:
    at = (clock.now() + timedelta(hours=1)).isoformat()
    bad: list[tuple[dict[str, object], str]] = [
        ({"email": "nobody@example.com"}, "event.person_unknown"),
        ({"email": "no address"}, "address.space"),
        ({"email": ""}, "event.nobody"),
        ({"name": "mail.opened"}, "event.name_reserved"),
        ({"name": "order.placed"}, "event.name_reserved"),
        ({"name": "Bad Name"}, "event.bad_name"),
        ({"occurred_at": at}, "event.in_future"),
        ({"properties": {"a": {"b": {"c": {"d": 1}}}}}, "event.deep"),
        ({"properties": {"a": "x" * 9000}}, "event.large"),
        ({"properties": {str(n): n for n in range(51)}}, "event.many_properties"),
        ({"email": "", "anonymous_id": "no good"}, "event.bad_visitor"),
        ({"anonymous_id": "v9"}, ""),
    ]
    batch = [VIEW | more | {"id": f"b{n}"} for n, (more, _) in enumerate(bad)]
    answer = call.post("/events/batch", json={"events": batch}).json()
    found = {one["index"]: one["code"] for one in answer["refused"]}
    assert found == {n: code for n, (_, code) in enumerate(bad) if code}
    assert answer["recorded"] == len(events()) == 1
    assert "Chapar" in next(o["detail"] for o in answer["refused"] if o["index"] == 3)


@pytest.mark.spec("T33")
@pytest.mark.parametrize("more", [
    {"role": "administrator"}, {"contact_id": 1}, {"is_held": True}, {"dispatched_at": None},
    {"occurred_at": "2026-01-01T00:00:00"}, {"properties": []}, {"name": 5}, {"source": "9"},
])  # fmt: skip
def test_what_a_call_may_not_say_is_refused(
    call: TestClient, sara: Contact, more: dict[str, object]
) -> None:
    answer = call.post("/events", json=VIEW | more)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert events() == []


def test_a_batch_is_at_most_a_thousand(call: TestClient, sara: Contact) -> None:
    batch = [VIEW | {"id": str(n)} for n in range(1001)]
    assert call.post("/events/batch", json={"events": batch}).status_code == 422
    assert call.post("/events/batch", json={"events": []}).status_code == 422
    assert events() == []


def test_what_a_visitor_did_becomes_theirs_once_they_are_known(
    call: TestClient, sara: Contact
) -> None:
    for n in range(2):
        call.post("/events", json={"name": "page.viewed", "id": str(n), "anonymous_id": "v1"})
    assert {one.contact_id for one in events()} == {None}
    said = {"anonymous_id": "v1", "email": "sara@example.com"}
    told = call.post("/events/identify", json=said)
    assert told.json() == {"contact": sara.public_id, "joined": 2}, told.text
    assert call.post("/events/identify", json=said).json()["joined"] == 0
    call.post("/events", json={"name": "page.viewed", "id": "3", "anonymous_id": "v1"})
    assert {one.contact_id for one in events()} == {sara.id}
    with reading() as session:
        (cookie,) = session.exec(
            select(ContactIdentity).where(ContactIdentity.kind == IdentityKind.COOKIE)
        ).all()
        assert (cookie.contact_id, cookie.is_primary) == (sara.id, False)
        facts = session.exec(select(Event).where(Event.name == "contact.recognised")).all()
        assert [one.properties for one in facts] == [{"joined": 2}]


def test_two_people_are_never_made_one_in_silence(call: TestClient, sara: Contact) -> None:
    with transaction() as session:
        other = person(session, "reza@example.com")
    call.post("/events/identify", json={"anonymous_id": "v1", "email": "sara@example.com"})
    taken = call.post("/events/identify", json={"anonymous_id": "v1", "contact": other.public_id})
    assert (taken.status_code, taken.json()["code"]) == (409, "event.visitor_taken")
    both = call.post("/events", json=VIEW | {"contact": other.public_id})
    assert (both.status_code, both.json()["code"]) == (409, "event.person_ambiguous")
    mixed = call.post("/events", json=VIEW | {"email": "reza@example.com", "anonymous_id": "v1"})
    assert mixed.status_code == 409
    nobody = call.post("/events/identify", json={"anonymous_id": "v2", "email": "x@example.com"})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "event.person_unknown")


def test_whoever_was_merged_leads_on_and_whoever_was_erased_is_nobody(
    call: TestClient, sara: Contact
) -> None:
    with transaction() as session:
        gone, erased = make_contact(session), make_contact(session)
        gone.merged_into_id, gone.status = sara.id, ContactStatus.MERGED
        erased.status = ContactStatus.ERASED
        session.add_all([gone, erased])
    to_merged = {"name": "a.b", "contact": gone.public_id}
    assert call.post("/events", json=to_merged).status_code == 201
    assert events()[0].contact_id == sara.id
    assert (
        call.post("/events", json={"name": "a.b", "contact": erased.public_id}).status_code == 404
    )


def test_the_lane_is_told_after_the_commit(
    call: TestClient, sara: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, int]] = []
    monkeypatch.setattr(outbox, "_wakers", [lambda lane: told.append((lane, len(events())))])
    call.post("/events/batch", json={"events": [VIEW]})
    assert told == [("events", 1)]
    call.post("/events/batch", json={"events": [VIEW]})
    assert told == [("events", 1)]
