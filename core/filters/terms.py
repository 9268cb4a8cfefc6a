"""Words of the filter tree: its nodes, what fields hold, and the facts about one person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.i18n.terms import Calendar

MOST_LEVELS = 5
MOST_NODES = 100
MOST_VALUES = 1_000
MOST_LETTERS = 500
MOST_AMOUNT = 10**15
MOST_DAYS = 36_500

Scalar = bool | int | float | str
Value = Scalar | tuple[Scalar, ...] | None
Known = str | int | float | bool | date | datetime | frozenset[str] | None
"""What is known of a person in one field; a set where there may be several."""


class Match(StrEnum):
    """How many of its children a group asks for."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


class Kind(StrEnum):
    """What a field holds. AGE is a day of birth, asked for in full years."""

    TEXT = "text"
    NUMBER = "number"
    AGE = "age"
    DATE = "date"
    MOMENT = "moment"
    FLAG = "flag"
    CHOICE = "choice"
    CHOICES = "choices"


class Operator(StrEnum):
    """What a line asks of a field."""

    IS = "is"
    IS_NOT = "is_not"
    CONTAINS = "contains"
    CONTAINS_NOT = "contains_not"
    STARTS_WITH = "starts_with"
    ONE_OF = "one_of"
    NONE_OF = "none_of"
    EMPTY = "empty"
    FILLED = "filled"
    MORE_THAN = "more_than"
    LESS_THAN = "less_than"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ON = "on"
    BEFORE = "before"
    AFTER = "after"
    LAST_DAYS = "last_days"
    NEXT_DAYS = "next_days"
    LONGER_AGO = "longer_ago"
    BIRTHDAY_DAYS = "birthday_days"
    BIRTHDAY_MONTH = "birthday_month"
    YES = "yes"
    NO = "no"
    HAS_ANY = "has_any"
    HAS_ALL = "has_all"
    HAS_NONE = "has_none"


class Measure(StrEnum):
    """What is taken of the events that fit. LATEST is the property of the newest one."""

    COUNT = "count"
    SUM = "sum"
    DAYS_SINCE = "days_since"
    LATEST = "latest"


class _Node(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Condition(_Node):
    """A line over one field."""

    node: Literal["field"] = "field"
    field: str = Field(max_length=120)
    operator: Operator
    value: Value = None


class PropertyCondition(_Node):
    """A line over a property of an event. What it compares follows from its value."""

    property: str = Field(max_length=80)
    operator: Operator
    value: Value = None


class EventCondition(_Node):
    """A line over what a person did. within_days: rolling, None for ever."""

    node: Literal["event"] = "event"
    name: str = Field(max_length=80)
    where: tuple[PropertyCondition, ...] = ()
    measure: Measure = Measure.COUNT
    property: str = Field(default="", max_length=80)
    operator: Operator = Operator.AT_LEAST
    amount: int | float = 1
    within_days: int | None = None


class MemberOf(_Node):
    """A line over membership of another segment."""

    node: Literal["member"] = "member"
    segment_id: int


class Group(_Node):
    """Lines and groups taken together. Empty, it asks for nothing: all and none hold, any not."""

    node: Literal["group"] = "group"
    match: Match = Match.ALL
    children: tuple["Node", ...] = ()


Leaf = Condition | EventCondition | MemberOf
Node = Annotated[Condition | EventCondition | MemberOf | Group, Field(discriminator="node")]
Group.model_rebuild()


@dataclass(frozen=True)
class Option:
    """A value to choose from. code: of its name; names: by language, or one for all under ""."""

    value: str
    code: str = ""
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FieldInfo:
    """A field as people and rules know it.

    group: under which heading it stands; code: of its name; names: by language, for fields people
    made. options: all values there are; empty where any is taken. moved_by: names of events after
    which it may be another one; is_silent: no event tells of that, so it is looked at every night.
    is_hidden: for lines that the program adds. is_folded: kept as folded text, and what is looked
    for is folded first.
    """

    key: str
    kind: Kind
    group: str
    code: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    moved_by: frozenset[str] = frozenset()
    is_hidden: bool = False
    is_silent: bool = False
    is_folded: bool = False


@dataclass(frozen=True)
class Frame:
    """When and where a tree is read: days are those of the zone, months those of the calendar."""

    now: datetime
    time_zone: str
    calendar: Calendar


@dataclass(frozen=True)
class Scene:
    """What a tree is read against: the fields there are, and when and where it is read."""

    fields: Mapping[str, FieldInfo]
    frame: Frame


@dataclass(frozen=True)
class Happening:
    """An event of a person. id: later ones are greater."""

    id: int
    name: str
    at: datetime
    properties: Mapping[str, object]


@dataclass(frozen=True)
class Facts:
    """What is known of one person: values by field, what happened, and open memberships."""

    values: Mapping[str, Known] = field(default_factory=dict)
    events: Sequence[Happening] = ()
    segments: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Line:
    """A line of a tree and whether it holds. path: places of children from the root, as in 0.2."""

    path: str
    leaf: Leaf
    holds: bool
    is_wanted: bool


@dataclass(frozen=True)
class Explanation:
    """Whether a tree holds for a person, and how each line went.

    is_wanted of a line is False under a group that asks for none: there it should not hold.
    failing: the lines that keep the person out; changing one of `decisive` alone would let in.
    """

    holds: bool
    lines: tuple[Line, ...]
    failing: tuple[str, ...] = ()
    decisive: tuple[str, ...] = ()


@dataclass(frozen=True)
class IsEmpty:
    """Nothing is known."""


@dataclass(frozen=True)
class OneOf:
    """It is among these."""

    values: frozenset[object]


@dataclass(frozen=True)
class HoldsText:
    """The folded text holds this part, anywhere or at its start."""

    part: str
    at_start: bool = False


@dataclass(frozen=True)
class Between:
    """It lies between the ends that are given."""

    low: int | float | date | datetime | None = None
    high: int | float | date | datetime | None = None
    with_low: bool = True
    with_high: bool = True


@dataclass(frozen=True)
class HasAny:
    """The set shares a value with these."""

    values: frozenset[str]


@dataclass(frozen=True)
class HasAll:
    """The set holds all of these."""

    values: frozenset[str]


Test = IsEmpty | OneOf | HoldsText | Between | HasAny | HasAll
"""One question to one value: what both readings answer. Whatever denies is asked the other way."""


@dataclass(frozen=True)
class Asked:
    """A test, and whether the line holds where the test does or where it does not."""

    test: Test
    is_denied: bool = False
