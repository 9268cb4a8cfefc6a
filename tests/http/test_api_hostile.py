"""What means harm, or lies at the edge of what can be said: taken literally or refused."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from core import clock
from core.access.terms import Permission
from core.accounts.api_keys import create_api_key
from core.accounts.rules import UNGRANTABLE
from core.accounts.terms import NewApiKey
from core.contacts.models import Contact, ContactIdentity
from core.contacts.rules import GRAM, search_words
from core.db import reading, transaction
from core.events.models import Event
from core.http.api import callers
from core.http.api.app import api
from core.http.api.limits import Limiter
from core.messages.models import Message
from tests.support.cast import administrator, make_contact, make_organisation

SITE = Starlette(routes=[Mount("/api/v1", api)])
ALL = frozenset(Permission) - UNGRANTABLE
SHAPES = ("{}", "' OR {} --", '"); DROP TABLE contact; -- {}', "') UNION SELECT {} FROM user --")
REFUSED = {400, 404, 409, 422}


def hostile(path: Path) -> list[str]:
    known = json.loads(path.read_text(encoding="utf-8"))
    return [shape.format(one)[:200] for one in known for shape in SHAPES]


@pytest.fixture
def call(store: str) -> Iterator[TestClient]:
    with transaction() as session:
        make_organisation(session)
        given = NewApiKey(name="Shop", scopes=ALL, department_id=None)
        key = create_api_key(session, administrator(), given=given, now=clock.now()).text
    api.state.limiter = Limiter(per_minute=10**9, at_once=10**9)
    headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
    yield TestClient(SITE, base_url="http://localhost/api/v1", headers=headers)
    api.state.limiter = Limiter()
    callers._noted_at.clear()


def attacks(corpora: Path, every: int) -> list[str]:
    return hostile(corpora / "attacks" / "naughty_strings.json")[::every]


@pytest.mark.spec("T34")
def test_a_search_finds_what_the_words_mean_and_nothing_else(
    call: TestClient, corpora: Path
) -> None:
    texts = attacks(corpora, 5)
    assert len(texts) > 200
    with transaction() as session:
        for text in texts[::5]:
            make_contact(session, first_name=text.replace("\0", "")[:120])
        make_contact(session, first_name="Innocent")
    with reading() as session:
        keys = dict(session.exec(select(Contact.public_id, Contact.search_key)).all())
    for text in texts:
        answer = call.get("/contacts", params={"search": text, "limit": 200})
        assert answer.status_code == 200, text
        found = {one["id"] for one in answer.json()["items"]}
        words = list(search_words(text))
        assert all(word in keys[one] for one in found for word in words), text
        if words and all(len(word) >= GRAM for word in words):
            meant = {one for one, key in keys.items() if all(word in key for word in words)}
            assert found == meant, text


@pytest.mark.spec("T34")
def test_a_hostile_name_of_a_thing_leads_to_nothing(call: TestClient, corpora: Path) -> None:
    make = "/contacts/{} /segments/{} /segments/{}/members /messages/{} /employees/{} /stock/{}"
    for number, text in enumerate(attacks(corpora, 12)):
        path = make.split(" ")[number % 6]
        name = "".join(f"%{byte:02X}" for byte in text.encode()) or "x"
        assert call.get(path.format(name)).status_code in REFUSED, (path, text)
        for parameter in ("cursor", "limit", "kind"):
            answer = call.get("/contacts", params={parameter: text or "x"})
            assert answer.status_code == 422, (parameter, text)


@pytest.mark.spec("T34")
def test_hostile_words_about_a_person_are_kept_as_they_are(call: TestClient, corpora: Path) -> None:
    for number, text in enumerate(attacks(corpora, 15)):
        given = {"external_id": f"n{number}", "city": text[:120], "tags": [text[:80]]}
        answer = call.put("/contacts", json=given)
        assert answer.status_code in {200, 422}, text
        assert (answer.status_code == 422) is ("\0" in text[:120]), answer.text
        refused = call.put("/contacts", json={"external_id": "x", "attributes": {text[:60]: 1}})
        assert refused.status_code == 422
        event = {"anonymous_id": "v", "name": "a.b", "properties": {text[:60] or "x": text}}
        assert call.post("/events", json=event).status_code in {201, 422}, text
        answer = call.post("/events", json={**event, "name": f"{text[:60]} "})
        assert answer.status_code == 422, text
    with reading() as session:
        assert {one.name for one in session.exec(select(Event)) if one.anonymous_id} == {"a.b"}
        cities = set(session.exec(select(Contact.city)).all())
    assert any(city and "DROP TABLE contact" in city for city in cities)


@pytest.mark.parametrize("sign", ["\U0010ffff", "\ud7ff", "\uffff", "\0", "%", "_", "\\", "*", '"'])
def test_any_single_sign_may_be_searched_for(call: TestClient, sign: str) -> None:
    with transaction() as session:
        make_contact(session, first_name="Sara")
    for text in (sign, f"a{sign}", f"Sara {sign}"):
        answer = call.get("/contacts", params={"search": text})
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/contacts", {"external_id": "a\0"}, "external_id"),
        ("/contacts", {"external_id": "a", "external_source": "\0"}, "external_source"),
        ("/events", {"name": "a.b", "anonymous_id": "v", "id": "\0"}, "id"),
        ("/events", {"name": "a.b", "contact": "\0"}, "contact"),
        ("/events/batch", {"events": [{"name": "a.b", "external_id": "\0"}]},
         "events.0.external_id"),
        ("/messages", {"template": "\0", "to": {"email": "a@b.ir"}}, "template"),
        ("/messages", {"template": "x", "to": {"contact": "\0"}}, "to.contact"),
        ("/employees", {"first_name": "a", "manager": "\0"}, "manager"),
        ("/stock/A4/movements", {"kind": "sale", "quantity": 1, "reference": "\0"}, "reference"),
    ],
)  # fmt: skip
def test_a_nul_that_no_store_keeps_is_refused_at_its_field(
    call: TestClient, path: str, body: dict[str, object], field: str
) -> None:
    answer = call.request("PUT" if path == "/contacts" else "POST", path, json=body)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    with reading() as session:
        assert session.exec(select(ContactIdentity)).all() == []


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("0001-01-01T00:00:00+14:00", "event.too_early"),
        ("1899-12-31T23:59:59Z", "event.too_early"),
        ("9999-12-31T23:59:59-14:00", "event.in_future"),
    ],
)
def test_an_event_at_the_edge_of_the_calendar_is_refused(
    call: TestClient, at: str, code: str
) -> None:
    body = {"name": "a.b", "anonymous_id": "v", "occurred_at": at}
    one = call.post("/events", json=body)
    assert (one.status_code, one.json()["code"]) == (422, code)
    many = call.post("/events/batch", json={"events": [body, {**body, "occurred_at": None}]})
    assert many.json()["recorded"] == 1
    assert [line["code"] for line in many.json()["refused"]] == [code]


def test_a_mail_is_planned_for_a_year_at_most(call: TestClient) -> None:
    values = {"login": "x", "minutes": 5, "links": {"password": "https://sib.ir/x"}}
    body = {"template": "password_link", "to": {"email": "new@sib.ir"}, "values": values}
    for at in ("9999-12-31T23:59:59-14:00", "2999-01-01T00:00:00Z"):
        refused = call.post("/messages", json={**body, "send_at": at})
        assert (refused.status_code, refused.json()["code"]) == (422, "message.send_at_far")
    past = call.post("/messages", json={**body, "send_at": "0001-01-01T00:00:00+14:00"})
    assert past.status_code == 202
    with reading() as session:
        assert len(session.exec(select(Message)).all()) == 1
