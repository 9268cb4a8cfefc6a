"""How long the answers to calls that carry an Idempotency-Key are kept."""

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete
from sqlmodel import Session, col

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.http.models import IdempotencyKey

KEPT_FOR = timedelta(hours=24)


@verb(Permission.SYSTEM_RUN, audit=None)
def forget_old(session: Session, _actor: Actor, *, now: datetime) -> int:
    """Delete the answers kept for longer than 24 hours; return how many."""
    old = col(IdempotencyKey.created_at) < now - KEPT_FOR
    result = session.execute(delete(IdempotencyKey).where(old))
    assert isinstance(result, CursorResult)  # noqa: S101 - a DELETE answers so
    return result.rowcount
