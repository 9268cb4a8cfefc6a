"""Where the values of fields lie in the store. Owners of data describe their fields with these."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import FromClause

from core.filters.terms import FieldInfo

Expression = Any
"""A column or what is made of columns: their types have nothing in common that helps."""


@dataclass(frozen=True)
class Via:
    """The way from a person to a row that several people share: here the key, there its own."""

    here: Expression
    there: Expression


@dataclass(frozen=True)
class Column:
    """A value in the person's own row, or in the row that `via` leads to."""

    value: Expression
    via: Via | None = None


@dataclass(frozen=True)
class Entry:
    """A value under a key of a document in the person's own row."""

    document: Expression
    key: str


@dataclass(frozen=True)
class Aggregate:
    """A value drawn from many rows of a person. default: what it is where there is no row."""

    owner: Expression
    value: Expression
    rows: FromClause
    where: tuple[Expression, ...] = ()
    default: int | None = None


@dataclass(frozen=True)
class Related:
    """The set of values of rows that belong to a person; as a flag: whether there is any."""

    owner: Expression
    value: Expression
    rows: FromClause
    where: tuple[Expression, ...] = ()


Source = Column | Entry | Aggregate | Related


@dataclass(frozen=True)
class FilterField:
    """A field: how it is known, and where it lies."""

    info: FieldInfo
    source: Source


@dataclass(frozen=True)
class EventSource:
    """The columns of events."""

    rows: FromClause
    id: Expression
    owner: Expression
    name: Expression
    at: Expression
    properties: Expression


@dataclass(frozen=True)
class MemberSource:
    """The columns of open memberships."""

    rows: FromClause
    owner: Expression
    segment_id: Expression
    is_open: Expression


@dataclass(frozen=True)
class Catalogue:
    """Everything a tree can speak of. root: the key of a person."""

    root: Expression
    fields: Mapping[str, FilterField]
    events: EventSource
    members: MemberSource

    @property
    def infos(self) -> Mapping[str, FieldInfo]:
        """The fields as rules know them."""
        return {key: one.info for key, one in self.fields.items()}
