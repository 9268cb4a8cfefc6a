"""Many rows at once, past the object layer: the fastest way each store has to take them."""

import json
import resource
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any

from sqlalchemy import event, func, select, text
from sqlmodel import Session, SQLModel

from core.db import engine, is_sqlite
from core.jobs.terms import MEGABYTE

Values = Sequence[object]
_ONE_STATEMENT = 999
_CACHE = 320 * MEGABYTE


@contextmanager
def hurry() -> Iterator[None]:
    """Let this process write a great deal for as long as the block of code runs.

    On SQLite more of the indexes stays in memory, the log is folded in less often, and no commit
    waits for the disk: the process may be killed at any time, but a power cut may take back the
    last commits, each whole. So it is for work that notes in the same commit how far it is.
    """
    store = engine()
    if store.dialect.name != "sqlite":
        yield
        return
    event.listen(store, "checkout", _hurry)
    try:
        yield
    finally:
        event.remove(store, "checkout", _hurry)
        store.dispose()


def _hurry(connection: Any, *_: object) -> None:
    allowed = resource.getrlimit(resource.RLIMIT_DATA)[0]
    cache = _CACHE if allowed == resource.RLIM_INFINITY else min(_CACHE, allowed // 4)
    connection.execute(f"PRAGMA cache_size=-{cache // 1024}")
    connection.execute("PRAGMA wal_autocheckpoint=131072")
    connection.execute("PRAGMA synchronous=NORMAL")


def insert(
    session: Session,
    table: type[SQLModel],
    *,
    names: Sequence[str],
    rows: Iterable[Values],
    constants: Mapping[str, object] | None = None,
) -> None:
    """Insert rows of plain values; constants stand in every row, other columns get their default.

    Documents come as JSON text, days as ISO text. Nothing is read back.
    """
    session.flush()
    same = _same(session, table, names=names, constants=constants or {})
    target = f'"{table.__tablename__}" ({", ".join([*same, *names])})'
    if is_sqlite(session):
        _insert_sqlite(session, target, rows, same=list(same.values()), width=len(names))
    else:
        _copy_postgresql(session, target, rows, same=tuple(same.values()))


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


def _insert_sqlite(
    session: Session, target: str, rows: Iterable[Values], *, same: Values, width: int
) -> None:
    """Many rows a statement, what is the same in all of them bound once: less than half the time.

    A bare `?` counts on from the highest number so far.
    """
    connection: Any = session.connection().connection.driver_connection
    shared = [f"?{number}" for number in range(1, len(same) + 1)]
    marks = f"({', '.join([*shared, *'?' * width])})"
    left, at_once = iter(rows), max(_ONE_STATEMENT // width, 1)
    while chunk := list(islice(left, at_once)):
        statement = f"INSERT INTO {target} VALUES {', '.join([marks] * len(chunk))}"  # noqa: S608 - names of our own tables
        connection.execute(statement, [*same, *chain.from_iterable(chunk)])


def _copy_postgresql(
    session: Session, target: str, rows: Iterable[Values], *, same: tuple[object, ...]
) -> None:
    connection: Any = session.connection().connection.driver_connection
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row((*same, *row))


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
