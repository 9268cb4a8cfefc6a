"""Frequency caps: exact windows over the slots a person has already used. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.contacts.terms import Audience
from core.messages.terms import CapScope, OnCap, WindowKind
from core.templates.terms import MessageClass


@dataclass(frozen=True)
class Slot:
    """A message that counted, or wants to: of which class, for which audience, from where.

    A counted_at in the future is a more pressing message already planned: it will want its slot.
    """

    klass: MessageClass
    audience: Audience
    department_id: int | None = None
    topic_id: int | None = None
    sender_id: int | None = None
    counted_at: datetime | None = None


@dataclass(frozen=True)
class Cap:
    """A cap rule as plain values. scope_id None with a scope counts each one by itself."""

    id: int
    name: str
    counted_classes: frozenset[MessageClass]
    audience: Audience
    limit: int
    window_kind: WindowKind = WindowKind.ROLLING
    window: timedelta = timedelta(days=1)
    scope: CapScope = CapScope.ORGANISATION
    scope_id: int | None = None
    on_cap: OnCap | None = None


@dataclass(frozen=True)
class Full:
    """A cap that leaves no room now, and when its oldest counted slot makes room."""

    cap: Cap
    free_at: datetime
    used_count: int


def applies(cap: Cap, slot: Slot) -> bool:
    """Return whether the cap speaks of this message."""
    if slot.klass not in cap.counted_classes or slot.audience is not cap.audience:
        return False
    return cap.scope_id is None or _scope_value(cap, slot) == cap.scope_id


def full(
    cap: Cap, wanted: Slot, history: Sequence[Slot], *, now: datetime, zone: str
) -> Full | None:
    """Return when this cap has room again, or None when it has room now.

    history: every slot of the person inside the longest window, in any order.
    """
    if not applies(cap, wanted):
        return None
    counted = sorted(_counted(cap, wanted, history, now=now, zone=zone), reverse=True)
    if len(counted) < cap.limit:
        return None
    if cap.window_kind is WindowKind.CALENDAR_DAY:
        return Full(cap, _next_midnight(now, zone), len(counted))
    return Full(cap, counted[cap.limit - 1] + cap.window, len(counted))


def strictest(
    caps: Iterable[Cap], wanted: Slot, history: Sequence[Slot], *, now: datetime, zone: str
) -> Full | None:
    """Return the full cap that makes room last, or None when all have room."""
    found = [full(cap, wanted, history, now=now, zone=zone) for cap in caps]
    return max((one for one in found if one), key=lambda one: one.free_at, default=None)


def _counted(
    cap: Cap, wanted: Slot, history: Sequence[Slot], *, now: datetime, zone: str
) -> list[datetime]:
    since, until = now - cap.window, now + cap.window
    if cap.window_kind is WindowKind.CALENDAR_DAY:
        since = _midnight(now, zone) - timedelta(microseconds=1)
        until = _next_midnight(now, zone)
    return [
        slot.counted_at
        for slot in history
        if slot.counted_at is not None
        and since < slot.counted_at < until
        and applies(cap, slot)
        and _scope_value(cap, slot) == _scope_value(cap, wanted)
    ]


def _scope_value(cap: Cap, slot: Slot) -> int | None:
    match cap.scope:
        case CapScope.ORGANISATION:
            return None
        case CapScope.DEPARTMENT:
            return slot.department_id
        case CapScope.TOPIC:
            return slot.topic_id
        case CapScope.SENDER:
            return slot.sender_id


def _midnight(now: datetime, zone: str) -> datetime:
    local = now.astimezone(ZoneInfo(zone))
    return datetime.combine(local.date(), time(), local.tzinfo).astimezone(now.tzinfo)


def _next_midnight(now: datetime, zone: str) -> datetime:
    local = now.astimezone(ZoneInfo(zone))
    tomorrow = datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo)
    return tomorrow.astimezone(now.tzinfo)
