"""Words of segments."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from core.contacts.terms import Audience, ContactKind
from core.filters.terms import Explanation, Group


class SegmentKind(StrEnum):
    """How membership comes about: kept up by events, by hand, or frozen at one moment."""

    DYNAMIC = "dynamic"
    STATIC = "static"
    SNAPSHOT = "snapshot"


class SegmentState(StrEnum):
    """Whether the membership of a segment is what its conditions say."""

    DUE = "due"
    READY = "ready"
    FAILED = "failed"


ENTERED, LEFT = "segment.entered", "segment.left"
SUBJECT = "segment"


def _nothing() -> dict[str, object]:
    return {"node": "group", "match": "all", "children": []}


class SegmentDraft(BaseModel):
    """What somebody fills in about a segment. tree: the filter tree as data."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    description: str = ""
    kind: SegmentKind = SegmentKind.DYNAMIC
    audience: Audience = Audience.EXTERNAL
    tree: dict[str, object] = Field(default_factory=_nothing)
    excludes: tuple[int, ...] = ()
    department_id: int | None = None


class PersonaDraft(BaseModel):
    """What somebody fills in about a persona."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    goals: str = ""
    pains: str = ""
    motives: str = ""
    channel: str = "email"
    segment_id: int | None = None
    template_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Person:
    """Somebody as lists of segments show them."""

    id: int
    public_id: str
    name: str
    kind: ContactKind
    city: str


@dataclass(frozen=True)
class Preview:
    """How many people a tree finds, and the first of them."""

    count: int
    people: tuple[Person, ...]


@dataclass(frozen=True)
class Stay:
    """A stay in a segment. id: its place in the list."""

    id: int
    person: Person
    entered_at: datetime
    left_at: datetime | None


@dataclass(frozen=True)
class Near:
    """Somebody who is out by one line alone."""

    person: Person
    path: str


@dataclass(frozen=True)
class Why:
    """Why somebody is in a segment or not, as the rules see it and as it is kept."""

    person: Person
    tree: Group
    explanation: Explanation
    is_member: bool
    stays: tuple[Stay, ...]


@dataclass(frozen=True)
class Shift:
    """Who came and who went."""

    entered: tuple[int, ...] = ()
    left: tuple[int, ...] = ()
