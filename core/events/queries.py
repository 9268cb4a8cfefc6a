"""Statements over events."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnClause,
    String,
    cast,
    false,
    func,
    literal,
    literal_column,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from core.db import insert_or_skip, is_sqlite
from core.events.models import Event, EventName

ONE_DRAIN = 0x6576656E74
"""The advisory lock of the drain: any number nobody else uses."""


def insert_new(session: Session, rows: list[dict[str, object]]) -> list[int]:
    """Insert the rows whose (source, dedup_key) is new and return their ids, in id order."""
    statement = insert_or_skip(session, Event, rows).returning(col(Event.id))
    return sorted(session.execute(statement).scalars())


def add_many(session: Session, rows: Sequence[Mapping[str, object]]) -> int:
    """Insert the rows whose (source, dedup_key) is new and return how many those are.

    The driver repeats one prepared statement: putting a thousand rows together in one text would
    take longer than writing them.
    """
    if not rows:
        return 0
    table: Any = Event.__table__  # type: ignore[attr-defined]
    dialect = sqlite if is_sqlite(session) else postgresql
    moments = _same_moments(rows)
    fixed = {
        name: _in_words(session, literal(moment, table.c[name].type))
        for name, moment in moments.items()
    }
    statement = dialect.insert(table).values(fixed).on_conflict_do_nothing()
    counted = statement.execution_options(preserve_rowcount=True)
    left = [{name: row[name] for name in row if name not in moments} for row in rows]
    result = session.connection().execute(counted, left)
    return result.rowcount


def _same_moments(rows: Sequence[Mapping[str, object]]) -> dict[str, datetime]:
    """Return the moments all rows share: putting one into words takes longer than writing it."""
    return {
        name: moment for name, moment in rows[0].items()
        if isinstance(moment, datetime) and all(row[name] is moment for row in rows)
    }  # fmt: skip


def _in_words(session: Session, value: BindParameter[Any]) -> ColumnClause[Any]:
    """Return the value as a part of the statement itself."""
    dialect = session.get_bind().dialect
    return literal_column(
        str(value.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    )


def join_visitor(session: Session, anonymous_id: str, *, contact_id: int) -> int:
    """Give the person the events of this visitor that are nobody's yet; return how many."""
    result = session.connection().execute(
        update(Event)
        .where(col(Event.anonymous_id) == anonymous_id, col(Event.contact_id).is_(None))
        .values(contact_id=contact_id)
    )
    return result.rowcount


def all_names(session: Session) -> Sequence[EventName]:
    """Return everything in the dictionary, what was seen last first."""
    newest = col(EventName.last_seen_at).desc()
    return session.exec(select(EventName).order_by(newest, col(EventName.name))).all()


def names(session: Session, wanted: Sequence[str]) -> Sequence[EventName]:
    """Return the entries of these names, as they are in the store now.

    In the order of the names, so that two who write them wait for each other and no more.
    """
    statement = select(EventName).where(col(EventName.name).in_(wanted)).order_by(EventName.name)
    fresh = statement.execution_options(populate_existing=True)
    return session.exec(fresh).all()


def counts_by_day(session: Session, name: str, *, since: datetime) -> dict[str, int]:
    """Return how many events of the name there were on each day (UTC) that has any."""
    at = col(Event.occurred_at)
    if is_sqlite(session):
        day = func.substr(cast(at, String), 1, 10)
    else:
        day = func.to_char(func.timezone("UTC", at), "YYYY-MM-DD")
    statement = select(day, func.count()).where(Event.name == name, at >= since).group_by(day)
    return dict(session.exec(statement).all())


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
        .where(col(Event.dispatched_at).is_(None), col(Event.is_held) == false())
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
