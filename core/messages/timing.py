"""When a message may go: quiet hours, weekends and holidays in the person's own time. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.messages.terms import DayRule, Reason

LONGEST_WAIT = timedelta(days=60)


@dataclass(frozen=True)
class QuietHours:
    """The rule of one audience. Overnight windows (21:00 to 08:00) are as good as any.

    weekend: weekdays, Monday is 0. holidays: local dates.
    """

    starts: time | None = None
    ends: time | None = None
    weekend_rule: DayRule = DayRule.SEND
    holiday_rule: DayRule = DayRule.SEND
    weekend: Collection[int] = ()
    holidays: Collection[date] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Wait:
    """Why and until when a message waits."""

    reason: Reason
    until: datetime


def wait_of(rule: QuietHours, moment: datetime, zone: str) -> Wait | None:
    """Return the first moment that is allowed and what forbids this one, or None when it is free.

    moment and the result are aware UTC; a clock change in between is honoured, because each
    step is taken in local time and turned back.
    """
    local = moment.astimezone(ZoneInfo(zone))
    reason = _closed(rule, local)
    if reason is None:
        return None
    limit = local + LONGEST_WAIT
    while _closed(rule, local) is not None and local < limit:
        local = _next_edge(rule, local)
    return Wait(reason, local.astimezone(moment.tzinfo))


def _closed(rule: QuietHours, local: datetime) -> Reason | None:
    if rule.holiday_rule is DayRule.WAIT and local.date() in rule.holidays:
        return Reason.HOLIDAY
    if rule.weekend_rule is DayRule.WAIT and local.weekday() in rule.weekend:
        return Reason.HOLIDAY
    return Reason.QUIET_HOURS if _is_quiet(rule, local.time()) else None


def _is_quiet(rule: QuietHours, at: time) -> bool:
    if rule.starts is None or rule.ends is None or rule.starts == rule.ends:
        return False
    if rule.starts < rule.ends:
        return rule.starts <= at < rule.ends
    return at >= rule.starts or at < rule.ends


def _next_edge(rule: QuietHours, local: datetime) -> datetime:
    """Return the next local moment at which the answer can change: an end of quiet, or midnight."""
    midnight = datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo)
    if rule.ends is None or not _is_quiet(rule, local.time()):
        return midnight
    end = datetime.combine(local.date(), rule.ends, local.tzinfo)
    return end if end > local else midnight
