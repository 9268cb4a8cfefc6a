"""What an erasure does to each table, and the periods that laws suggest. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from core.errors import Invalid
from core.privacy.terms import Fate, Handling, Period, Preset, RetentionKind

FEWEST_DAYS, MOST_DAYS = 7, 3660
_DELETE = Handling(Fate.DELETE)
_DELETED = (
    "address", "alert_notice", "alert_recipient", "change_row", "consent_event",
    "contact_identity", "contact_tag", "employee", "episode_notice", "exclusion", "hold",
    "login_session", "membership", "note", "onboarding_item", "one_time_link", "preference",
    "reaction", "recovery_code", "segment_member", "send_ledger", "submission", "subscription",
    "suppression", "task", "user_preference",
)  # fmt: skip
HANDLING: Mapping[str, Handling] = MappingProxyType({
    **dict.fromkeys(_DELETED, _DELETE),
    "contact": Handling(
        Fate.BLANK, frozenset({"public_id"}),
        why="an empty shell, so that numbers in sealed rows do not come to mean somebody else",
    ),
    "user": Handling(Fate.BLANK, why="what this account did stays done by one and the same"),
    "message": Handling(
        Fate.BLANK, frozenset({"public_id", "subject_type", "batch"}),
        why="that a mail was sent, to nobody in particular",
    ),
    "decision": Handling(Fate.BLANK, why="belongs to the mail"),
    "delivery": Handling(Fate.BLANK, frozenset({"kind", "stage"}), why="belongs to the mail"),
    "event": Handling(
        Fate.BLANK, frozenset({"name", "subject_type", "source", "batch"}),
        why="that something happened, with nobody in particular",
    ),
    "order": Handling(
        Fate.BLANK, frozenset({"source", "reference", "country", "currency"}),
        why="books must be kept; they name the order, no longer the person",
    ),
    "order_line": Handling(Fate.KEEP, why="goods and prices of that order"),
    "episode": Handling(
        Fate.BLANK, frozenset({"batch", "closed_batch"}),
        why="about stock; only who acknowledged it is taken out",
    ),
    "privacy_request": Handling(
        Fate.BLANK, frozenset({"reference", "by_name"}),
        why="that somebody asked, and that it was done in time",
    ),
    "audit_entry": Handling(
        Fate.KEEP, why="append-only; its personal values are unreadable without the person's key"
    ),
    "audit_key": Handling(Fate.KEEP, why="emptied: the key is destroyed"),
})  # fmt: skip
"""Every table with a contact key, and those one step further; a new one must be entered here."""

HIDDEN = frozenset({"password_hash", "totp_sealed", "sealed", "hash", "session_hash", "seal",
                    "signature", "lease_owner"})  # fmt: skip
"""Columns that a person's copy leaves out: secrets, and marks that say nothing of the person."""

USUAL: Mapping[RetentionKind, int] = MappingProxyType({
    RetentionKind.EVENTS: 730,
    RetentionKind.MESSAGES: 365,
    RetentionKind.CAPTURED: 30,
    RetentionKind.SUBMISSIONS: 365,
    RetentionKind.REFUSED: 90,
    RetentionKind.LEADS: 730,
})  # fmt: skip
_K = RetentionKind
PRESETS: Mapping[Preset, Mapping[RetentionKind, int]] = MappingProxyType({
    Preset.GDPR: {_K.EVENTS: 730, _K.MESSAGES: 365, _K.CAPTURED: 30, _K.SUBMISSIONS: 365,
                  _K.REFUSED: 30, _K.LEADS: 730},
    Preset.CCPA: {_K.EVENTS: 730, _K.MESSAGES: 730, _K.CAPTURED: 30, _K.SUBMISSIONS: 730,
                  _K.REFUSED: 90, _K.LEADS: 730},
    Preset.CASL: {_K.EVENTS: 1095, _K.MESSAGES: 1095, _K.CAPTURED: 30, _K.SUBMISSIONS: 1095,
                  _K.REFUSED: 90, _K.LEADS: 730},
    Preset.IRAN: {_K.EVENTS: 1095, _K.MESSAGES: 730, _K.CAPTURED: 30, _K.SUBMISSIONS: 730,
                  _K.REFUSED: 90, _K.LEADS: 1095},
})  # fmt: skip
"""Periods in days to start from. None of these laws names them: they ask for no longer than
needed, and everybody may set their own."""

HOUSE: Mapping[Preset, Mapping[str, object]] = MappingProxyType({
    Preset.GDPR: {"asks_twice": True, "answer_days": 30},
    Preset.CCPA: {"asks_twice": False, "answer_days": 45},
    Preset.CASL: {"asks_twice": True, "answer_days": 30},
    Preset.IRAN: {"asks_twice": False, "answer_days": 30},
})  # fmt: skip
"""How each law has people asked, and answered: GDPR 12(3) gives a month, CCPA 45 days, PIPEDA 30
days. A second yes by mail is no law's word, but the proof that GDPR and CASL leave to us."""


def checked_days(days: int | None) -> int:
    """Return the period; raises Invalid `privacy.days` outside of a week and ten years."""
    if days is None or not FEWEST_DAYS <= days <= MOST_DAYS:
        raise Invalid("privacy.days", field="days", least=FEWEST_DAYS, most=MOST_DAYS)
    return days


def periods(known: Mapping[RetentionKind, Period]) -> list[Period]:
    """Return a period for every kind: as it is set, else the usual one, which is off."""
    return [known.get(kind) or Period(kind, days, is_enabled=False) for kind, days in USUAL.items()]
