"""Access, generated from the code: every verb, for every role in every kind of department.

The table in core/access/rules.py is the only source. Whatever is found in the code and not in the
table, or reachable without asking it, fails here.
"""

import importlib
import inspect
import pkgutil
from types import ModuleType

import pytest
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

import core
from core.access import rules
from core.access.service import REGISTRY, Registered
from core.access.terms import Actor, DepartmentKind, Grant, Level, Permission, Role
from core.errors import ChaparError, Forbidden
from pages import registry

BUILDING_BLOCKS = {
    "core.access.editing.editable",
    "core.access.service.may",
    "core.access.service.require",
    "core.audit.service.record",
    "core.contacts.card.admit",
    "core.contacts.card.locked",
    "core.contacts.listing.narrowed",
    "core.contacts.reach.person",
    "core.profiles.caps.read",
    "core.profiles.consent.read",
    "core.profiles.messages.read",
    "core.profiles.orders.read",
    "core.profiles.segments.read",
    "core.profiles.timeline.read",
    "core.profiles.work.read",
    "core.profiles.timeline.message_lines",
    "core.messages.queueing.put",
    "core.accounts.passwords.own_account",
    "core.people.intake.link_managers",
    "core.people.intake.take",
    "core.people.planning.place",
    "core.people.planning.renew_plan",
    "core.people.planning.withdraw",
    "core.people.planning.withdraw_mail",
    "core.people.staff.admit",
    "core.people.staff.amend",
    "core.people.staff.enrol",
    "core.privacy.erasing.forget",
    "core.segments.service.readable",
}
"""Functions that take an actor for the record; the verbs that call them ask for permission."""


def modules() -> list[ModuleType]:
    skipped = ("core.migrations.env", "core.migrations.versions", "core.cli.__main__",
               "core.jobs.child")  # fmt: skip
    names = [m.name for m in pkgutil.walk_packages(core.__path__, "core.")]
    return [importlib.import_module(n) for n in names if not n.startswith(skipped)]


MODULES = modules()


def public_functions_that_act() -> dict[str, object]:
    found = {}
    for module in MODULES:
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("_") or function.__module__ != module.__name__:
                continue
            parameters = list(inspect.signature(function).parameters.values())[:2]
            kinds = [str(parameter.annotation) for parameter in parameters]
            if len(kinds) == 2 and "Session" in kinds[0] and "Actor" in kinds[1]:
                found[f"{module.__name__}.{name}"] = function
    return found


def actors() -> list[tuple[str, Actor]]:
    made = [("nobody", Actor(kind="user", id=1, name="x"))]
    for role in Role:
        for kind in DepartmentKind:
            grant = Grant(1, kind, role)
            made.append((f"{role}@{kind}", Actor(kind="user", id=1, name="x", grants=(grant,))))
    return made


def expected(actor: Actor, permission: Permission) -> bool:
    """The table, read a second time, in the words of the documentation."""
    for grant in actor.grants:
        held = rules.ROLES[grant.role].get(permission, Level.NO) is not Level.NO
        everywhere = grant.role in {Role.ADMINISTRATOR, Role.AUDITOR}
        meant_for = grant.kind in rules.KINDS.get(permission, set(DepartmentKind))
        if held and (everywhere or meant_for):
            return True
    return False


@pytest.mark.spec("T32", "S93")
@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_a_verb_opens_exactly_for_those_the_table_names(name: str) -> None:
    entry = REGISTRY[name]
    wrong = [
        who for who, actor in actors() if opens(entry, actor) != expected(actor, entry.permission)
    ]
    assert wrong == []


def opens(entry: Registered, actor: Actor) -> bool:
    """Call the verb without its arguments: refused before them, or let through to miss them."""
    module, _, name = f"{entry.function.__module__}.{entry.function.__qualname__}".rpartition(".")
    wrapped = getattr(importlib.import_module(module), name)
    try:
        wrapped(Session(), actor)
    except Forbidden:
        return False
    except (TypeError, KeyError, ChaparError, SQLAlchemyError):
        pass
    return True


@pytest.mark.spec("T32", "U55")
def test_whatever_acts_for_somebody_is_registered() -> None:
    assert set(public_functions_that_act()) - set(REGISTRY) - BUILDING_BLOCKS == set()


def test_every_permission_is_held_by_somebody_and_asked_for_by_something() -> None:
    held = {permission for role in rules.ROLES.values() for permission in role}
    asked = {entry.permission for entry in REGISTRY.values()}
    asked |= {entry.permission for entry in registry.ENTRIES if entry.permission}
    assert set(Permission) - held == {Permission.SYSTEM_RUN}
    assert asked <= set(Permission)


@pytest.mark.spec("T59")
def test_every_verb_that_writes_names_its_audit_act_and_takes_the_time() -> None:
    writing = {name: entry for name, entry in REGISTRY.items() if entry.audit}
    assert writing
    without_time = [n for n, e in writing.items()
                    if "now" not in inspect.signature(e.function).parameters]  # fmt: skip
    assert without_time == []


def test_an_api_key_reaches_no_further_than_its_scopes() -> None:
    grant = Grant(1, DepartmentKind.OPERATIONS, Role.ADMINISTRATOR)
    key = Actor(kind="api_key", id=1, name="k", grants=(grant,),
                scopes=frozenset({Permission.STOCK_VIEW}))  # fmt: skip
    for permission in Permission:
        reach = rules.reaches(key, permission, department_id=1, owner_id=None)
        assert reach == (permission is Permission.STOCK_VIEW)


@pytest.mark.spec("S93")
def test_a_row_of_another_department_stays_out_of_reach() -> None:
    actor = Actor(kind="user", id=1, name="x",
                  grants=(Grant(1, DepartmentKind.OPERATIONS, Role.MANAGER),))  # fmt: skip
    assert rules.reaches(actor, Permission.STOCK_EDIT, department_id=1, owner_id=None)
    assert not rules.reaches(actor, Permission.STOCK_EDIT, department_id=2, owner_id=None)


def test_a_seller_reaches_only_what_is_theirs() -> None:
    seller = Actor(kind="user", id=7, name="x",
                   grants=(Grant(1, DepartmentKind.SALES, Role.SELLER),))  # fmt: skip
    mine = {"department_id": 1, "owner_id": 7}
    theirs = {"department_id": 1, "owner_id": 8}
    assert rules.reaches(seller, Permission.CONTACT_EDIT, **mine)
    assert not rules.reaches(seller, Permission.CONTACT_EDIT, **theirs)


def test_every_page_is_registered_and_says_who_may_open_it() -> None:
    scripts = {path.relative_to(registry.HERE).as_posix() for path in registry.HERE.rglob("*.py")}
    frame = {"__init__.py", "shell.py", "registry.py", "sidebar.py", "first_steps.py"}
    pages = {one for one in scripts if not one.endswith("__init__.py")} - frame
    known = {entry.script for entry in registry.ENTRIES}
    assert {one for one in pages - known if not one.rpartition("/")[2].startswith("_")} == set()
    open_to_all = [entry.script for entry in registry.ENTRIES if entry.permission is None]
    assert open_to_all == ["home.py"]
