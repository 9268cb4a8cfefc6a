"""Access over HTTP, generated from the code: every route, what it demands, and what a GET changes.

A route that is in the code and not in this table fails, and so does one that opens for anybody
the table does not name.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pytest
from sqlmodel import SQLModel, select
from starlette.routing import BaseRoute, Mount, Route
from streamlit.web.server.starlette import (
    starlette_agent_routes,
    starlette_auth_routes,
    starlette_routes,
    starlette_websocket,
)

from core import clock
from core.access.terms import SYSTEM, Permission
from core.accounts.api_keys import create_api_key
from core.accounts.terms import LinkPurpose, NewApiKey
from core.db import reading, transaction
from core.delivery.models import CapturedMail
from core.http import paths
from core.http.api import callers
from core.http.api.app import PREFIX, api
from core.http.api.limits import Limiter
from core.http.paths import Area
from core.http.routes import public_routes
from core.messages.models import Message
from core.operations import service as operations
from core.operations.terms import NewItem
from core.templates.models import TemplateVersion
from tests.support.cast import administrator
from tests.support.door import Browser, Staff, make_link, make_staff

P = Permission
ROOT = Path(__file__).parents[2]


class Demand(StrEnum):
    """What a route asks for. DOOR is where visits begin: open, but a POST has to be our form's."""

    PUBLIC = "public"
    DOOR = "door"
    SESSION = "session"
    SCOPE = "scope"
    TOKEN = "token"


DEMANDS: dict[str, tuple[Demand, Permission | None]] = {
    "GET /api/v1/openapi.json": (Demand.PUBLIC, None),
    "GET /api/v1/docs": (Demand.PUBLIC, None),
    "GET /api/v1/docs.css": (Demand.PUBLIC, None),
    "GET /api/v1/stock": (Demand.SCOPE, P.STOCK_VIEW),
    "GET /api/v1/stock/{code:path}": (Demand.SCOPE, P.STOCK_VIEW),
    "PUT /api/v1/stock/{code:path}": (Demand.SCOPE, P.STOCK_EDIT),
    "POST /api/v1/stock/{code:path}/movements": (Demand.SCOPE, P.STOCK_EDIT),
    "GET /api/v1/employees": (Demand.SCOPE, P.EMPLOYEE_VIEW),
    "GET /api/v1/employees/{code:path}": (Demand.SCOPE, P.EMPLOYEE_VIEW),
    "POST /api/v1/employees": (Demand.SCOPE, P.EMPLOYEE_EDIT),
    "GET /api/v1/contacts": (Demand.SCOPE, P.CONTACT_VIEW),
    "GET /api/v1/contacts/{contact}": (Demand.SCOPE, P.CONTACT_VIEW),
    "PUT /api/v1/contacts": (Demand.SCOPE, P.CONTACT_EDIT),
    "GET /api/v1/segments": (Demand.SCOPE, P.SEGMENT_VIEW),
    "GET /api/v1/segments/{public_id}": (Demand.SCOPE, P.SEGMENT_VIEW),
    "GET /api/v1/segments/{public_id}/members": (Demand.SCOPE, P.SEGMENT_VIEW),
    "POST /api/v1/events": (Demand.SCOPE, P.EVENT_RECORD),
    "POST /api/v1/events/batch": (Demand.SCOPE, P.EVENT_RECORD),
    "POST /api/v1/events/identify": (Demand.SCOPE, P.EVENT_RECORD),
    "POST /api/v1/messages": (Demand.SCOPE, P.MESSAGE_SEND),
    "GET /api/v1/messages/{public_id}": (Demand.SCOPE, P.MESSAGE_VIEW),
    "GET /api/v1/messages/{public_id}/why": (Demand.SCOPE, P.MESSAGE_VIEW),
    "GET /healthz": (Demand.PUBLIC, None),
    "GET /readyz": (Demand.PUBLIC, None),
    "GET /assets": (Demand.PUBLIC, None),
    "GET /u/{token}": (Demand.TOKEN, None),
    "POST /u/{token}": (Demand.TOKEN, None),
    "GET /p/{token}": (Demand.TOKEN, None),
    "POST /p/{token}": (Demand.TOKEN, None),
    "GET /p/confirm/{token}": (Demand.TOKEN, None),
    "POST /p/confirm/{token}": (Demand.TOKEN, None),
    "GET /p/ask/{token}": (Demand.PUBLIC, None),
    "POST /p/ask/{token}": (Demand.PUBLIC, None),
    "GET /p/copy/{secret}": (Demand.TOKEN, None),
    "POST /p/copy/{secret}": (Demand.TOKEN, None),
    "GET /p/erasure/{secret}": (Demand.TOKEN, None),
    "POST /p/erasure/{secret}": (Demand.TOKEN, None),
    "GET /p/fresh": (Demand.PUBLIC, None),
    "POST /p/fresh": (Demand.PUBLIC, None),
    "GET /f/{form}": (Demand.PUBLIC, None),
    "POST /f/{form}": (Demand.PUBLIC, None),
    "GET /f/{form}/frame": (Demand.PUBLIC, None),
    "POST /f/{form}/frame": (Demand.PUBLIC, None),
    "GET /e/{site}.js": (Demand.PUBLIC, None),
    "GET /t/o/{token}.gif": (Demand.PUBLIC, None),
    "GET /t/c/{token}/{number:int}": (Demand.TOKEN, None),
    "POST /e/{site}": (Demand.PUBLIC, None),
    "OPTIONS /e/{site}": (Demand.PUBLIC, None),
    "GET /d/{token}": (Demand.TOKEN, None),
    "GET /a/{token}": (Demand.TOKEN, None),
    "POST /a/{token}": (Demand.TOKEN, None),
    "GET /auth/login": (Demand.DOOR, None),
    "POST /auth/login": (Demand.DOOR, None),
    "GET /auth/second-factor": (Demand.DOOR, None),
    "POST /auth/second-factor": (Demand.DOOR, None),
    "GET /auth/logout": (Demand.DOOR, None),
    "POST /auth/logout": (Demand.DOOR, None),
    "POST /auth/language/{language}": (Demand.DOOR, None),
    "GET /auth/forgot": (Demand.DOOR, None),
    "POST /auth/forgot": (Demand.DOOR, None),
    "GET /auth/password/{token}": (Demand.TOKEN, None),
    "POST /auth/password/{token}": (Demand.TOKEN, None),
    "GET /auth/invitation/{token}": (Demand.TOKEN, None),
    "POST /auth/invitation/{token}": (Demand.TOKEN, None),
    "GET /auth/setup/{token}": (Demand.TOKEN, None),
    "POST /auth/setup/{token}": (Demand.TOKEN, None),
    "GET /preview/captured/{mail_id:int}": (Demand.SESSION, P.MESSAGE_VIEW),
    "GET /preview/template/{version_id:int}/{language}": (Demand.SESSION, P.TEMPLATE_VIEW),
    "GET /preview/message/{public_id}": (Demand.SESSION, P.MESSAGE_VIEW),
    "GET /preview/welcome/{employee_id:int}/{version_id:int}": (
        Demand.SESSION,
        P.EMPLOYEE_VIEW,
    ),
    "GET /guide": (Demand.SESSION, None),
    "GET /guide/{language}": (Demand.SESSION, None),
}
AREAS = {
    Demand.PUBLIC: {Area.OPEN},
    Demand.SCOPE: {Area.OPEN},
    Demand.TOKEN: {Area.OPEN, Area.DOOR},
    Demand.DOOR: {Area.DOOR},
    Demand.SESSION: {Area.GUARDED},
}
STREAMLIT_OPEN = {"static/{path:path}"}
"""Of the page server's own routes: the files of the front end, the same for everybody."""


def calls(routes: Iterable[BaseRoute], prefix: str = "") -> Iterator[str]:
    """Every method and path; HEAD is a GET without its body."""
    for route in routes:
        inner = getattr(route, "original_router", route)  # a router that FastAPI has taken in
        if isinstance(inner, Route):
            yield from (f"{method} {prefix}{inner.path}" for method in (inner.methods or ()))
        elif isinstance(inner, Mount) and inner.path == PREFIX:
            yield from calls(api.routes, PREFIX)  # mounted unloaded, so that a start is quick
        elif isinstance(inner, Mount) and not inner.routes:
            yield f"GET {prefix}{inner.path}"
        else:
            path = inner.path if isinstance(inner, Mount) else ""
            yield from calls(inner.routes, prefix + path)  # type: ignore[attr-defined]


def meeting(*demands: Demand) -> list[str]:
    return [call for call, (demand, _) in DEMANDS.items() if demand in demands]


@dataclass(frozen=True)
class House:
    """A site in use, and a real address for each placeholder of a path."""

    staff: Staff
    values: dict[str, str]

    def address(self, call: str) -> tuple[str, str]:
        method, _, path = call.partition(" ")
        purpose = path.split("/")[2] if path.startswith("/auth/") and "{token}" in path else ""
        for name, value in self.values.items():
            path = path.replace(f"{{{name}}}", value)
        if "{token}" in path:
            owner = None if purpose == "setup" else self.staff.clerk
            path = make_link(LinkPurpose(purpose), owner) if purpose else path
        return method, path


@pytest.fixture
def house(store: str) -> Iterator[House]:
    staff = make_staff()
    Browser().post("/auth/forgot", {"login": "davud"})
    with transaction() as session:
        new = NewItem(code="A4", name="Carton", on_hand=12, reorder_point=5)
        operations.add_item(session, SYSTEM, new=new, now=clock.now())
        mail = CapturedMail(received_at=clock.now(), envelope_from="a@example.com",
                            recipient="b@example.com", raw=b"Subject: x\n\nhello")  # fmt: skip
        session.add(mail)
        session.flush()
        message = session.exec(select(Message)).one()
        version = session.exec(select(TemplateVersion)).first()
        assert version is not None
        values = {
            "code:path": "A4",
            "public_id": message.public_id,
            "mail_id:int": str(mail.id),
            "version_id:int": str(version.id),
            "employee_id:int": "1",
            "number:int": "1",
            "language": "fa",
        }
    yield House(staff, values)
    api.state.limiter = Limiter()
    callers._noted_at.clear()


def key_with(*scopes: Permission) -> dict[str, str]:
    with transaction() as session:
        given = NewApiKey(name="Matrix", scopes=frozenset(scopes))
        made = create_api_key(session, administrator(), given=given, now=clock.now())
    return {"Authorization": f"Bearer {made.text}", "Accept-Language": "en"}


def everything() -> dict[str, int]:
    """What is in each table, as one number a table."""
    with reading() as session:
        return {
            table.name: hash(
                tuple(sorted(str(tuple(row)) for row in session.execute(select(table))))
            )
            for table in SQLModel.metadata.sorted_tables
        }


@pytest.mark.spec("T32")
def test_the_table_names_exactly_the_routes_there_are() -> None:
    """Asked of the composition root itself, in a process of its own: it binds the queue."""
    script = (
        "import json, app; from tests.http.test_route_matrix import calls;"
        "print(json.dumps(sorted(calls(app.routes))))"
    )
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], cwd=ROOT, check=True, capture_output=True
    )
    served = {one for one in json.loads(said.stdout) if not one.startswith("HEAD ")}
    assert served == set(DEMANDS)
    ours = {one for one in calls(public_routes) if not one.startswith("HEAD ")}
    assert ours < served


@pytest.mark.spec("T32")
@pytest.mark.parametrize("call", DEMANDS)
def test_the_gate_sees_each_route_as_the_table_does(call: str) -> None:
    path = call.partition(" ")[2].replace("{", "").replace("}", "").replace(":", "-")
    where = paths.area(path if path != "/assets" else "/assets/chapar.css")
    assert where in AREAS[DEMANDS[call][0]]


def test_of_the_page_servers_own_routes_only_the_files_of_its_front_end_are_open() -> None:
    modules = (starlette_agent_routes, starlette_auth_routes, starlette_routes,
               starlette_websocket)  # fmt: skip
    named = {
        str(value)
        for module in modules
        for name, value in vars(module).items()
        if name.lstrip("_").startswith("ROUTE_") and isinstance(value, str)
    }
    assert len(named) > 10
    # "auth/…" are answered by our own routes, which come first
    theirs = {one for one in named if not one.startswith("auth/")}
    found = {one for one in theirs if paths.area(f"/{one}") in {Area.OPEN, Area.DOOR}}
    assert found <= STREAMLIT_OPEN


@pytest.mark.spec("T32")
def test_without_a_visit_no_page_of_the_staff_answers(house: House) -> None:
    for call in meeting(Demand.SESSION):
        method, path = house.address(call)
        answer = Browser().client.request(method, path, headers={"Accept": "text/html"})
        assert answer.status_code in {303, 401}, call
        assert answer.headers.get("location", "/auth/login").startswith("/auth/login"), call


@pytest.mark.spec("T32")
def test_a_visit_without_the_role_is_refused_where_a_role_is_asked_for(house: House) -> None:
    with transaction() as session:
        session.connection().exec_driver_sql("DELETE FROM membership WHERE user_id = 2")
    browser = Browser()
    browser.sign_in("davud")
    for call in meeting(Demand.SESSION):
        _, path = house.address(call)
        expected = 403 if DEMANDS[call][1] else 200
        answer = browser.get(path)
        assert answer.status_code in {expected, 303 if expected == 200 else expected}, call


@pytest.mark.spec("T32", "S06")
def test_without_a_key_or_with_every_scope_but_its_own_no_call_is_answered(house: House) -> None:
    grantable = {scope for _, scope in DEMANDS.values() if scope}
    for call in meeting(Demand.SCOPE):
        method, path = house.address(call)
        scope = DEMANDS[call][1]
        assert scope is not None
        client = Browser().client
        assert client.request(method, path).status_code == 401, call
        assert (
            client.request(method, path, headers={"Authorization": "Bearer x"}).status_code == 401
        )
        others = key_with(*(grantable - {scope}))
        body = BODIES.get(call)
        refused = client.request(method, path, headers=others, json=body)
        assert refused.status_code == 403, call


BODIES: dict[str, dict[str, object]] = {
    "PUT /api/v1/stock/{code:path}": {"counted": 1},
    "POST /api/v1/stock/{code:path}/movements": {"kind": "sale", "quantity": 1},
    "POST /api/v1/employees": {
        "first_name": "سارا", "last_name": "احمدی", "email": "sara@sib.ir", "language": "fa",
        "start_date": "2027-01-10", "department": "people",
    },
    "PUT /api/v1/contacts": {"email": "known@sib.ir"},
    "POST /api/v1/events": {"name": "lesson.finished", "email": "known@sib.ir"},
    "POST /api/v1/events/batch": {"events": [{"name": "lesson.finished", "anonymous_id": "v1"}]},
    "POST /api/v1/events/identify": {"anonymous_id": "v1", "email": "known@sib.ir"},
    "POST /api/v1/messages": {"template": "Receipt", "to": {"email": "known@sib.ir"}},
}  # fmt: skip


@pytest.mark.spec("T32", "T16")
def test_a_token_that_is_not_ours_opens_nothing(house: House) -> None:
    before = everything()
    for call in meeting(Demand.TOKEN):
        method, _, path = call.partition(" ")
        path = path.replace("{token}", "A" * 43)
        answer = Browser().client.request(method, path, headers={"Origin": "http://localhost:8501"})
        assert answer.status_code in {403, 404, 410}, call
    assert everything() == before


@pytest.mark.spec("T31", "T32")
def test_each_form_of_the_door_is_refused_without_our_own_mark(house: House) -> None:
    exempt = "POST /auth/language/{language}"  # changes nothing but a cookie of the asker's
    before = everything()
    for call in meeting(Demand.DOOR):
        method, path = house.address(call)
        if method == "POST" and call != exempt:
            headers = {"Origin": "http://localhost:8501"}
            answer = Browser().client.post(path, data={"login": "davud"}, headers=headers)
            assert answer.status_code == 403, call
    assert everything() == before


@pytest.mark.spec("T17", "T32")
def test_no_get_changes_any_row(house: House) -> None:
    """Asked by somebody who may: signed in, with a key, with a link that works."""
    key = key_with(*{scope for _, scope in DEMANDS.values() if scope})
    browser = Browser()
    browser.sign_in("nasrin")
    browser.client.get("/api/v1/stock", headers=key)  # notes once a minute that the key is in use
    answered = 0
    for call in DEMANDS:
        method, path = house.address(call)
        if method != "GET" or path == "/assets":
            continue
        before = everything()
        for verb in ("GET", "HEAD", "GET"):
            answer = browser.client.request(verb, path, headers={**key, "Accept": "text/html"})
            if DEMANDS[call][0] is Demand.SCOPE and verb == "HEAD":
                assert answer.status_code == 405
            else:
                assert answer.status_code < 500, call
        changed = [name for name, content in everything().items() if before[name] != content]
        assert changed == [], call
        answered += answer.status_code == 200
    assert answered > 15
