"""Bring a store up to date, or say that it is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlmodel import SQLModel

from core.errors import Unavailable
from core.migrations import tables
from core.migrations.standing import revision_of

HERE = Path(__file__).parent
BESIDE = ("huey_", "contact_search")


def upgrade(url: str) -> list[str]:
    """Run what is pending, all or nothing, and return the revisions that were run."""
    before = pending(url)
    with _connection(url) as connection:
        command.upgrade(_config(connection), "head")
    return before


def pending(url: str) -> list[str]:
    """Return the revisions that the store lacks, oldest first."""
    script = ScriptDirectory.from_config(_config(None))
    current = revision_of(url)
    found = script.iterate_revisions("head", current or "base")
    return [revision.revision for revision in found][::-1]


def drift(url: str) -> list[Any]:
    """Return the differences between the store's schema and the models; empty when in step."""
    assert tables.ALL  # noqa: S101 - imported for its tables
    with _connection(url) as connection:
        opts = {"compare_type": True, "include_name": _is_ours}
        context = MigrationContext.configure(connection, opts=opts)
        return list(compare_metadata(context, SQLModel.metadata))


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Return whether the models know a name in the store.

    The queue may keep its tables beside, and the search index is made by hand.
    """
    return kind not in {"table", "index"} or not (name or "").startswith(BESIDE)


def write(message: str, url: str) -> None:
    """Write a new revision from the difference between the store at `url` and the models."""
    with _connection(url) as connection:
        command.revision(_config(connection), message=message, autogenerate=True)


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("file_template", "%%(rev)s")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    """Open a connection of its own kind: batch changes drop tables, so foreign keys are off.

    With them on, SQLite silently deleted the child rows of a table being rebuilt.
    """
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        _for_sqlite(engine)
    try:
        with engine.begin() as connection:
            yield connection
            if engine.dialect.name == "sqlite":
                _check_references(connection)
    finally:
        engine.dispose()


def _for_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA busy_timeout=15000")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _check_references(connection: Connection) -> None:
    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    if broken:
        raise Unavailable("migrations.broken_references", count=len(broken))
