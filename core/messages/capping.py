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


@dataclass(frozen=True)
class Window:
    """The time in which a cap counts slots beside one wanted message; both ends lie outside."""

    cap: Cap
    wanted: Slot
    since: datetime
    until: datetime

    def counts(self, slot: Slot) -> bool:
        """Return whether the slot speaks against the wanted message."""
        return (
            slot.counted_at is not None
            and self.since < slot.counted_at < self.until
            and applies(self.cap, slot)
            and scope_value(self.cap, slot) == scope_value(self.cap, self.wanted)
        )

    def full(self, history: Iterable[Slot]) -> Full | None:
        """Return when there is room again, or None when there is room now."""
        moments = [slot.counted_at for slot in history if self.counts(slot) and slot.counted_at]
        if len(moments) < self.cap.limit:
            return None
        if self.cap.window_kind is WindowKind.CALENDAR_DAY:
            return Full(self.cap, self.until, len(moments))
        kth_newest = sorted(moments, reverse=True)[self.cap.limit - 1]
        return Full(self.cap, kth_newest + self.cap.window, len(moments))


def window(cap: Cap, wanted: Slot, *, now: datetime, zone: str) -> Window:
    """Return the window of the cap around now: so long on both sides, or the local day."""
    if cap.window_kind is WindowKind.CALENDAR_DAY:
        just_before = _midnight(now, zone) - timedelta(microseconds=1)
        return Window(cap, wanted, just_before, _midnight(now, zone, days_on=1))
    return Window(cap, wanted, now - cap.window, now + cap.window)


def applies(cap: Cap, slot: Slot) -> bool:
    """Return whether the cap speaks of this message."""
    if slot.klass not in cap.counted_classes or slot.audience is not cap.audience:
        return False
    return cap.scope_id is None or scope_value(cap, slot) == cap.scope_id


def scope_value(cap: Cap, slot: Slot) -> int | None:
    """Return the department, topic or sender by which the cap counts; None where it counts all."""
    match cap.scope:
        case CapScope.ORGANISATION:
            return None
        case CapScope.DEPARTMENT:
            return slot.department_id
        case CapScope.TOPIC:
            return slot.topic_id
        case CapScope.SENDER:
            return slot.sender_id


def full(
    cap: Cap, wanted: Slot, history: Sequence[Slot], *, now: datetime, zone: str
) -> Full | None:
    """Return when this cap has room again, or None when it has room now.

    history: every slot of the person inside the longest window, in any order.
    """
    if not applies(cap, wanted):
        return None
    return window(cap, wanted, now=now, zone=zone).full(history)


def strictest(
    caps: Iterable[Cap], wanted: Slot, history: Sequence[Slot], *, now: datetime, zone: str
) -> Full | None:
    """Return the full cap that makes room last, or None when all have room."""
    found = [full(cap, wanted, history, now=now, zone=zone) for cap in caps]
    return max((one for one in found if one), key=lambda one: one.free_at, default=None)


def _midnight(now: datetime, zone: str, *, days_on: int = 0) -> datetime:
    local = now.astimezone(ZoneInfo(zone))
    day = local.date() + timedelta(days=days_on)
    return datetime.combine(day, time(), local.tzinfo).astimezone(now.tzinfo)
