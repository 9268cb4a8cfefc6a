"""Rows about one person in every table there is, each text in them carrying the same mark."""

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Column, Table, insert, select
from sqlmodel import Session

from core.privacy import walk
from core.privacy.rules import HANDLING
from core.privacy.terms import Fate

MARK = "Zarrinkafsh"
WHEN = datetime(2026, 11, 1, 9, tzinfo=UTC)


def fill(session: Session, person_id: int) -> set[str]:
    """Put a row about the person into every table with their key that has none; return which.

    Whatever else a row must refer to is taken from what is there, or made without a mark.
    """
    made = set()
    for name in walk.names():
        rows = walk.table(name)
        if session.execute(select(rows).where(walk.about(rows, [person_id]))).first() is None:
            _add(session, rows, person_id, marked=True)
            made.add(name)
    return made


def _add(session: Session, rows: Table, person_id: int, *, marked: bool) -> None:
    handling = HANDLING.get(rows.name)
    kept = handling.keeps if handling else frozenset()
    is_marked = marked and (handling is None or handling.fate is not Fate.KEEP)
    values: dict[str, object] = {}
    for one in rows.columns:
        if one.primary_key and one.name == "id":
            continue
        if marked and one.name in {"contact_id", "acknowledged_by_id"}:
            values[one.name] = person_id
        elif one.foreign_keys and (not one.nullable or _is_owner(one)):
            values[one.name] = _referred(session, one, person_id)
        elif not one.foreign_keys:
            values[one.name] = _value(one, MARK if is_marked and one.name not in kept else "x")
    session.execute(insert(rows).values(values))


def _is_owner(column: Column[Any]) -> bool:
    return any(key.ondelete == "CASCADE" and walk.keys(key.column.table)
               for key in column.foreign_keys)  # fmt: skip


def _referred(session: Session, column: Column[Any], person_id: int) -> int:
    target = next(iter(column.foreign_keys)).column.table
    wanted = select(target.c.id)
    if walk.keys(target):
        wanted = wanted.where(walk.about(target, [person_id]))
    found = session.execute(wanted.limit(1)).scalar()
    if found is None:
        _add(session, target, person_id, marked=False)
        found = session.execute(wanted.limit(1)).scalar()
    assert found is not None, target.name
    return int(found)


def _value(column: Column[Any], mark: str) -> object:
    if walk.is_document(column):
        inner = {"note": f"{mark} {column.table.name}", "deep": [mark]}
        return [mark] if _is_list(column) else inner
    if walk.is_text(column):
        length = getattr(column.type, "length", None) or 400
        return f"{mark}-{column.table.name}-{column.name}"[:length] if length > 12 else "x"
    if words := getattr(column.type, "enum_class", None):
        return next(iter(words))
    kind: Any = getattr(column.type, "impl", column.type)
    kinds: dict[type, object] = {datetime: WHEN, date: WHEN.date(), time: time(9), bool: True,
                                 int: 1, bytes: mark.encode()}  # fmt: skip
    return kinds[kind.python_type]


def _is_list(column: Column[Any]) -> bool:
    default: Any = column.default
    return default is not None and default.is_callable and default.arg(None) == []
