"""Checks of what people type about caps and quiet hours. Pure; every refusal names its field."""

from dataclasses import dataclass
from datetime import time, timedelta

from core.contacts.terms import Audience
from core.errors import Invalid
from core.i18n.text import search_key, stored_line
from core.messages.terms import (
    CAPPED_CLASSES,
    CapScope,
    DayRule,
    MessageClass,
    OnCap,
    WindowKind,
)

NAME_LIMIT = 120
MOST = 1000
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=30)
"""Slots are remembered for as long as the longest window."""
DAY_S = 86_400


@dataclass(frozen=True, kw_only=True)
class CapInput:
    """A cap as its form sends it. on_cap None: each message's own choice.

    scope_id None with a scope other than the organisation: each one is counted by itself.
    """

    name: str
    audience: Audience
    counted_classes: frozenset[MessageClass]
    limit: int
    window_kind: WindowKind = WindowKind.ROLLING
    window: timedelta = timedelta(days=1)
    scope: CapScope = CapScope.ORGANISATION
    scope_id: int | None = None
    on_cap: OnCap | None = None


@dataclass(frozen=True, kw_only=True)
class QuietInput:
    """Quiet hours as their form sends them, in the person's zone. No hours: only the day rules."""

    audience: Audience
    department_id: int | None = None
    starts: time | None = None
    ends: time | None = None
    weekend: DayRule = DayRule.SEND
    holiday: DayRule = DayRule.SEND


def checked_cap(given: CapInput) -> dict[str, object]:
    """Return the columns of a cap that can be kept; raises Invalid `cap.*` at the field."""
    if not given.counted_classes or not given.counted_classes <= set(CAPPED_CLASSES):
        raise Invalid("cap.bad_classes", field="counted_classes")
    if not 1 <= given.limit <= MOST:
        raise Invalid("cap.bad_limit", field="limit", limit=MOST)
    if given.scope is CapScope.ORGANISATION and given.scope_id is not None:
        raise Invalid("cap.scope_without_choice", field="scope_id")
    return {
        "name": _checked_name(given.name),
        "audience": given.audience,
        "counted_classes": sorted(one.value for one in given.counted_classes),
        "limit": given.limit,
        "window_kind": given.window_kind,
        "window_s": _checked_window(given),
        "scope": given.scope,
        "scope_id": given.scope_id,
        "on_cap": given.on_cap,
    }


def checked_quiet(given: QuietInput) -> dict[str, object]:
    """Return the columns of quiet hours; raises Invalid `quiet.*` at the field."""
    if (given.starts is None) is not (given.ends is None):
        raise Invalid("quiet.half", field="ends" if given.ends is None else "starts")
    if given.starts is not None and given.starts == given.ends:
        raise Invalid("quiet.same_hours", field="ends")
    return {
        "audience": given.audience,
        "department_id": given.department_id,
        "starts": given.starts,
        "ends": given.ends,
        "weekend": given.weekend,
        "holiday": given.holiday,
    }


def _checked_name(text: str) -> str:
    name = stored_line(text)
    if not search_key(name):
        raise Invalid("cap.name_missing", field="name")
    if len(name) > NAME_LIMIT:
        raise Invalid("cap.name_long", field="name", limit=NAME_LIMIT)
    return name


def _checked_window(given: CapInput) -> int:
    if given.window_kind is WindowKind.CALENDAR_DAY:
        return DAY_S
    if not SHORTEST <= given.window <= LONGEST:
        raise Invalid("cap.bad_window", field="window", limit=LONGEST.days)
    return int(given.window.total_seconds())
