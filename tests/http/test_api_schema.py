"""The API is held to its own description: calls are made up from it, and answers read by it."""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS
from starlette.applications import Starlette
from starlette.routing import Mount

from core import clock, db
from core.access.terms import SYSTEM, Permission
from core.accounts.api_keys import create_api_key
from core.accounts.rules import UNGRANTABLE
from core.accounts.terms import NewApiKey
from core.db import transaction
from core.http.api import callers
from core.http.api.app import api
from core.http.api.limits import Limiter
from core.messages.terms import MessageClass
from core.operations import service as operations
from core.operations.terms import NewItem
from core.people import service as people
from core.people.terms import EmployeeInput
from core.segments import service as segments
from core.segments.terms import SegmentDraft
from tests.support.cast import administrator, make_contact, make_organisation
from tests.support.sending import make_template, queue_one
from tests.support.stores import forget_process_state

SITE = Starlette(routes=[Mount("/api/v1", api)])
SCHEMA = schemathesis.openapi.from_asgi("/api/v1/openapi.json", SITE)
CALLS = {one.ok().label: one.ok() for one in SCHEMA.get_all_operations()}
SHAPES: Mapping[str, Any] = api.openapi()["components"]["schemas"]
ALL = frozenset(Permission) - UNGRANTABLE
AS_DESCRIBED = CHECKS.get_by_names([
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_headers_conformance", "response_schema_conformance",
])  # fmt: skip
WRONG_IS_REFUSED = CHECKS.get_by_names(["negative_data_rejection"])
SMUGGLED = ("role", "department_id", "is_admin", "pk", "owner_id", "created_by", "consent_at",
            "version", "status", "klass", "change_set_id", "erased_at")  # fmt: skip
NUL = r"\u0000"
every_call = pytest.mark.parametrize("label", sorted(CALLS))
every_write = pytest.mark.parametrize(
    "label", sorted(label for label, call in CALLS.items() if call.body)
)


def parameters(label: str, place: str) -> set[str]:
    """Return the names of what a call takes in its path, query or header."""
    known = CALLS[label].definition.raw.get("parameters", ())
    return {one["name"] for one in known if one["in"] == place}


def some(count: int) -> settings:
    """So many made-up calls, the same ones each time; the store is shared between them."""
    return settings(derandomize=True, deadline=None, max_examples=count, database=None,
                    phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip


@dataclass(frozen=True)
class Home:
    """One of everything that can be asked for, by the first word of its path."""

    known: Mapping[str, str]
    key: str

    def places(self, label: str) -> dict[str, str]:
        """Return what the path of this call would have to say to name what is there."""
        return {name: self.known[label.split("/")[1]] for name in parameters(label, "path")}


@pytest.fixture(scope="module")
def home(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """One store for the whole file: what calls leave behind makes the next ones no less true."""
    folder = tmp_path_factory.mktemp("api")
    shutil.copy(migrated_file, folder / "chapar.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHAPAR_DATA_DIR", str(folder))
        patch.setenv("CHAPAR_SECRET_KEY", "a key for tests that is long enough to be one")
        forget_process_state()
        api.state.limiter = Limiter(per_minute=10**9, at_once=10**9)
        yield Home(furnished(), make_key(*ALL))
        api.state.limiter = Limiter()
        callers._noted_at.clear()
        db.engine().dispose()
    forget_process_state()


def furnished() -> dict[str, str]:
    """Put one of everything there and return what it is called, by the first word of its path."""
    now = clock.now()
    with transaction() as session:
        make_organisation(session)
        version = make_template(session, MessageClass.TRANSACTIONAL, "Receipt")
        person = make_contact(session, "known@sib.ir")
        message = queue_one(session, person, version)
        operations.add_item(session, SYSTEM, new=NewItem(code="A4", name="Carton"), now=now)
        worker = EmployeeInput(first_name="Mina", code="E1", email="mina@sib.ir")
        people.add_employee(session, SYSTEM, given=worker, now=now)
        kept = segments.create(session, administrator(), draft=SegmentDraft(name="All"), now=now)
        return {"contacts": person.public_id, "segments": kept.public_id, "stock": "A4",
                "messages": message.public_id, "employees": "E1"}  # fmt: skip


def make_key(*scopes: Permission) -> str:
    with transaction() as session:
        wanted = NewApiKey(name="Shop", scopes=frozenset(scopes))
        return create_api_key(session, administrator(), given=wanted, now=clock.now()).text


def drawn(data: st.DataObject, label: str, mode: GenerationMode, places: Any = None) -> Case:
    """Return a call made up from the description, or from what it rules out."""
    case: Case = data.draw(CALLS[label].as_strategy(mode, path_parameters=places))
    assume("\n" not in "".join(map(str, case.path_parameters.values())))  # the gate refuses those
    return case


def sound(data: st.DataObject, label: str, places: Any = None) -> Case:
    """Return a call that fits the description, and would be taken from whoever may make it."""
    case = drawn(data, label, GenerationMode.POSITIVE, places)
    assume(NUL not in json.dumps(case.body, default=str))
    case.headers.clear()
    case.query.pop("cursor", None)
    return case


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "Accept-Language": "en"}


@every_call
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_call_is_answered_as_described(home: Home, label: str, mode: GenerationMode) -> None:
    places = home.places(label)

    @some(15)
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        is_known = bool(places) and data.draw(st.booleans())
        case = drawn(data, label, mode, places if is_known else None)
        is_wrong = set(case.query) <= parameters(label, "query")  # others are passed over
        case.call_and_validate(
            headers=bearer(home.key), checks=AS_DESCRIBED + (WRONG_IS_REFUSED if is_wrong else [])
        )

    check()


@every_call
@pytest.mark.parametrize("header", [None, "Bearer chp_aaaaaaaaaa_bbbb", "Basic YTpi"])
def test_every_call_wants_a_key(home: Home, label: str, header: str | None) -> None:
    @some(3)
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        case = sound(data, label, home.places(label))
        answer = case.call(headers={"Authorization": header} if header else {})
        assert answer.status_code == 401
        case.validate_response(answer, checks=AS_DESCRIBED)

    check()


@every_call
def test_a_key_for_something_else_learns_and_changes_nothing(home: Home, label: str) -> None:
    stranger = make_key(Permission.CALENDAR_VIEW)

    @some(8)
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        is_known = data.draw(st.booleans())
        case = sound(data, label, home.places(label) if is_known else None)
        answer = case.call(headers=bearer(stranger))
        assert (answer.status_code, answer.json()["code"]) in {
            (403, "access.forbidden"),
            (422, "api.bad_input"),  # 1.0 is a whole number to the description, not to us
        }
        case.validate_response(answer, checks=AS_DESCRIBED)

    check()


@pytest.mark.spec("T33")
@every_write
def test_what_the_description_does_not_name_is_refused(home: Home, label: str) -> None:
    reference = CALLS[label].definition.raw["requestBody"]["content"]["application/json"]["schema"]

    @some(8)
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        case = sound(data, label, home.places(label))
        path, target = data.draw(st.sampled_from(list(closed(reference, case.body))))
        name = data.draw(st.sampled_from(SMUGGLED))
        target[name] = data.draw(st.sampled_from([1, True, "1", None]))
        answer = case.call(headers=bearer(home.key))
        assert answer.status_code == 422
        faults = {one["field"]: one["code"] for one in answer.json()["errors"]}
        assert faults[".".join([*path, name])] == "api.field_unknown"

    check()


def closed(shape: Mapping[str, Any], body: Any) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """Yield each object of a body that takes no names but those described, with its path."""
    shape = SHAPES[shape["$ref"].rpartition("/")[2]] if "$ref" in shape else shape
    if isinstance(body, list):
        for place, one in enumerate(body):
            yield from (
                ([str(place), *path], it) for path, it in closed(shape.get("items", {}), one)
            )
    elif isinstance(body, dict) and shape.get("additionalProperties") is False:
        yield [], body
        for name, one in body.items():
            for path, it in closed(shape["properties"][name], one):
                yield [name, *path], it
