"""Words of consent."""

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


class SuppressionReason(StrEnum):
    """Why an address or person is not written to."""

    UNSUBSCRIBED = "unsub"
    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    MANUAL = "manual"
    INACTIVE = "inactive"
    ERASED = "erased"
