"""Words of the audience: how people are taken from a file, and what becomes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from core.contacts.terms import ContactKind
from core.i18n.terms import Calendar
from core.jobs.terms import Refusal


class DuplicateRule(StrEnum):
    """What a row does to somebody who is known already."""

    SKIP = "skip"
    FILL = "fill"
    OVERWRITE = "overwrite"


class Basis(StrEnum):
    """On what ground people of a file may be written to."""

    CONSENT = "consent"
    CONTRACT = "contract"
    INTEREST = "interest"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class CustomField:
    """A declared custom field as a reader of files needs it."""

    key: str
    kind: str
    options: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class ReadingPlan:
    """Everything needed to turn the rows of a file into people, away from the store.

    columns: places of fields by name. country: where phone numbers without a country code belong.
    skip: rows that were taken before.
    """

    path: str
    layout: Mapping[str, object]
    limits: Mapping[str, int]
    columns: Mapping[str, int]
    calendar: str
    country: str
    skip: int = 0
    custom: Sequence[CustomField] = ()
    blocked: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Block:
    """Rows of a file that stand together: people, column by column, and rows not to be taken.

    The people may be in any order. lines, cells: where and what each row was.
    columns: what each field says of each of them, None where it is empty. email: (key, envelope
    form, as typed); phone: (key, as typed). keys: what they are searched by; attributes: their
    custom fields as JSON. public_ids: as many, ascending. by_email, by_phone: places in the order
    of these. repeated: places of rows that share an address, a phone or a number.
    """

    row_count: int
    lines: Sequence[int]
    cells: Sequence[tuple[str, ...]]
    columns: Mapping[str, Sequence[Any]]
    keys: Sequence[str]
    attributes: Sequence[str]
    public_ids: Sequence[str]
    by_email: Sequence[int]
    by_phone: Sequence[int]
    repeated: frozenset[int]
    refused: Sequence[Refusal]


@dataclass(frozen=True, kw_only=True)
class Choices:
    """How the people of a file are taken.

    numbering: the system whose customer numbers the file has. topics: what all of them join.
    is_trial: only say what would happen.
    """

    rule: DuplicateRule = DuplicateRule.FILL
    kind: ContactKind = ContactKind.LEAD
    source: str = ""
    numbering: str = "orders"
    basis: Basis = Basis.UNKNOWN
    basis_text: str = ""
    topics: tuple[int, ...] = ()
    tag: str = ""
    calendar: Calendar = Calendar.JALALI
    country: str = "IR"
    is_trial: bool = False


class Stay(NamedTuple):
    """Somebody, or some fields of theirs, that an undone import leaves, and the reason's code."""

    contact_id: int
    name: str
    code: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Undone:
    """What came of taking a piece of a change back."""

    removed: int
    restored: int
    stayed: Sequence[Stay]
    is_over: bool
