"""The store: engines, pragmas, column words and the one place that commits."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from threading import Lock
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    Engine,
    Enum,
    Index,
    Integer,
    MetaData,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, SQLModel

from core import clock
from core.i18n.text import search_key
from core.settings import settings

_ONE_MAKER = Lock()
KEY = BigInteger().with_variant(Integer, "sqlite")
DOCUMENT = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # a power cut must not unsend; the price is invisible next to SMTP
    "busy_timeout=15000",
    "foreign_keys=ON",
    "cache_size=-32768",
    "temp_store=MEMORY",
    "secure_delete=ON",  # what is deleted is overwritten: whoever is erased is gone from the file
)

FOLD = "chapar_fold"
"""The function of the store that folds text as `search_key` does; on PostgreSQL it is SQL."""


class Row(SQLModel):
    """Base of every table: an integer key and two stamps in aware UTC."""

    id: int = Field(default=None, primary_key=True, sa_type=KEY)
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(
        default_factory=clock.now, sa_column_kwargs={"onupdate": clock.now}
    )


def ref(target: str, *, ondelete: str = "CASCADE", index: bool = True, **more: Any) -> Any:
    """Return a required foreign key to `table.id`.

    index: an index of its own; not where another one of the table begins with the column.
    """
    return Field(foreign_key=f"{target}.id", ondelete=ondelete, index=index, sa_type=KEY, **more)  # type: ignore[call-overload]


def maybe_ref(target: str, *, ondelete: str = "SET NULL", index: bool = True, **more: Any) -> Any:
    """Return an optional foreign key to `table.id`; index as with `ref`."""
    return Field(
        default=None,
        foreign_key=f"{target}.id",
        ondelete=ondelete,
        index=index,
        nullable=True,
        sa_type=KEY,  # type: ignore[call-overload]
        **more,
    )


def sparse(name: str, *columns: str) -> Index:
    """Return an index of the rows that have something in the first of these columns.

    Where most have nothing there, it costs the others nothing when they are written.
    """
    there = text(f"{columns[0]} IS NOT NULL")
    return Index(name, *columns, sqlite_where=there, postgresql_where=there)


def choice(kind: type[StrEnum], *, default: StrEnum | None = None, **more: Any) -> Any:
    """Return a short text column that holds one of the values of `kind`."""
    values = [member.value for member in kind]
    column = Enum(kind, native_enum=False, length=24, values_callable=lambda _members: values)
    if default is not None:
        more["default"] = default
    return Field(sa_type=column, **more)


def document(*, factory: Any = dict, **more: Any) -> Any:
    """Return a JSON column. Reassign it to save a change: mutation in place is not seen."""
    return Field(default_factory=factory, sa_type=DOCUMENT, **more)


def make_engine(url: str) -> Engine:
    """Return an engine with Chapar's habits; on SQLite every connection gets the pragmas."""
    made = create_engine(url, pool_pre_ping=True)
    if made.dialect.name == "sqlite":
        event.listen(made, "connect", _prepare)
        event.listen(made, "begin", _begin)
    return made


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    connection.create_function(FOLD, 1, _fold, deterministic=True)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


@lru_cache(maxsize=65_536)  # towns and sources repeat
def _fold(text: object) -> str | None:
    return search_key(text) if isinstance(text, str) else None


def _begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")


def engine() -> Engine:
    """Return the engine of this process, one even where two threads ask for the first time.

    A cache alone would make two and forget one of them with its conversations open.
    """
    with _ONE_MAKER:
        return _engine()


@lru_cache(maxsize=1)
def _engine() -> Engine:
    settings().data_dir.mkdir(parents=True, exist_ok=True)
    return make_engine(settings().store_url)


def forget_engine(*, hangs_up: bool = True) -> None:
    """Have the next call of `engine` see the settings as they are then.

    A forked child does not hang up: the conversations are its parent's.
    """
    with _ONE_MAKER:
        if _engine.cache_info().currsize:
            _engine().dispose(close=hangs_up)
        _engine.cache_clear()


def is_sqlite(session: Session) -> bool:
    """Return whether the store behind this session is SQLite."""
    return session.get_bind().dialect.name == "sqlite"


def insert_or_skip(
    session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, object]]
) -> Any:
    """Return an INSERT of these rows that leaves out those a unique key already knows.

    Python-side defaults (stamps, states) are filled in by SQLAlchemy.
    """
    dialect = sqlite if is_sqlite(session) else postgresql
    return dialect.insert(table).values(list(rows)).on_conflict_do_nothing()


@contextmanager
def transaction() -> Iterator[Session]:
    """Open the one transaction of a user action; committed at the end, undone by any error.

    On SQLite it takes the write lock at once (BEGIN IMMEDIATE): a read that turns into a write
    would fail with "database is locked" without waiting.
    """
    writer = engine().execution_options(sqlite_begin="IMMEDIATE")
    with Session(writer, expire_on_commit=False) as session:
        yield session
        session.commit()


@contextmanager
def reading() -> Iterator[Session]:
    """Open a session for reading; whatever it changes is thrown away."""
    with Session(engine(), expire_on_commit=False) as session:
        yield session
