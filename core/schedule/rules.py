"""When a schedule fires, and what becomes of the fires nobody was there for.

Wall-clock rules are kept and the moment is worked out anew each time, so that a changed time zone
table corrects itself. An hour the clocks leap over fires that much later; of an hour they repeat,
the first counts.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, takewhile
from typing import assert_never
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from core.errors import Invalid
from core.i18n.calendar import add_months, first_of_month, month_bounds
from core.schedule.terms import Cron, Daily, Misfire, Monthly, Plan, Repeat, Weekly

GRACE = timedelta(minutes=5)
"""A fire seen within this time is on time, whatever the rule for missed ones says."""

MOST_RUNS = 50
MOST_KEPT = 500
_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


def next_fire(repeat: Repeat, zone: str, *, after: datetime) -> datetime | None:
    """Return the first fire later than `after`, in UTC; None when there is none any more.

    Raises:
        Invalid: "time_zone.unknown" or "schedule.bad_cron".
    """
    return next(_fires(repeat, _zone(zone), after), None)


def plan(repeat: Repeat, zone: str, misfire: Misfire, *, due_at: datetime, now: datetime) -> Plan:
    """Return what to do at `now` about a schedule that has been due since `due_at`.

    At most the newest 500 fires are spoken of, and at most 50 of them are run.

    Raises:
        Invalid: "time_zone.unknown" or "schedule.bad_cron".
    """
    found = _latest(repeat, _zone(zone), since=due_at, now=now)
    run_count = _run_count(found, misfire, now)
    split = len(found) - run_count
    following = next_fire(repeat, zone, after=now)
    return Plan(tuple(found[split:]), tuple(found[:split]), following)


def _run_count(found: list[datetime], misfire: Misfire, now: datetime) -> int:
    on_time = sum(now - fire <= GRACE for fire in found)
    match misfire:
        case Misfire.ONCE:
            return min(1, len(found))
        case Misfire.SKIP:
            return min(1, on_time)
        case Misfire.ALL:
            return min(MOST_RUNS, len(found))
        case _:
            assert_never(misfire)


def _latest(repeat: Repeat, zone: ZoneInfo, *, since: datetime, now: datetime) -> list[datetime]:
    """Return the newest fires from `since` to `now`, in order, looking back no further than needed.

    A minute-by-minute rule after a year's pause would otherwise be walked half a million steps.
    """
    window = _DAY
    while True:
        start = max(since, now - window)
        fires = _fires(repeat, zone, start - _INSTANT)
        found = list(takewhile(lambda fire: fire <= now, fires))
        if start == since or len(found) >= MOST_KEPT:
            return found[-MOST_KEPT:]
        window *= 4


def _fires(repeat: Repeat, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Yield the fires later than `after`, in order."""
    if isinstance(repeat, Cron):
        yield from _cron_fires(repeat, zone, after)
        return
    first_day = after.astimezone(zone).date() - _DAY
    moments = (_moment(day, repeat.at, zone) for day in _days(repeat, first_day))
    yield from (moment for moment in moments if moment > after)


def _days(repeat: Daily | Weekly | Monthly, first: date) -> Iterator[date]:
    match repeat:
        case Daily():
            return (first + ahead * _DAY for ahead in count())
        case Weekly():
            every = (first + ahead * _DAY for ahead in count())
            return (day for day in every if day.weekday() in repeat.days)
        case Monthly():
            return _month_days(repeat, first)
        case _:
            assert_never(repeat)


def _month_days(repeat: Monthly, first: date) -> Iterator[date]:
    start = first_of_month(first, repeat.calendar)
    for ahead in count():
        month = month_bounds(add_months(start, ahead, repeat.calendar), repeat.calendar)
        if repeat.day == "last":
            yield month.last
        else:
            yield min(month.first + (repeat.day - 1) * _DAY, month.last)


def _cron_fires(repeat: Cron, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    try:
        local = CronSim(repeat.text, after.astimezone(zone))
    except CronSimError as error:
        raise Invalid("schedule.bad_cron", field="text", text=repeat.text) from error
    yield from (moment.astimezone(UTC) for moment in local)


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid("time_zone.unknown", zone=name) from error
