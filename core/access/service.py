"""The door in front of every verb: `@verb` registers it, asks the table and leaves an audit row."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar

from sqlmodel import Session

from core.access import rules
from core.access.terms import Actor, Level, Permission
from core.audit import service as audit
from core.errors import Forbidden

Args = ParamSpec("Args")
Result = TypeVar("Result")
Function = Callable[Concatenate[Session, Actor, Args], Result]


@dataclass(frozen=True)
class Registered:
    """A verb as the matrix test sees it."""

    function: Callable[..., object]
    permission: Permission
    audit: str | None


REGISTRY: dict[str, Registered] = {}


def verb(
    permission: Permission, *, audit: str | None
) -> Callable[[Function[Args, Result]], Function[Args, Result]]:
    """Register a service function: the actor must hold `permission`, and a write leaves a row.

    `audit` names the act (`stock.adjusted`); None says that the function only reads. Where the
    body records the act itself, with before and after, nothing is added.
    """

    def register(function: Function[Args, Result]) -> Function[Args, Result]:
        name = f"{function.__module__}.{function.__qualname__}"
        REGISTRY[name] = Registered(function, permission, audit)
        run = (
            _reading(function, permission)
            if audit is None
            else _acting(function, permission, audit)
        )
        return functools.wraps(function)(run)

    return register


def _reading(function: Function[Args, Result], permission: Permission) -> Function[Args, Result]:
    def run(session: Session, actor: Actor, /, *args: Args.args, **kwargs: Args.kwargs) -> Result:
        require(actor, permission)
        return function(session, actor, *args, **kwargs)

    return run


def _acting(
    function: Function[Args, Result], permission: Permission, act: str
) -> Function[Args, Result]:
    takes_now = "now" in inspect.signature(function).parameters

    def run(session: Session, actor: Actor, /, *args: Args.args, **kwargs: Args.kwargs) -> Result:
        require(actor, permission)
        before = audit.count(session, act)
        result = function(session, actor, *args, **kwargs)
        if audit.count(session, act) == before and takes_now:
            audit.record(session, actor, act, now=kwargs["now"])  # type: ignore[arg-type]
        return result

    return run


def may(actor: Actor, permission: Permission) -> bool:
    """Return whether the actor holds the permission anywhere."""
    return rules.level(actor, permission) is not Level.NO


def require(actor: Actor, permission: Permission) -> None:
    """Raise Forbidden unless the actor holds the permission anywhere."""
    if not may(actor, permission):
        raise Forbidden("access.forbidden", permission=permission.value)


def require_on(
    actor: Actor,
    permission: Permission,
    *,
    department_id: int | None,
    owner_id: int | None = None,
) -> None:
    """Raise Forbidden unless the actor may do this to a row of that department and owner."""
    if not rules.reaches(actor, permission, department_id=department_id, owner_id=owner_id):
        raise Forbidden("access.forbidden", permission=permission.value)
