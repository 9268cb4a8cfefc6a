"""The calls about contacts, as another program meets them."""

from collections.abc import Iterator

import pytest
from sqlmodel import select
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from core import clock
from core.access.terms import Permission
from core.accounts.api_keys import create_api_key
from core.accounts.terms import NewApiKey
from core.contacts.models import Contact, ContactIdentity
from core.contacts.terms import ContactKind
from core.db import reading, transaction
from core.http.api import callers
from core.http.api.app import api
from core.http.api.limits import Limiter
from tests.support.cast import administrator, make_contact, make_organisation

SITE = Starlette(routes=[Mount("/api/v1", api)])
SARA = {"email": "sara@example.com", "phone": "09123456789", "first_name": "سارا",
        "country": "IR", "company": "پارس", "tags": ["ویژه"]}  # fmt: skip


@pytest.fixture
def call(store: str) -> Iterator[TestClient]:
    with transaction() as session:
        make_organisation(session)
        scopes = frozenset({Permission.CONTACT_VIEW, Permission.CONTACT_EDIT})
        given = NewApiKey(name="Shop", scopes=scopes, department_id=None)
        key = create_api_key(session, administrator(), given=given, now=clock.now()).text
    headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
    yield TestClient(SITE, base_url="http://localhost/api/v1", headers=headers)
    api.state.limiter = Limiter()
    callers._noted_at.clear()


def people() -> int:
    with reading() as session:
        return len(session.exec(select(Contact)).all())


def test_the_same_person_named_three_ways_is_one(call: TestClient) -> None:
    first = call.put("/contacts", json=SARA | {"external_id": "C-9", "external_source": "shop"})
    assert first.status_code == 200, first.text
    assert (first.json()["phone"], first.json()["tags"]) == ("+989123456789", ["ویژه"])
    for key in ({"email": "SARA@example.com"}, {"phone": "۰۹۱۲۳۴۵۶۷۸۹"},
                {"external_id": "C-9", "external_source": "shop"}):  # fmt: skip
        again = call.put("/contacts", json=key | {"city": "قم"}).json()
        assert again["id"] == first.json()["id"]
        assert (again["first_name"], again["company"], again["city"]) == ("سارا", "پارس", "قم")
    assert people() == 1


def test_somebody_known_by_a_number_alone_has_no_name(call: TestClient) -> None:
    made = call.put("/contacts", json={"external_id": "17850"})
    assert (made.status_code, made.json()["first_name"]) == (200, "")
    assert call.put("/contacts", json={"external_id": "17850"}).json()["id"] == made.json()["id"]


def test_what_belongs_to_two_people_is_refused(call: TestClient) -> None:
    call.put("/contacts", json={"email": "one@example.com"})
    call.put("/contacts", json={"phone": "+989123456789"})
    both = call.put("/contacts", json={"email": "one@example.com", "phone": "+989123456789"})
    assert (both.status_code, both.json()["code"]) == (409, "api.contact_ambiguous")


@pytest.mark.spec("T33")
@pytest.mark.parametrize("more", [
    {"role": "administrator"}, {"id": 1}, {"owner_id": 1}, {"is_admin": True}, {"status": "erased"},
    {"created_at": "2020-01-01"}, {"department_id": 2}, {"consent_at": "2020-01-01"},
    {"kind": "employee"}, {"merged_into_id": 1}, {"search_key": "x"}, {"attributes": {"nope": 1}},
])  # fmt: skip
def test_what_a_call_may_not_say_is_refused(call: TestClient, more: dict[str, object]) -> None:
    answer = call.put("/contacts", json=SARA | more)
    assert answer.status_code == 422
    assert people() == 0


@pytest.mark.parametrize("bad", [
    {}, {"email": "no address"}, {"phone": "12"}, {"email": "a@b.ir", "country": "Atlantis"},
    {"email": "a@b.ir", "time_zone": "/etc/passwd"}, {"email": ["a@b.ir"]},
    {"email": "a@b.ir", "birth_date": "yesterday"},
])  # fmt: skip
def test_a_bad_value_is_named_and_nothing_is_kept(call: TestClient, bad: dict[str, object]) -> None:
    answer = call.put("/contacts", json=bad)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")
    with reading() as session:
        assert session.exec(select(ContactIdentity)).all() == []


def test_a_walk_by_cursor_meets_everybody_once_and_no_employee(call: TestClient) -> None:
    with transaction() as session:
        for number in range(7):
            make_contact(session, first_name=f"p{number}")
        make_contact(session, first_name="staff", kind=ContactKind.EMPLOYEE)
    seen, cursor = [], ""
    for _ in range(4):
        page = call.get("/contacts", params={"limit": 2, "cursor": cursor}).json()
        seen += [one["first_name"] for one in page["items"]]
        cursor = page["next_cursor"] or ""
    assert (seen, cursor) == ([f"p{number}" for number in range(7)], "")
    found = call.get("/contacts", params={"search": "P3"}).json()["items"]
    assert [one["first_name"] for one in found] == ["p3"]
    assert call.get(f"/contacts/{found[0]['id']}").json() == found[0]
    assert call.get("/contacts/con_nobody").status_code == 404
    assert call.get("/contacts", params={"kind": "employee"}).json()["items"] == []


@pytest.mark.spec("T64")
@pytest.mark.parametrize("path", ["/contacts", "/stock", "/employees", "/contacts/con_x"])
def test_a_parameter_given_twice_is_refused_everywhere(call: TestClient, path: str) -> None:
    answer = call.get(f"{path}?limit=1&limit=2")
    assert (answer.status_code, answer.json()["code"]) == (400, "api.repeated_parameter")


def test_the_same_call_under_one_key_happens_once(call: TestClient) -> None:
    key = {"Idempotency-Key": "abc"}
    first = call.put("/contacts", json=SARA, headers=key)
    second = call.put("/contacts", json=SARA, headers=key)
    assert (first.json(), second.headers["idempotency-replayed"]) == (second.json(), "true")
    other = call.put("/contacts", json=SARA | {"city": "x"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "api.key_used")
