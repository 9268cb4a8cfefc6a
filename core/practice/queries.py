"""Statements that mark the rows of the practice company, and clear them.

Rows are marked by their numbers: whatever a table holds beyond its highest number before loading
was made by it. No other transaction writes meanwhile: on SQLite there is one writer, on PostgreSQL
the tables are locked for the second that loading takes.
"""

from sqlalchemy import ColumnElement, Table, delete, func, insert, literal, select, text
from sqlmodel import Session, SQLModel

from core.db import is_sqlite
from core.messages.terms import MessageStatus
from core.practice import belonging
from core.practice.belonging import KEPT, MARKS, marked, table

UNDERWAY = (MessageStatus.LEASED, MessageStatus.SENDING)


def tables() -> list[Table]:
    """Return every table whose rows may be made up, those referred to first."""
    ordered = SQLModel.metadata.sorted_tables
    return [one for one in ordered if one.name not in KEPT and "id" in one.columns]


def lock(session: Session) -> None:
    """Let nobody else write until this transaction ends."""
    if not is_sqlite(session):
        names = ", ".join(f'"{one.name}"' for one in tables())
        session.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))


def highest(session: Session) -> dict[str, int]:
    """Return the highest number of each table."""
    return {
        one.name: session.execute(select(func.coalesce(func.max(one.c.id), 0))).scalar_one()
        for one in tables()
    }


def mark_since(session: Session, before: dict[str, int]) -> None:
    """Mark every row that came after these highest numbers."""
    for one in tables():
        _mark(session, one, one.c.id > before[one.name])


def is_loaded(session: Session) -> bool:
    """Return whether there is a made-up row."""
    return session.execute(select(literal(1)).select_from(MARKS).limit(1)).first() is not None


def marked_count(session: Session) -> int:
    """Return how many rows are made up."""
    return int(session.execute(select(func.count()).select_from(MARKS)).scalar_one())


def adopt(session: Session) -> None:
    """Mark also what grew out of marked rows since: mails, notices, episodes, captured letters."""
    count = -1
    while count != (count := marked_count(session)):
        for one in tables():
            for condition in belonging.grown(one):
                _mark(session, one, condition)


def spare(session: Session) -> None:
    """Take the mark from templates that something real uses by now."""
    for name, kept in belonging.spared():
        session.execute(delete(MARKS).where(MARKS.c.table_name == name, MARKS.c.row_id.in_(kept)))


def has_underway(session: Session) -> bool:
    """Return whether a worker is about to hand over a made-up message; the rest is held for us."""
    message = table("message")
    mine = select(message.c.status).where(message.c.id.in_(marked("message")))
    return any(status in UNDERWAY for status in session.execute(mine.with_for_update()).scalars())


def remove(session: Session) -> None:
    """Delete every marked row, and the marks."""
    for one in reversed(tables()):
        session.execute(delete(one).where(one.c.id.in_(marked(one.name))))
    session.execute(delete(MARKS))
    session.expire_all()


def _mark(session: Session, rows: Table, condition: ColumnElement[bool]) -> None:
    fresh = select(literal(rows.name), rows.c.id).where(
        condition, rows.c.id.not_in(marked(rows.name))
    )
    session.execute(insert(MARKS).from_select(["table_name", "row_id"], fresh))
