"""Many rows at once, past the object layer: the fastest way each store has to take them."""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import func, select, text
from sqlmodel import Session, SQLModel

from core.db import is_sqlite

Values = Sequence[object]
_ONE_STATEMENT = 999
_MASK_12, _MASK_62 = (1 << 12) - 1, (1 << 62) - 1


def insert(
    session: Session,
    table: type[SQLModel],
    *,
    names: Sequence[str],
    rows: Sequence[Values],
    constants: Mapping[str, object] | None = None,
) -> None:
    """Insert rows of plain values; constants stand in every row, other columns get their default.

    Documents come as JSON text, days as ISO text. Nothing is read back.
    """
    if not rows:
        return
    session.flush()
    same = _same(session, table, names=names, constants=constants or {})
    columns = [*names, *same]
    tail = tuple(same.values())
    whole: Iterable[Values] = ((*row, *tail) for row in rows)
    target = f'"{table.__tablename__}" ({", ".join(columns)})'
    if is_sqlite(session):
        _insert_sqlite(session, target, whole, width=len(columns))
    else:
        _copy_postgresql(session, target, whole)


def _same(
    session: Session,
    table: type[SQLModel],
    *,
    names: Sequence[str],
    constants: Mapping[str, object],
) -> dict[str, object]:
    """Return the columns that have one value in all rows, as the driver takes them."""
    dialect = session.get_bind().dialect
    found: dict[str, object] = {}
    for column in table.__table__.columns:  # type: ignore[attr-defined]
        if column.name in constants:
            value = constants[column.name]
        elif column.name in names or column.primary_key or column.default is None:
            continue
        else:
            default: Any = column.default
            value = default.arg(None) if default.is_callable else default.arg
        process = column.type.dialect_impl(dialect).bind_processor(dialect)
        found[column.name] = process(value) if process and value is not None else value
        if isinstance(found[column.name], dict | list):
            found[column.name] = json.dumps(found[column.name])
    return found


def _insert_sqlite(session: Session, target: str, rows: Iterable[Values], *, width: int) -> None:
    """Several rows a statement: half the time of one each."""
    connection: Any = session.connection().connection.driver_connection
    left = iter(rows)
    at_once = max(_ONE_STATEMENT // width, 1)
    while chunk := list(islice(left, at_once)):
        marks = ", ".join([f"({', '.join('?' * width)})"] * len(chunk))
        statement = f"INSERT INTO {target} VALUES {marks}"  # noqa: S608 - names of our own tables
        connection.execute(statement, [value for row in chunk for value in row])


def _copy_postgresql(session: Session, target: str, rows: Iterable[Values]) -> None:
    connection: Any = session.connection().connection.driver_connection
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def new_ids(session: Session, table: type[SQLModel], count: int) -> list[int]:
    """Return ids nobody has, for rows that are inserted in this transaction."""
    if not count:
        return []
    name = str(table.__tablename__)
    if is_sqlite(session):
        column = table.__table__.c.id  # type: ignore[attr-defined]
        first = int(session.execute(select(func.coalesce(func.max(column), 0))).scalar_one()) + 1
        return list(range(first, first + count))
    drawn = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :n)")
    return [row[0] for row in session.execute(drawn, {"name": f'"{name}"', "n": count})]


def public_ids(prefix: str, now: datetime, count: int) -> list[str]:
    """Return ids as `ids.public_id` makes them, many at once."""
    head = (int(now.timestamp() * 1000) & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | 0b10 << 62
    noise = secrets.token_bytes(10 * count)
    found = []
    for place in range(0, 10 * count, 10):
        drawn = int.from_bytes(noise[place : place + 10], "big")
        value = head | ((drawn >> 62) & _MASK_12) << 64 | drawn & _MASK_62
        found.append(f"{prefix}_{value:032x}")
    return found
