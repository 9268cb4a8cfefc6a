"""Words of alerts."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from core.operations.terms import StockState
from core.templates.terms import MessageClass

SHOWN_ITEMS = 50
"""How many items a list names; the rest is counted."""


class Severity(StrEnum):
    """How urgent an alert is; critical goes out as service mail."""

    NOTICE = "notice"
    WARNING = "warning"
    CRITICAL = "critical"


class Level(StrEnum):
    """Against what a count is compared: the item's own reorder point, or a number of the rule."""

    REORDER_POINT = "reorder_point"
    NUMBER = "number"


class Nag(StrEnum):
    """How often an open, unacknowledged alert is told again."""

    OFF = "off"
    HOURLY = "hourly"
    DAILY = "daily"


class NoticeKind(StrEnum):
    """What a notice says: it began, it still holds, it is over; or that this is how one looks."""

    RAISED = "raised"
    NAG = "nag"
    RECOVERED = "recovered"
    SAMPLE = "sample"


class EpisodeState(StrEnum):
    """Where an episode stands, for filters: still open (all, waiting, in hand) or over."""

    OPEN = "open"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class Effect(StrEnum):
    """What an observed count does to the episode of a rule and an item."""

    OPENS = "opens"
    CLOSES = "closes"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Condition:
    """Which items, and how few of them.

    An item is meant when its category or its code is named; naming neither means every item.
    `number` is read at level NUMBER only.
    """

    categories: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    level: Level = Level.REORDER_POINT
    number: int | None = None


@dataclass(frozen=True)
class Observation:
    """An event that tells a count. `state` is given where the reorder point was crossed."""

    event_id: int
    item_id: int
    at: datetime
    on_hand: int
    reorder_point: int
    state: StockState | None = None
    batch: str | None = None


@dataclass(frozen=True)
class Manner:
    """How an alert of one severity travels."""

    klass: MessageClass
    priority: int
    useful_for: timedelta


class RuleDraft(BaseModel):
    """A rule as somebody wrote it: when the stock of these falls to this, tell those."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="", max_length=120)
    department_id: int | None = None
    categories: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    level: Level = Level.REORDER_POINT
    number: int | None = None
    severity: Severity = Severity.WARNING
    nag: Nag = Nag.OFF
    tells_recovery: bool = True
    contact_ids: tuple[int, ...] = ()
    department_ids: tuple[int, ...] = ()

    @property
    def condition(self) -> Condition:
        """Return what the rule looks at."""
        return Condition(frozenset(self.categories), frozenset(self.codes), self.level, self.number)


@dataclass(frozen=True)
class RuleLine:
    """A rule as a list shows it."""

    rule_id: int
    draft: RuleDraft
    is_enabled: bool
    version: int
    open_count: int


@dataclass(frozen=True)
class Person:
    """Somebody a rule would tell. `is_reachable`: has a primary address."""

    contact_id: int
    name: str
    is_reachable: bool


@dataclass(frozen=True)
class LowItem:
    """An item at or under the level of a rule."""

    item_id: int
    code: str
    name: str
    unit: str
    on_hand: int
    level: int


@dataclass(frozen=True)
class Explanation:
    """Whom a rule would warn about what today: the most urgent items first, and how many in all."""

    people: tuple[Person, ...]
    items: tuple[LowItem, ...]
    item_count: int


@dataclass(frozen=True)
class EpisodeFilter:
    """Which episodes to list. `text` is looked for in the names and codes of items."""

    state: EpisodeState | None = None
    rule_id: int | None = None
    item_id: int | None = None
    severity: Severity | None = None
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class EpisodeLine:
    """An episode as a list shows it."""

    episode_id: int
    rule_id: int
    rule_name: str
    severity: Severity
    nag: Nag
    item_id: int
    code: str
    name: str
    unit: str
    on_hand: int
    on_hand_at_open: int
    level: int
    opened_at: datetime
    told_at: datetime | None
    next_nag_at: datetime | None
    nag_count: int
    acknowledged_at: datetime | None
    acknowledged_by: str
    closed_at: datetime | None
    is_withdrawn: bool


@dataclass(frozen=True)
class EpisodePage:
    """One page of episodes, and how many match in all."""

    lines: tuple[EpisodeLine, ...]
    count: int


@dataclass(frozen=True)
class Milestones:
    """The moments of one told episode, for measuring reaction."""

    told_at: datetime
    acknowledged_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True)
class ReactionTimes:
    """Medians, None where nothing was measured: told to acknowledged, told to closed, between."""

    to_acknowledge: timedelta | None
    to_resolve: timedelta | None
    acknowledged_to_resolved: timedelta | None


@dataclass(frozen=True)
class Tiles:
    """Alerts in figures."""

    open_count: int
    unacknowledged_count: int
    times: ReactionTimes


@dataclass(frozen=True)
class Reaction:
    """What a batch of events did."""

    opened_count: int = 0
    closed_count: int = 0


@dataclass(frozen=True)
class NoticePage:
    """What the holder of an acknowledge link sees. A sample is about nothing."""

    notice_id: int
    contact_id: int
    kind: NoticeKind
    lines: tuple[EpisodeLine, ...] = field(default=())

    @property
    def waiting_count(self) -> int:
        """Return how many of its episodes are open and in nobody's hands."""
        return sum(line.closed_at is None and line.acknowledged_at is None for line in self.lines)

    @property
    def open_count(self) -> int:
        """Return how many of its episodes are open."""
        return sum(line.closed_at is None for line in self.lines)
