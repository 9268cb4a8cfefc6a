"""Words of the practice company: its goods and people, and what happened to its stock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from core.access.terms import DepartmentKind, Role
from core.i18n.terms import Language
from core.operations.terms import MovementKind

Names = Mapping[Language, str]


class Spot(StrEnum):
    """What a made-up customer is there to show about messages."""

    PLAIN = "plain"
    CAPPED = "capped"
    QUIET = "quiet"
    SUPPRESSED = "suppressed"
    HELD = "held"


@dataclass(frozen=True)
class Good:
    """A stock item: about how many are sold a day, how many come at once.

    is_short: its supplier is late, so that it ends under its reorder point.
    """

    code: str
    category: str
    unit: str
    names: Names
    daily: int
    reorder_point: int
    lot: int
    is_short: bool = False


@dataclass(frozen=True, kw_only=True)
class Member:
    """Somebody on the staff. starts_in: days until the first day; role: of an account, if any."""

    key: str
    first_name: str
    last_name: str
    language: Language
    kind: DepartmentKind
    job_title: str
    starts_in: int
    manager: str = ""
    role: Role | None = None


@dataclass(frozen=True, kw_only=True)
class Customer:
    """Somebody who buys, and what mail to this person is to show."""

    key: str
    first_name: str
    last_name: str
    language: Language
    spot: Spot


@dataclass(frozen=True)
class Mail:
    """A made-up template. texts: by language, subject and body."""

    key: str
    purpose: str
    names: Names
    texts: Mapping[Language, Mapping[str, str]]


@dataclass(frozen=True)
class Step:
    """One movement of a simulated item, and the count after it."""

    at: datetime
    kind: MovementKind
    quantity: int
    on_hand: int


@dataclass(frozen=True)
class Shortage:
    """A time in which an item was at or under its reorder point, and what was left at first."""

    since: datetime
    until: datetime
    on_hand: int


@dataclass(frozen=True)
class Day:
    """A day of the simulation. is_open: the shop sells."""

    date: date
    number: int
    is_open: bool
