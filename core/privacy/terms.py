"""Words of privacy: what becomes of a row in an erasure, and what is kept for how long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Fate(StrEnum):
    """What an erasure does to a row about the person."""

    DELETE = "delete"
    BLANK = "blank"
    KEEP = "keep"


@dataclass(frozen=True)
class Handling:
    """What becomes of the rows of one table that are about somebody who is erased.

    keeps: the texts that stay in a blanked row, for they say nothing of who. why: the reason for
    everything that stays.
    """

    fate: Fate
    keeps: frozenset[str] = frozenset()
    why: str = ""


@dataclass(frozen=True)
class PersonCopy:
    """The copy of all that is known of one person, as a ZIP file; row counts by table."""

    file_name: str
    content: bytes
    counts: Mapping[str, int]


class RetentionKind(StrEnum):
    """A kind of data that may be dropped when it is old enough."""

    EVENTS = "events"
    MESSAGES = "messages"
    CAPTURED = "captured"
    SUBMISSIONS = "submissions"
    REFUSED = "refused"
    LEADS = "leads"


class Preset(StrEnum):
    """A law whose usual periods can be taken over as a start."""

    GDPR = "gdpr"
    CCPA = "ccpa"
    CASL = "casl"
    IRAN = "iran"


@dataclass(frozen=True)
class Period:
    """How long a kind of data is kept, and whether that is carried out."""

    kind: RetentionKind
    days: int
    is_enabled: bool
    version: int = 0


class Wish(StrEnum):
    """What a person may ask for by a link of their own."""

    COPY = "copy"
    ERASURE = "erasure"


class RequestState(StrEnum):
    """Where a request stands. ASKED: the mail with its link is out. WAITING: for a colleague."""

    ASKED = "asked"
    WAITING = "waiting"
    DONE = "done"
    DECLINED = "declined"
    LAPSED = "lapsed"


@dataclass(frozen=True, kw_only=True)
class RequestLine:
    """A request as the page lists it. person: public id, "" where nobody may see who it is.

    is_late: it waits, and its last day is over.
    """

    id: int
    reference: str
    wish: Wish
    state: RequestState
    asked_at: datetime
    due_at: datetime
    settled_at: datetime | None
    is_late: bool
    by_name: str
    person: str
    name: str


@dataclass(frozen=True)
class ErasureLine:
    """That somebody was erased, as the page tells it."""

    reference: str
    erased_at: datetime
    by_name: str
    row_count: int
