"""Statements over events."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, literal_column, update
from sqlmodel import Session, col, select

from core.db import insert_or_skip, is_sqlite
from core.events.models import Event

ONE_DRAIN = 0x6576656E74
"""The advisory lock of the drain: any number nobody else uses."""


def insert_new(session: Session, rows: list[dict[str, object]]) -> list[int]:
    """Insert the rows whose (source, dedup_key) is new and return their ids, in id order."""
    statement = insert_or_skip(session, Event, rows).returning(col(Event.id))
    return sorted(session.execute(statement).scalars())


def release_batch(session: Session, batch: str) -> None:
    """Mark the held events of a batch as ready."""
    session.execute(
        update(Event)
        .where(col(Event.batch) == batch, col(Event.is_held).is_(True))
        .values(is_held=False)
    )


def claim_waiting(session: Session, *, limit: int, now: datetime) -> Sequence[Event]:
    """Return the oldest events nobody has reacted to, and mark them as dispatched.

    The mark and the reactions are one transaction: a crash undoes both. One drain at a time: two
    would react out of order. SQLite has one writer; PostgreSQL gets a lock until the commit.
    """
    if not is_sqlite(session):
        session.execute(select(func.pg_advisory_xact_lock(ONE_DRAIN)))
    waiting = (
        select(Event)
        .where(col(Event.dispatched_at).is_(None), col(Event.is_held) == literal_column("false"))
        .order_by(col(Event.id))
        .limit(limit)
    )
    found = session.exec(waiting).all()
    if found:
        ids = [event.id for event in found]
        session.execute(update(Event).where(col(Event.id).in_(ids)).values(dispatched_at=now))
    return found


def batch_is_waiting(session: Session, batch: str) -> bool:
    """Return whether some event of the batch has not been reacted to yet."""
    statement = select(Event.id).where(Event.batch == batch, col(Event.dispatched_at).is_(None))
    return session.exec(statement.limit(1)).first() is not None
