"""The JSON API as another program meets it: keys, scopes, once is once, problems in words."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx2 as httpx
import pytest
import uvicorn
from sqlmodel import Session, select
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from core import clock
from core.access.terms import SYSTEM, DepartmentKind, Permission
from core.accounts.api_keys import create_api_key, revoke_api_key
from core.accounts.models import ApiKey
from core.accounts.terms import NewApiKey
from core.audit.models import AuditEntry
from core.consent import service as consent
from core.consent.terms import SuppressionReason
from core.contacts.models import Contact
from core.contacts.terms import ContactKind
from core.db import reading, transaction
from core.events.models import Event
from core.http.api import callers, docs, kept
from core.http.api.app import api
from core.http.api.limits import Limiter
from core.http.models import IdempotencyKey
from core.messages.models import Message
from core.messages.terms import MessageClass
from core.operations import service as operations
from core.operations.models import StockItem, StockMovement
from core.operations.terms import NewItem
from core.people.models import Employee
from tests.support.cast import administrator, department_id, make_contact, make_organisation
from tests.support.sending import make_template
from tests.support.stores import free_port

P = Permission
ALL = frozenset({P.STOCK_VIEW, P.STOCK_EDIT, P.EMPLOYEE_VIEW, P.EMPLOYEE_EDIT, P.MESSAGE_SEND,
                 P.MESSAGE_VIEW, P.CONTACT_EDIT})  # fmt: skip
SITE = Starlette(routes=[Mount("/api/v1", api)])
EMPLOYEE = {"first_name": "سارا", "last_name": "احمدی", "email": "sara@sib.ir", "language": "fa",
            "start_date": "2027-01-10", "department": "people"}  # fmt: skip


WRITES = [
    ("PUT", "/stock/A4", {"counted": 1}),
    ("POST", "/stock/A4/movements", {"kind": "sale", "quantity": 1}),
    ("POST", "/employees", EMPLOYEE),
    ("POST", "/messages", {"template": "Receipt", "to": {"email": "known@sib.ir"}}),
]


@pytest.fixture
def home(store: str) -> Iterator[None]:
    with transaction() as session:
        make_organisation(session)
    yield
    api.state.limiter = Limiter()
    callers._noted_at.clear()


def make_key(*scopes: Permission, department: DepartmentKind | None = None) -> str:
    with transaction() as session:
        place = department_id(session, department) if department else None
        given = NewApiKey(name="Shop", scopes=frozenset(scopes) or ALL, department_id=place)
        return create_api_key(session, administrator(), given=given, now=clock.now()).text


def client_of(key: str, **headers: str) -> TestClient:
    given = {"Authorization": f"Bearer {key}", "Accept-Language": "en", **headers}
    return TestClient(SITE, base_url="http://localhost/api/v1", headers=given)


@pytest.fixture
def shop(home: None) -> TestClient:
    return client_of(make_key())


def add_item(code: str = "A4", on_hand: int = 12, point: int = 5) -> None:
    with transaction() as session:
        new = NewItem(code=code, name="Carton", on_hand=on_hand, reorder_point=point)
        operations.add_item(session, SYSTEM, new=new, now=clock.now())


def count_of(session: Session, table: type[Any]) -> int:
    return len(session.exec(select(table)).all())


# Keys and scopes


@pytest.mark.spec("S06", "U59")
@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer nonsense", "Bearer chp_aaaaaaaaaa_bbbb", "Basic YTpi"]
)
def test_without_a_key_nothing_is_said(home: None, header: str) -> None:
    client = TestClient(SITE, base_url="http://localhost/api/v1", headers={"Accept-Language": "en"})
    answer = client.get("/stock", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "api.no_key"


@pytest.mark.spec("U59")
def test_a_revoked_or_old_key_is_worthless_at_once(home: None) -> None:
    key = make_key()
    assert client_of(key).get("/stock").status_code == 200
    with transaction() as session:
        row = session.exec(select(ApiKey)).one()
        assert key not in f"{row.hash}{row.prefix}"
        assert row.last_used_at is not None
        row.expires_at = clock.now() - timedelta(seconds=1)
    assert client_of(key).get("/stock").status_code == 401
    with transaction() as session:
        row = session.exec(select(ApiKey)).one()
        row.expires_at = None
        revoke_api_key(session, administrator(), key_id=row.id, now=clock.now())
    assert client_of(key).get("/stock").status_code == 401


@pytest.mark.spec("S06", "U59")
@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/stock", P.STOCK_VIEW),
        ("GET", "/stock/A4", P.STOCK_VIEW),
        ("PUT", "/stock/A4", P.STOCK_EDIT),
        ("POST", "/stock/A4/movements", P.STOCK_EDIT),
        ("GET", "/employees", P.EMPLOYEE_VIEW),
        ("GET", "/employees/E1", P.EMPLOYEE_VIEW),
        ("POST", "/employees", P.EMPLOYEE_EDIT),
        ("POST", "/messages", P.MESSAGE_SEND),
        ("GET", "/messages/msg_x", P.MESSAGE_VIEW),
        ("GET", "/messages/msg_x/why", P.MESSAGE_VIEW),
    ],
)
def test_a_key_does_only_what_its_scopes_say(
    home: None, method: str, path: str, scope: Permission
) -> None:
    add_item()
    body = next((one[2] for one in WRITES if one[:2] == (method, path)), None)
    without = client_of(make_key(*(ALL - {scope})))
    refused = without.request(method, path, json=body)
    assert refused.status_code == 403
    assert refused.json()["code"] == "access.forbidden"
    needed = {scope, P.STOCK_VIEW, P.EMPLOYEE_VIEW} if method in {"PUT", "POST"} else {scope}
    answered = client_of(make_key(*needed)).request(method, path, json=body)
    assert answered.status_code != 403


def test_a_key_of_one_department_stays_there(home: None) -> None:
    add_item()
    people = client_of(make_key(department=DepartmentKind.PEOPLE))
    assert people.get("/stock").status_code == 403
    assert people.get("/employees").status_code == 200
    sales = client_of(make_key(P.STOCK_VIEW, P.STOCK_EDIT, department=DepartmentKind.OPERATIONS))
    assert sales.put("/stock/NEW", json={"counted": 3}).status_code == 200
    with reading() as session:
        made = session.exec(select(StockItem).where(StockItem.code == "NEW")).one()
        assert made.department_id == department_id(session, DepartmentKind.OPERATIONS)


def test_each_act_is_in_the_audit_log_under_the_key(shop: TestClient) -> None:
    shop.put("/stock/A4", json={"counted": 3})
    with reading() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "stock.added")).one()
    assert (entry.actor_kind, entry.actor_name) == ("api_key", "Shop")


# Stock


@pytest.mark.spec("S06")
def test_a_count_is_set_and_read_back(shop: TestClient) -> None:
    body = {"counted": 7, "name": "کارتن", "category": "بسته‌بندی", "reorder_point": 10}
    made = shop.put("/stock/A4", json=body)
    assert made.status_code == 200
    assert (made.json()["on_hand"], made.json()["state"]) == (7, "low")
    again = shop.put("/stock/A4", json={"counted": 20})
    assert (again.json()["on_hand"], again.json()["name"]) == (20, "کارتن")
    assert shop.get("/stock/A4").json() == again.json()
    with reading() as session:
        names = [event.name for event in session.exec(select(Event))]
    assert names.count("stock.level_changed") == 2


def test_pieces_move_in_and_out_and_below_zero(shop: TestClient) -> None:
    add_item(on_hand=2)
    sold = shop.post("/stock/A4/movements", json={"kind": "sale", "quantity": 5, "note": "web"})
    assert sold.status_code == 201
    assert (sold.json()["quantity"], sold.json()["on_hand_after"]) == (-5, -3)
    back = shop.post("/stock/A4/movements", json={"kind": "return", "quantity": 1})
    assert back.json()["on_hand_after"] == -2


def test_the_same_reference_counts_once(shop: TestClient) -> None:
    add_item()
    body = {"kind": "sale", "quantity": 2, "reference": "order-17"}
    first = shop.post("/stock/A4/movements", json=body).json()
    second = shop.post("/stock/A4/movements", json=body).json()
    assert first == second
    other = shop.post("/stock/A4/movements", json={**body, "quantity": 3})
    assert (other.status_code, other.json()["code"]) == (409, "stock.key_used")


def test_codes_may_hold_what_codes_hold(shop: TestClient) -> None:
    for code in ("A/4", "کد-۱۲", "a b"):
        assert shop.put(f"/stock/{code}", json={"counted": 1}).status_code == 200
    assert shop.get("/stock/A%2F4").json()["code"] == "A/4"
    assert shop.get("/stock/کد-12").status_code == 200
    moved = shop.post("/stock/A/4/movements", json={"kind": "receipt", "quantity": 1})
    assert moved.status_code == 201


def test_pages_meet_every_item_once_even_while_items_come(shop: TestClient) -> None:
    for number in range(7):
        add_item(f"I{number}")
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = shop.get("/stock", params={"limit": 3, "cursor": cursor}).json()
        seen += [one["code"] for one in page["items"]]
        cursor = page["next_cursor"]
        if len(seen) == 3:
            add_item("I9")
    assert seen == [f"I{n}" for n in range(7)] + ["I9"]
    for bad in ("!!", "aWFi", "x" * 90):
        answer = shop.get("/stock", params={"cursor": bad})
        assert (answer.status_code, answer.json()["code"]) == (422, "api.bad_cursor")
    assert shop.get("/stock", params={"limit": 0}).status_code == 422


# Employees


@pytest.mark.spec("S06")
def test_an_employee_is_added_and_read_back(shop: TestClient) -> None:
    boss = shop.post("/employees", json={"first_name": "Mina", "email": "mina@sib.ir"}).json()
    made = shop.post("/employees", json={**EMPLOYEE, "manager": boss["code"]})
    assert made.status_code == 201, made.text
    found = made.json()
    assert (found["first_name"], found["department"], found["manager"]) == (
        "سارا", "people", boss["code"],
    )  # fmt: skip
    assert found["contact"].startswith("con_")
    assert shop.get(f"/employees/{found['code']}").json() == found
    listed = shop.get("/employees").json()["items"]
    assert [one["code"] for one in listed] == [boss["code"], found["code"]]


def test_a_bad_employee_is_refused_at_its_field(shop: TestClient) -> None:
    bad = shop.post("/employees", json={**EMPLOYEE, "email": "nobody"})
    assert bad.status_code == 422
    assert bad.json()["errors"][0]["field"] == "email"
    unknown = shop.post("/employees", json={**EMPLOYEE, "manager": "X"})
    assert unknown.json()["errors"][0]["field"] == "manager"
    shop.post("/employees", json=EMPLOYEE)
    assert shop.post("/employees", json=EMPLOYEE).status_code == 409
    with reading() as session:
        assert count_of(session, Employee) == 1


# Messages


def make_mail(klass: MessageClass = MessageClass.TRANSACTIONAL) -> None:
    with transaction() as session:
        make_template(session, klass, "Receipt")


def known_person(**details: object) -> Contact:
    with transaction() as session:
        return make_contact(session, "known@sib.ir", **details)


@pytest.mark.spec("S06")
def test_a_mail_is_sent_by_template_and_followed(shop: TestClient) -> None:
    make_mail()
    person = known_person()
    body = {"template": "Receipt", "to": {"email": "Known@SIB.ir"}, "values": {"note": "x"}}
    sent = shop.post("/messages", json=body)
    assert sent.status_code == 202, sent.text
    found = sent.json()
    assert (found["status"], found["reason"]) == ("queued", None)
    assert shop.get(f"/messages/{found['id']}").json() == found
    why = shop.get(f"/messages/{found['id']}/why").json()
    assert (why["is_forecast"], why["reason"]) == (True, "sent")
    assert why["checks"][0]["passed"] is True
    assert all(one["text"] and not one["text"].startswith("check.") for one in why["checks"])
    by_id = shop.post("/messages", json={**body, "to": {"contact": person.public_id}})
    assert by_id.status_code == 202
    with reading() as session:
        assert {one.contact_id for one in session.exec(select(Message))} == {person.id}


def test_why_is_told_in_the_callers_language(shop: TestClient) -> None:
    make_mail(MessageClass.RELATIONSHIP)
    person = known_person()
    with transaction() as session:
        consent.place(
            session, reason=SuppressionReason.COMPLAINT, contact_id=person.id, now=clock.now()
        )
    body = {"template": "Receipt", "to": {"contact": person.public_id}}
    message = shop.post("/messages", json=body).json()
    why = shop.get(f"/messages/{message['id']}/why", headers={"Accept-Language": "fa"}).json()
    assert (why["reason"], why["detail"]) == ("suppressed", "complaint")
    assert "است" in why["text"]


def test_an_unknown_address_becomes_a_lead_where_the_key_may(shop: TestClient) -> None:
    values = {"login": "x", "minutes": 5, "links": {"password": "https://sib.ir/x"}}
    body = {"template": "password_link", "to": {"email": "new@sib.ir"}, "values": values}
    limited = client_of(make_key(P.MESSAGE_SEND))
    assert limited.post("/messages", json=body).status_code == 403
    assert shop.post("/messages", json=body).status_code == 202
    with reading() as session:
        made = session.exec(select(Contact)).one()
        assert (made.kind, made.source) == (ContactKind.LEAD, "api")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"template": "Nothing"}, "template.missing", "template"),
        ({"to": {}}, "message.one_recipient", "to"),
        ({"to": {"email": "a@b.ir", "contact": "con_1"}}, "message.one_recipient", "to"),
        ({"to": {"email": "nobody"}}, "address.no_at", "to.email"),
        ({"to": {"contact": "con_none"}}, "contact.missing", "to"),
        ({"values": {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}}, "message.values_odd",
         "values"),
        ({"values": {"a": "x" * 70_000}}, "message.values_large", "values"),
    ],
)  # fmt: skip
def test_a_mail_that_cannot_be_is_refused_at_its_field(
    shop: TestClient, change: dict[str, object], code: str, field: str
) -> None:
    make_mail()
    known_person()
    body = {"template": "Receipt", "to": {"email": "known@sib.ir"}, **change}
    answer = shop.post("/messages", json=body)
    assert answer.status_code in {404, 422}
    problem = answer.json()
    assert (problem["code"], problem["errors"][0]["field"]) == (code, field)
    with reading() as session:
        assert count_of(session, Message) == 0


def test_a_missing_value_is_named_at_once(shop: TestClient) -> None:
    known_person()
    body = {"template": "password_link", "to": {"email": "known@sib.ir"}, "values": {}}
    problem = shop.post("/messages", json=body).json()
    assert problem["code"] == "message.value_missing"
    assert problem["errors"][0]["field"].startswith("values.")


def test_hidden_signs_and_odd_numbers_do_no_harm(shop: TestClient) -> None:
    make_mail()
    known_person()
    body = {
        "template": "Receipt",
        "to": {"email": "known@sib.ir"},
        "values": {"note": "a\x00b\u202ec"},
    }
    assert shop.post("/messages", json=body).status_code == 202
    with reading() as session:
        assert session.exec(select(Message)).one().values == {"note": "abc"}
    text = json.dumps({**body, "values": {"note": float("nan")}})
    odd = shop.post("/messages", content=text, headers={"Content-Type": "application/json"})
    assert odd.status_code in {400, 422}


# Once is once


@pytest.mark.spec("R19")
def test_a_repeated_call_gets_the_first_answer(shop: TestClient) -> None:
    add_item()
    body = {"kind": "sale", "quantity": 2}
    headers = {"Idempotency-Key": "order-17"}
    first = shop.post("/stock/A4/movements", json=body, headers=headers)
    second = shop.post("/stock/A4/movements", json=body, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert shop.get("/stock/A4").json()["on_hand"] == 10


@pytest.mark.spec("R19")
def test_the_same_key_with_another_body_or_path_is_refused(shop: TestClient) -> None:
    add_item()
    add_item("B5")
    headers = {"Idempotency-Key": "order-17"}
    shop.post("/stock/A4/movements", json={"kind": "sale", "quantity": 2}, headers=headers)
    for path, quantity in (("A4", 3), ("B5", 2)):
        answer = shop.post(
            f"/stock/{path}/movements", json={"kind": "sale", "quantity": quantity},
            headers=headers,
        )  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (409, "api.key_used")
    assert shop.get("/stock/A4").json()["on_hand"] == 10
    assert shop.get("/stock/B5").json()["on_hand"] == 12


def test_two_programs_may_use_the_same_key(shop: TestClient) -> None:
    add_item()
    other = client_of(make_key())
    for client in (shop, other):
        client.post(
            "/stock/A4/movements", json={"kind": "sale", "quantity": 2},
            headers={"Idempotency-Key": "1"},
        )  # fmt: skip
    assert shop.get("/stock/A4").json()["on_hand"] == 8


def test_a_refused_call_may_be_made_again_under_its_key(shop: TestClient) -> None:
    headers, body = {"Idempotency-Key": "k"}, {"kind": "sale", "quantity": 2}
    assert shop.post("/stock/A4/movements", json=body, headers=headers).status_code == 404
    add_item()
    assert shop.post("/stock/A4/movements", json=body, headers=headers).status_code == 201


def test_answers_are_kept_for_a_day(shop: TestClient) -> None:
    add_item()
    headers, body = {"Idempotency-Key": "k"}, {"kind": "sale", "quantity": 2}
    shop.post("/stock/A4/movements", json=body, headers=headers)
    with transaction() as session:
        row = session.exec(select(IdempotencyKey)).one()
        assert "k" not in {row.key_hash, row.body_hash}
        row.created_at = clock.now() - timedelta(hours=25)
    shop.post("/stock/A4/movements", json=body, headers=headers)
    assert shop.get("/stock/A4").json()["on_hand"] == 8
    with transaction() as session:
        assert kept.forget_old(session, SYSTEM, now=clock.now()) == 0
        assert kept.forget_old(session, SYSTEM, now=clock.now() + timedelta(hours=25)) == 1


@pytest.mark.parametrize("key", ["x" * 256, "a\tb"])
def test_a_key_is_plain_and_short(shop: TestClient, key: str) -> None:
    add_item()
    body = {"kind": "sale", "quantity": 2}
    answer = shop.post("/stock/A4/movements", json=body, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (422, "api.bad_once_key")


@contextmanager
def served() -> Iterator[str]:
    """The API on a real port."""
    port = free_port()
    config = uvicorn.Config(SITE, host="127.0.0.1", port=port, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.started
    try:
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.mark.spec("R19")
def test_fifty_calls_at_once_under_one_key_act_once(home: None) -> None:
    add_item()
    key = make_key()

    def call(number: int) -> httpx.Response:
        quantity = 3 if number % 10 == 9 else 2
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "order-17"}
        body = {"kind": "sale", "quantity": quantity}
        return httpx.post(f"{site}/stock/A4/movements", json=body, headers=headers, timeout=60)

    with served() as site, ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(call, range(50)))
    states = [answer.status_code for answer in answers]
    assert set(states) <= {201, 409}
    assert (states.count(201), states.count(409)) in {(45, 5), (5, 45)}
    told = {answer.text for answer in answers if answer.status_code == 201}
    assert len(told) == 1
    with reading() as session:
        moves = session.exec(select(StockMovement).where(StockMovement.kind == "sale")).all()
        assert len(moves) == 1


# Mass assignment


SMUGGLED = {"role": "administrator", "department_id": 1, "is_admin": True, "id": 1,
            "created_by": 1, "created_by_id": 1, "consent_at": "2026-01-01T00:00:00Z",
            "owner_id": 1, "version": 9, "on_hand": 5, "state": "ok", "klass": "transactional",
            "status": "sent", "manager_id": 1, "contact_id": 1}  # fmt: skip


@pytest.mark.spec("T33")
@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_no_field_can_be_smuggled_in(
    shop: TestClient, method: str, path: str, body: dict[str, object]
) -> None:
    add_item()
    make_mail()
    known_person()
    with reading() as session:
        before = [count_of(session, table) for table in (StockMovement, Employee, Message)]
    for name, value in SMUGGLED.items():
        answer = shop.request(method, path, json={**body, name: value})
        assert answer.status_code == 422, name
        fault = answer.json()["errors"][0]
        assert (fault["field"], fault["code"]) == (name, "api.field_unknown")
    if path == "/messages":
        nested = shop.post(path, json={**body, "to": {"email": "known@sib.ir", "id": 1}})
        assert nested.json()["errors"][0]["field"] == "to.id"
    with reading() as session:
        after = [count_of(session, table) for table in (StockMovement, Employee, Message)]
    assert after == before


# Problems


def test_all_faults_are_named_at_once_and_in_words(shop: TestClient) -> None:
    answer = shop.post("/stock/A4/movements", json={"kind": "gift", "quantity": 1.5, "x": 1})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["status"]) == ("urn:chapar:problem:api.bad_input", 422)
    assert problem["instance"] == "/api/v1/stock/A4/movements"
    faults = {one["field"]: one["code"] for one in problem["errors"]}
    assert faults == {"kind": "api.field_choice", "quantity": "api.field_wrong",
                      "x": "api.field_unknown"}  # fmt: skip
    assert "receipt" in next(e["detail"] for e in problem["errors"] if e["field"] == "kind")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "api.field_missing"),
        ({"counted": -1}, "api.field_outside"),
        ({"counted": 10**15}, "api.field_outside"),
        ({"counted": "5"}, "api.field_wrong"),
        ({"counted": "۵"}, "api.field_wrong"),
        ({"counted": True}, "api.field_wrong"),
        ({"counted": None}, "api.field_wrong"),
        ({"counted": 1, "name": "x" * 201}, "api.field_long"),
    ],
)
def test_counts_are_whole_and_not_negative(
    shop: TestClient, body: dict[str, object], code: str
) -> None:
    answer = shop.put("/stock/A4", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)


@pytest.mark.parametrize(
    ("language", "word"),
    [("fa", "پیدا"), ("ar", "يُعثر"), ("en", "not found"), ("fa-IR,en;q=0.5", "پیدا")],
)
def test_problems_speak_the_callers_language(shop: TestClient, language: str, word: str) -> None:
    answer = shop.get("/messages/msg_none", headers={"Accept-Language": language})
    assert answer.status_code == 404
    assert answer.headers["content-language"] == language[:2]
    assert answer.json()["code"] == "message.missing"
    assert word in answer.json()["detail"]


def test_broken_json_unknown_paths_and_methods_are_problems_too(shop: TestClient) -> None:
    broken = shop.put("/stock/A4", content=b"{", headers={"Content-Type": "application/json"})
    assert (broken.status_code, broken.json()["code"]) == (400, "api.bad_json")
    nowhere = shop.get("/nowhere")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "api.status_404")
    method = shop.delete("/employees")
    assert (method.status_code, method.json()["code"]) == (405, "api.status_405")


def test_a_defect_shows_a_reference_and_nothing_else(
    home: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_args: object, **_more: object) -> None:
        raise RuntimeError("SELECT secret")

    key = make_key()
    monkeypatch.setattr("core.http.api.stock.walk.items_after", crash)
    client = TestClient(
        SITE, base_url="http://localhost/api/v1", raise_server_exceptions=False,
        headers={"Authorization": f"Bearer {key}", "Accept-Language": "en"},
    )  # fmt: skip
    answer = client.get("/stock")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["reference"]


def test_a_key_that_calls_too_often_has_to_wait(shop: TestClient) -> None:
    api.state.limiter = Limiter(per_minute=1, at_once=3)
    assert [shop.get("/stock").status_code for _ in range(3)] == [200, 200, 200]
    refused = shop.get("/stock")
    assert (refused.status_code, refused.json()["code"]) == (429, "api.too_often")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    other = client_of(make_key())
    assert other.get("/stock").status_code == 200


def test_a_bucket_fills_steadily_and_never_over() -> None:
    limiter = Limiter(per_minute=60, at_once=2)
    assert [limiter.wait(1, at=0), limiter.wait(1, at=0)] == [0, 0]
    assert limiter.wait(1, at=0) == pytest.approx(1)
    assert limiter.wait(1, at=0.5) == pytest.approx(0.5)
    assert limiter.wait(1, at=1.01) == 0
    assert limiter.wait(2, at=1.01) == 0
    assert [limiter.wait(1, at=1000) for _ in range(3)][:2] == [0, 0]
    assert limiter.wait(1, at=1000) > 0


# The description


def test_the_description_is_openapi_and_complete(home: None) -> None:
    client = TestClient(SITE, base_url="http://localhost/api/v1")
    schema = client.get("/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    assert schema["servers"] == [{"url": "/api/v1"}]
    assert schema["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    posts = [one["post"] for one in schema["paths"].values() if "post" in one]
    assert len(posts) == 6
    for one in posts:
        assert "idempotency-key" in {parameter["name"] for parameter in one["parameters"]}
        assert one["security"] == [{"HTTPBearer": []}]
    for name in ("CountIn", "MovementIn", "EmployeeIn", "MessageIn", "RecipientIn"):
        assert schema["components"]["schemas"][name]["additionalProperties"] is False


@pytest.mark.parametrize("language", ["fa", "ar", "en"])
def test_the_docs_need_nothing_from_elsewhere(home: None, language: str) -> None:
    client = TestClient(SITE, base_url="http://localhost/api/v1")
    page = client.get("/docs", headers={"Accept-Language": language})
    assert page.status_code == 200
    assert f'lang="{language}"' in page.text
    assert ("rtl" in page.text) is (language != "en")
    assert "<script" not in page.text
    assert "http" not in page.text.replace("http://localhost:8501/api/v1/stock", "")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for one in docs.operations(api.openapi()):
        assert f'id="{one.id}"' in page.text
    assert "api.op." not in page.text
    assert client.get("/docs.css").headers["content-type"].startswith("text/css")
