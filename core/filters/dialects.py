"""The few words in which the two stores differ."""

import json
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, Protocol

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Date,
    Float,
    Integer,
    Numeric,
    String,
    and_,
    bindparam,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session

from core.db import FOLD, is_sqlite
from core.filters.fields import Expression
from core.filters.terms import MOST_AMOUNT

_DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"


class Dialect(Protocol):
    """How a store says it. Whatever comes from people is bound, never written into the SQL."""

    def text_at(self, document: Expression, key: str) -> Expression:
        """Return the text under a key of a document; null for anything else."""

    def number_at(self, document: Expression, key: str) -> Expression:
        """Return the number under a key; null for what is none, or none anybody means."""

    def flag_at(self, document: Expression, key: str) -> Expression:
        """Return whether there is a yes under a key."""

    def day_at(self, document: Expression, key: str) -> Expression:
        """Return the day under a key as sortable text; null for anything else."""

    def listed_at(self, document: Expression, key: str, values: Collection[str]) -> Expression:
        """Return whether the list under a key holds one of these."""

    def is_listed(self, document: Expression, key: str) -> Expression:
        """Return whether the list under a key holds anything."""

    def position(self, text: Expression, part: str) -> Expression:
        """Return where the part begins in a text, from 1; 0 where it does not occur."""

    def among(self, value: Expression, numbers: Iterable[int]) -> Expression:
        """Return whether the number is among very many."""

    def among_days(self, value: Expression, days: Iterable[date]) -> Expression:
        """Return whether the day is among very many."""


def fold(value: Expression) -> Expression:
    """Return the text folded as `search_key` does it."""
    return type_coerce(getattr(func, FOLD)(value), String)


class _Sqlite:
    def text_at(self, document: Expression, key: str) -> Expression:
        return self._of_type(document, key, kinds=("text",), as_=String())

    def number_at(self, document: Expression, key: str) -> Expression:
        found = self._of_type(document, key, kinds=("integer", "real"), as_=Float())
        return case((func.abs(found) <= MOST_AMOUNT, cast(found, Float)))

    def flag_at(self, document: Expression, key: str) -> Expression:
        kind = func.coalesce(func.json_type(document, self._path(key)), "")
        return type_coerce(kind, String) == "true"

    def day_at(self, document: Expression, key: str) -> Expression:
        found = self.text_at(document, key)
        return case((found.op("GLOB")(_DAY), found))

    def listed_at(self, document: Expression, key: str, values: Collection[str]) -> Expression:
        rows, is_listed = self._items(document, key)
        found = select(literal(1)).select_from(rows)
        return exists(found.where(is_listed, rows.c.value.in_(values)))

    def is_listed(self, document: Expression, key: str) -> Expression:
        rows, is_listed = self._items(document, key)
        return exists(select(literal(1)).select_from(rows).where(is_listed))

    def position(self, text: Expression, part: str) -> Expression:
        return type_coerce(func.instr(text, part), Integer)

    def among(self, value: Expression, numbers: Iterable[int]) -> Expression:
        return value.in_(self._listed(json.dumps(list(numbers))))

    def among_days(self, value: Expression, days: Iterable[date]) -> Expression:
        return type_coerce(value, String).in_(
            self._listed(json.dumps(sorted(one.isoformat() for one in days)))
        )

    def _listed(self, text: str) -> Any:
        rows = func.json_each(bindparam(None, text)).table_valued(column("value"))
        return select(rows.c.value)

    def _items(self, document: Expression, key: str) -> tuple[Any, Any]:
        path = self._path(key)
        rows = func.json_each(document, path).table_valued(column("value", String))
        return rows, func.json_type(document, path) == "array"

    def _of_type(self, document: Expression, key: str, *, kinds: tuple[str, ...], as_: Any) -> Any:
        path = self._path(key)
        found = type_coerce(func.json_extract(document, path), as_)
        return case((func.json_type(document, path).in_(kinds), found))

    def _path(self, key: str) -> str:
        return f'$."{key}"'


class _Postgres:
    def text_at(self, document: Expression, key: str) -> Expression:
        return case((self._type(document, key) == "string", self._text(document, key)))

    def number_at(self, document: Expression, key: str) -> Expression:
        exact = cast(self._text(document, key), Numeric)
        is_number = self._type(document, key) == "number"
        sound = case((is_number, func.abs(exact) <= MOST_AMOUNT))
        return case((sound, cast(exact, Float(53))))

    def flag_at(self, document: Expression, key: str) -> Expression:
        is_flag = func.coalesce(self._type(document, key), "") == "boolean"
        return and_(is_flag, func.coalesce(self._text(document, key), "") == "true")

    def day_at(self, document: Expression, key: str) -> Expression:
        found = self.text_at(document, key)
        shape = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
        return case((found.op("~")(shape), found.collate("C")))

    def listed_at(self, document: Expression, key: str, values: Collection[str]) -> Expression:
        wanted = cast(bindparam(None, list(values)), ARRAY(String))
        return and_(self.is_listed(document, key), self._at(document, key).op("?|")(wanted))

    def is_listed(self, document: Expression, key: str) -> Expression:
        return and_(
            func.coalesce(self._type(document, key), "") == "array",
            func.coalesce(self._at(document, key) != cast("[]", JSONB), False),
        )

    def position(self, text: Expression, part: str) -> Expression:
        return type_coerce(func.strpos(text, part), Integer)

    def among(self, value: Expression, numbers: Iterable[int]) -> Expression:
        wanted = cast(bindparam(None, list(numbers)), ARRAY(BigInteger))
        return value == func.any(wanted)

    def among_days(self, value: Expression, days: Iterable[date]) -> Expression:
        if isinstance(value.type, Date):
            return value == func.any(cast(bindparam(None, sorted(days)), ARRAY(Date)))
        texts = sorted(one.isoformat() for one in days)
        return value == func.any(cast(bindparam(None, texts), ARRAY(String)))

    def _at(self, document: Expression, key: str) -> Expression:
        return type_coerce(document.op("->")(bindparam(None, key, String)), JSONB)

    def _text(self, document: Expression, key: str) -> Expression:
        return type_coerce(document.op("->>")(bindparam(None, key, String)), String)

    def _type(self, document: Expression, key: str) -> Expression:
        return type_coerce(func.jsonb_typeof(self._at(document, key)), String)


SQLITE: Dialect = _Sqlite()
POSTGRESQL: Dialect = _Postgres()


def dialect_of(session: Session) -> Dialect:
    """Return how the store behind this session says it."""
    return SQLITE if is_sqlite(session) else POSTGRESQL
