"""A store that is in use is brought up to date with everything in it."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import Column, MetaData, Table, create_engine, func, insert, select, text

from core.migrations import service

FIRST = "0001"
TABLES = ("organisation", "contact", "message", "segment", "topic", "template")
KINDS = {str: "x", int: 1, bool: True, float: 1.0, datetime: datetime(2026, 11, 21, tzinfo=UTC),
         date: date(2026, 11, 21), time: time(8), bytes: b"x"}  # fmt: skip


def a_value(column: Column[Any], number: int) -> object:
    """Return something that the column takes, different for each row."""
    kind = column.type.python_type
    return f"{number}" if kind is str else KINDS.get(kind, "{}")


def fill(rows: Table, count: int) -> list[dict[str, object]]:
    needed = [one for one in rows.columns if not one.nullable and not one.primary_key]
    return [{one.name: a_value(one, number) for one in needed} for number in range(count)]


def test_a_store_in_use_keeps_its_rows_and_its_triggers(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with service._connection(url) as connection:
        command.upgrade(service._config(connection), FIRST)
    engine = create_engine(url)
    known = MetaData()
    with engine.begin() as connection:
        connection.execute(text("PRAGMA foreign_keys=OFF"))
        for name in TABLES:
            rows = Table(name, known, autoload_with=connection, resolve_fks=False)
            connection.execute(insert(rows), fill(rows, 3))
        before = triggers(connection)
    assert service.upgrade(url) != []
    with engine.connect() as connection:
        assert triggers(connection) >= before
        for name in TABLES:
            counted = select(func.count()).select_from(text(f'"{name}"'))
            assert connection.execute(counted).scalar_one() == 3, name
    engine.dispose()
    assert service.drift(url) == []


def triggers(connection: Any) -> set[str]:
    found = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
    return set(found.scalars())
