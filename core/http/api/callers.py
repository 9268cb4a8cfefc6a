"""Who calls: the key in the Authorization header, and what it may do."""

import math
import time
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from core import clock
from core.access.terms import SYSTEM, Actor
from core.accounts.api_keys import resolve_api_key, touch_api_key
from core.accounts.rules import TOUCH_EVERY
from core.db import reading, transaction
from core.errors import ChaparError, Invalid, TooMany, Unauthenticated
from core.http.visits import place_of

KEY_LIMIT = 255
_noted_at: dict[int, float] = {}
bearer = HTTPBearer(auto_error=False, description="chp_…: made under Admin, shown once")


@dataclass(frozen=True)
class Caller:
    """A program that calls. once_key: its Idempotency-Key, "" without one; call: METHOD path."""

    actor: Actor
    key_id: int
    call: str
    once_key: str = ""

    @property
    def department_id(self) -> int | None:
        """The department the key is bound to; None for one of the organisation."""
        bound = {grant.department_id for grant in self.actor.grants} - {0}
        return min(bound, default=None)


def caller(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Caller:
    """Return who calls.

    Raises Unauthenticated for a key that is missing, false or over, TooMany for one that calls too
    often, and a plain ChaparError for a parameter that was given twice: no two readers of such a
    call would agree on what it says.
    """
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if names.count(name) > 1:
            raise ChaparError("api.repeated_parameter", field=name[:80], name=name[:80])
    actor = _actor(given.credentials) if given else None
    if actor is None or actor.id is None:
        raise Unauthenticated("api.no_key")
    seconds = request.app.state.limiter.wait(actor.id)
    if seconds:
        raise TooMany("api.too_often", retry_after_s=math.ceil(seconds))
    return Caller(
        actor=replace(actor, ip=place_of(request).ip),
        key_id=actor.id,
        call=f"{request.method} {request.url.path}",
    )


def writer(
    who: Annotated[Caller, Depends(caller)],
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Caller:
    """Return who calls to change something, with the key under which it happens once."""
    return replace(who, once_key=_checked(idempotency_key or ""))


def _actor(text: str) -> Actor | None:
    now = clock.now()
    with reading() as session:
        actor = resolve_api_key(session, SYSTEM, text=text, now=now)
    if actor is not None and actor.id is not None and _is_touch_due(actor.id):
        with transaction() as session:
            touch_api_key(session, SYSTEM, key_id=actor.id, now=now)
    return actor


def _is_touch_due(key_id: int) -> bool:
    """Return whether this process noted the use of the key more than a minute ago."""
    here = time.monotonic()
    is_due = here - _noted_at.get(key_id, -math.inf) > TOUCH_EVERY.total_seconds()
    if is_due:
        _noted_at[key_id] = here
    return is_due


def _checked(key: str) -> str:
    if len(key) > KEY_LIMIT or not key.isprintable() or not key.isascii():
        raise Invalid("api.bad_once_key", field="Idempotency-Key", limit=KEY_LIMIT)
    return key.strip()


Reads = Annotated[Caller, Depends(caller)]
Writes = Annotated[Caller, Depends(writer)]
