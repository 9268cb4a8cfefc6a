"""One call, one transaction; and once is once for calls that carry an Idempotency-Key.

The key is claimed by a row in the transaction of the act itself, so that two calls at once cannot
both act: the second waits for the first and gets its answer. A call that was refused leaves no
row and may be made again under the same key.
"""

from collections.abc import Callable
from datetime import datetime

from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import delete
from sqlmodel import Session, col, select

from core import clock, signing
from core.db import insert_or_skip, transaction
from core.errors import Conflict
from core.http.api.callers import Caller
from core.http.api.kept import KEPT_FOR
from core.http.models import IdempotencyKey

REPLAYED = "Idempotency-Replayed"
Act = Callable[[Session, datetime], BaseModel]


def perform(caller: Caller, given: BaseModel, act: Act, *, status: int) -> JSONResponse:
    """Return the answer of the act, carried out in a transaction of its own.

    Raises Conflict "api.key_used" when the caller's key stands for another call.
    """
    now = clock.now()
    with transaction() as session:
        if not caller.once_key:
            return _answer(act(session, now), status)
        claim = _claim(session, caller, given, now=now)
        if claim.status:
            return JSONResponse(claim.response, claim.status, {REPLAYED: "true"})
        answer = act(session, now)
        claim.status, claim.response = status, answer.model_dump(mode="json")
        session.add(claim)
        return _answer(answer, status)


def _claim(session: Session, caller: Caller, given: BaseModel, *, now: datetime) -> IdempotencyKey:
    """Return the row of this key: a new one with status 0, or one with the answer there was."""
    body_hash = signing.digest(f"{caller.call}\n{given.model_dump_json()}")
    key_hash = signing.digest(caller.once_key)
    mine = (
        col(IdempotencyKey.api_key_id) == caller.key_id,
        col(IdempotencyKey.key_hash) == key_hash,
    )
    session.execute(
        delete(IdempotencyKey).where(*mine, col(IdempotencyKey.created_at) < now - KEPT_FOR)
    )
    row = {
        "api_key_id": caller.key_id,
        "key_hash": key_hash,
        "body_hash": body_hash,
        "call": caller.call[:200],
        "created_at": now,
    }
    session.execute(insert_or_skip(session, IdempotencyKey, [row]))
    found = session.exec(select(IdempotencyKey).where(*mine)).one()
    if found.body_hash != body_hash:
        raise Conflict("api.key_used", field="Idempotency-Key")
    return found


def _answer(given: BaseModel, status: int) -> JSONResponse:
    return JSONResponse(given.model_dump(mode="json"), status)
