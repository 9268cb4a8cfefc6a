"""Words of stock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, TypedDict, TypeVar

Line = TypeVar("Line")


class StockState(StrEnum):
    """Whether an item is at or under its reorder point."""

    OK = "ok"
    LOW = "low"


class StockWord(StrEnum):
    """How a count is called on screen: low ones that are used up or sold twice say so."""

    OK = "ok"
    LOW = "low"
    OUT = "out"
    OVERSOLD = "oversold"


class MovementKind(StrEnum):
    """Why a count changed."""

    OPENING = "opening"
    COUNT = "count"
    RECEIPT = "receipt"
    ISSUE = "issue"
    SALE = "sale"
    RETURN = "return"


class LevelReason(StrEnum):
    """Why an item became low, or is low no more."""

    ADDED = "added"
    MOVED = "moved"
    REORDER_POINT = "reorder_point"
    RESTORED = "restored"


class StockSort(StrEnum):
    """The order of a list of items. HEADROOM: the furthest under its reorder point first."""

    CODE = "code"
    NAME = "name"
    ON_HAND = "on_hand"
    HEADROOM = "headroom"
    CHANGED = "changed"


class KnownRule(StrEnum):
    """What an import does with items that exist already."""

    UPDATE = "update"
    SKIP = "skip"


@dataclass(frozen=True)
class Transition:
    """What a change does to the state of an item."""

    before: StockState
    after: StockState

    @property
    def is_crossing(self) -> bool:
        """Whether the state is another one afterwards."""
        return self.before is not self.after


@dataclass(frozen=True)
class NewItem:
    """An item to be kept. Without a department it is the whole organisation's."""

    code: str
    name: str = ""
    category: str = ""
    unit: str = ""
    on_hand: int = 0
    reorder_point: int = 0
    department_id: int | None = None


class ItemChange(TypedDict, total=False):
    """What people may change about an item; what is absent stays."""

    name: str
    category: str
    unit: str
    reorder_point: int


@dataclass(frozen=True)
class Move:
    """A receipt, return, issue or sale, in pieces. `source_key` makes doing it twice impossible."""

    kind: MovementKind
    quantity: int
    note: str = ""
    source: str = "hand"
    source_key: str = ""


@dataclass(frozen=True)
class StockFilter:
    """Which items to list. `word` LOW means all at or under their reorder point."""

    search: str = ""
    category: str | None = None
    word: StockWord | None = None
    is_archived: bool = False


@dataclass(frozen=True)
class Page(Generic[Line]):
    """One page of a list, and how many lines it has in all."""

    lines: Sequence[Line]
    count: int


@dataclass(frozen=True)
class StockTiles:
    """Stock in figures. Those out and oversold are among the low ones when their point says so."""

    item_count: int
    low_count: int
    oversold_count: int
    out_count: int


@dataclass(frozen=True)
class DayLevel:
    """What was on hand at the end of a day."""

    day: date
    on_hand: int


@dataclass(frozen=True)
class Level:
    """A count and the moment it was reached."""

    at: datetime
    on_hand: int
