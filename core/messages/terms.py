"""Words of the way out: states, lanes, reasons, verdicts and what a check saw."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.contacts.terms import Audience
from core.templates.terms import MessageClass


class MessageStatus(StrEnum):
    """The life of a message."""

    QUEUED = "queued"
    LEASED = "leased"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    FAILED = "failed"
    DROPPED = "dropped"
    DIGESTED = "digested"
    CANCELLED = "cancelled"
    IN_DOUBT = "in_doubt"


class Lane(StrEnum):
    """A queue of one urgency."""

    URGENT = "urgent"
    NORMAL = "normal"
    BULK = "bulk"


class Reason(StrEnum):
    """Why a message was sent, held or dropped (the catalogue's list)."""

    SENT = "sent"
    NO_CONSENT = "no_consent"
    SUPPRESSED = "suppressed"
    INVALID_ADDRESS = "invalid_address"
    DUPLICATE = "duplicate"
    HOLDOUT = "holdout"
    EXCLUDED_SEGMENT = "excluded_segment"
    OPEN_TICKET_HOLD = "open_ticket_hold"
    CAPPED = "capped"
    QUIET_HOURS = "quiet_hours"
    HOLIDAY = "holiday"
    EXPIRED = "expired"
    JOURNEY_EXITED = "journey_exited"
    PAUSED = "paused"
    OWN_PAUSE = "own_pause"
    OWN_LIMIT = "own_limit"
    NOT_APPROVED = "not_approved"
    MISSING_DATA = "missing_data"
    RENDER_ERROR = "render_error"
    SMTP_TEMP = "smtp_temp"
    SMTP_PERM = "smtp_perm"
    RATE_LIMITED = "rate_limited"
    WRONG_AUDIENCE = "wrong_audience"
    RECALL = "recall"
    RECALLED = "recalled"
    IN_DOUBT = "in_doubt"


class OnCap(StrEnum):
    """What becomes of a message that a cap stops."""

    DEFER = "defer"
    DIGEST = "digest"
    SKIP = "skip"
    DROP = "drop"


class CapScope(StrEnum):
    """Among which messages a cap counts."""

    ORGANISATION = "organisation"
    DEPARTMENT = "department"
    TOPIC = "topic"
    SENDER = "sender"


class WindowKind(StrEnum):
    """A window exact to the second, or the person's calendar day."""

    ROLLING = "rolling"
    CALENDAR_DAY = "calendar_day"


class DayRule(StrEnum):
    """What a weekend or holiday does to a message of this audience."""

    SEND = "send"
    WAIT = "wait"


class HoldKind(StrEnum):
    """Why somebody stopped messages to a person or of a campaign."""

    OPEN_TICKET = "open_ticket"
    NOT_APPROVED = "not_approved"
    PAUSED = "paused"
    JOURNEY_EXITED = "journey_exited"


class Outcome(StrEnum):
    """What admission decided."""

    SEND = "send"
    POSTPONE = "postpone"
    DIGEST = "digest"
    DROP = "drop"


@dataclass(frozen=True, kw_only=True)
class MessageRequest:
    """What a department asks of the way out.

    Exactly one of template_key (a shipped or named template, its newest version) and
    template_version_id is given. values: plain str, int, float, bool, None, lists and dicts of
    them; moments and dates as ISO text. dedup_key: built from ids and ISO dates; the same key
    again returns the message that exists. klass overrides the template's class upward only for
    alerts of severity critical. due_at None means now. transport_id: leave by this transport even
    while the capture mailbox is in use; for the one mail that tries it.
    """

    contact_id: int
    dedup_key: str
    template_key: str | None = None
    template_version_id: int | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    department_id: int | None = None
    sender_id: int | None = None
    transport_id: int | None = None
    lane: Lane = Lane.NORMAL
    priority: int = 5
    klass: MessageClass | None = None
    on_cap: OnCap | None = None
    due_at: datetime | None = None
    expires_at: datetime | None = None
    subject_type: str | None = None
    subject_id: int | None = None
    batch: str | None = None
    is_manual: bool = False


@dataclass(frozen=True)
class Check:
    """One line of the checklist: what was looked at, the values seen, and how it went.

    `passed` None means that the check was not reached or does not apply.
    """

    name: str
    passed: bool | None
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What admission decided, why, until when, and every check up to that point."""

    outcome: Outcome
    reason: Reason
    detail: str = ""
    until: datetime | None = None
    checks: tuple[Check, ...] = ()
    cap_rule_id: int | None = None


CAPPED_CLASSES = (MessageClass.RELATIONSHIP, MessageClass.PROMOTIONAL)
OPEN_STATUSES = (MessageStatus.QUEUED, MessageStatus.LEASED, MessageStatus.SENDING)
"""A message in one of these may still leave."""

__all__ = [
    "CAPPED_CLASSES",
    "OPEN_STATUSES",
    "Audience",
    "CapScope",
    "Check",
    "DayRule",
    "HoldKind",
    "Lane",
    "MessageClass",
    "MessageRequest",
    "MessageStatus",
    "OnCap",
    "Outcome",
    "Reason",
    "Verdict",
    "WindowKind",
]
