"""Words of consent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TopicRule(StrEnum):
    """Who gets a topic: those who joined it, or everybody who has not left it."""

    OPT_IN = "opt_in"
    OPT_OUT = "opt_out"


class ConsentState(StrEnum):
    """Where a person stands with a topic."""

    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"


class TopicClass(StrEnum):
    """Which class of message a topic carries; the same words as the class of a message."""

    SERVICE = "service"
    RELATIONSHIP = "relationship"
    PROMOTIONAL = "promotional"


class SuppressionReason(StrEnum):
    """Why an address or person is not written to."""

    UNSUBSCRIBED = "unsub"
    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    MANUAL = "manual"
    INACTIVE = "inactive"
    ERASED = "erased"


@dataclass(frozen=True, kw_only=True)
class ConsentStep:
    """A step of one person's consent to one topic, to be noted.

    source: where it came from, such as `form:fld_…`, `import:12`, `preferences`. basis: the lawful
    ground somebody stated. text_version: the words that were agreed to.
    """

    contact_id: int
    topic_id: int
    state: ConsentState
    source: str
    at: datetime
    basis: str = ""
    text_version: int | None = None
    ip: str | None = None
    actor: str = ""
    change_set_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class TopicInput:
    """A topic as its form sends it; names and promises by language."""

    names: Mapping[str, str]
    promises: Mapping[str, str]
    klass: TopicClass = TopicClass.PROMOTIONAL
    rule: TopicRule = TopicRule.OPT_IN
    department_id: int | None = None
    is_visible: bool = True
    is_public: bool = False
    is_double: bool = True


@dataclass(frozen=True, kw_only=True)
class LedgerLine:
    """A step of a person's consent as it is told to a reader.

    text: the words that held at the time, by language. is_sound: the seal fits what stands here.
    """

    topic: Mapping[str, str]
    state: ConsentState
    at: datetime
    source: str
    basis: str
    text_version: str
    text: Mapping[str, str]
    ip: str | None
    actor: str
    is_sound: bool


@dataclass(frozen=True)
class Broken:
    """A row of the consent ledger that does not fit; event_id None: rows are gone at the end."""

    contact_id: int
    event_id: int | None


@dataclass(frozen=True)
class LedgerReport:
    """The answer of a verification of the consent ledger."""

    row_count: int
    broken: tuple[Broken, ...]

    @property
    def is_sound(self) -> bool:
        """True when every row is as it was written and none is missing."""
        return not self.broken


class ThrowawayRule(StrEnum):
    """What becomes of somebody who comes with a throwaway mailbox."""

    REFUSE = "refuse"
    HOLD = "hold"
    TAKE = "take"


class DomainVerdict(StrEnum):
    """What the lists say of whoever comes with a mail domain; the last three are refusals."""

    TAKE = "take"
    HOLD = "hold"
    BLOCKED = "blocked"
    UNLISTED = "unlisted"
    THROWAWAY = "throwaway"

    @property
    def is_refusal(self) -> bool:
        """True where nobody is taken in from there."""
        return self not in {DomainVerdict.TAKE, DomainVerdict.HOLD}


@dataclass(frozen=True)
class DomainLists:
    """Whom the house takes in by mail domain. takes_only_allowed: nobody from any other domain."""

    allowed: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()
    throwaway: ThrowawayRule = ThrowawayRule.REFUSE
    takes_only_allowed: bool = False


@dataclass(frozen=True, kw_only=True)
class HouseRules:
    """How people are taken in and let go.

    takes_only_allowed: from the allowed domains alone. asks_twice: whoever signs up confirms by
    mail, whatever the topic says. erasure_waits: an erasure that somebody asks for by a link waits
    for a colleague. answer_days: how long the answer to such a request may take.
    """

    throwaway: ThrowawayRule = ThrowawayRule.REFUSE
    takes_only_allowed: bool = False
    asks_twice: bool = False
    erasure_waits: bool = False
    answer_days: int = 30
    version: int = 0


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What a person asks of us for all mail: a pause, and at most so many in a period."""

    paused_from: datetime | None = None
    paused_until: datetime | None = None
    at_most: int | None = None
    window_s: int | None = None
