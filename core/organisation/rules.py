"""Working time: which days and hours an office works, and arithmetic in them.

Moments are aware UTC; local days and hours live inside, with their zone. An hour the clocks leap
over begins at the next minute that exists; of an hour they repeat, the first is meant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, pairwise
from typing import assert_never
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import Invalid
from core.i18n.terms import Word
from core.organisation.terms import HolidayRule

_DAY = timedelta(days=1)
_MIDNIGHT = time(0)
_WEEKDAYS = frozenset(range(7))


@dataclass(frozen=True)
class Span:
    """The moments from `start` on and before `end`."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class WorkingWeek:
    """When an office works: several intervals a day, in order; an end at 00:00 is midnight.

    A weekday without hours, in the weekend or holding a holiday is off. Half a day is a weekday
    with shorter hours. Weekdays are numbered from Monday = 0.
    """

    zone: str
    hours: Mapping[int, tuple[tuple[time, time], ...]]
    weekend: frozenset[int]
    holidays: frozenset[date]

    def __post_init__(self) -> None:
        """Hold only hours that can be kept.

        Raises:
            Invalid: "time_zone.unknown" or a "working_hours.*" code.
        """
        zone_of(self.zone)
        if not _WEEKDAYS.issuperset({*self.hours, *self.weekend}):
            raise Invalid("working_hours.unknown_weekday")
        for weekday, intervals in self.hours.items():
            _check_intervals(weekday, intervals)
        if not any(self.hours[day] for day in self.hours.keys() - self.weekend):
            raise Invalid("working_hours.none")

    def is_working_day(self, day: date) -> bool:
        """Return whether the office works on the day, be it for some hours only."""
        is_off = day.weekday() in self.weekend or day in self.holidays
        return not is_off and bool(self.hours.get(day.weekday()))

    def next_working_moment(self, moment: datetime) -> datetime:
        """Return the moment itself in working time, else the next beginning of it."""
        return max(moment, next(self._spans_after(moment)).start)

    def add_working_time(self, start: datetime, span: timedelta) -> datetime:
        """Return the earliest moment by which so much working time has passed since the start.

        Raises:
            ValueError: The span is negative.
        """
        if span < timedelta(0):
            raise ValueError("working time runs forward only")
        left, moment = span, start
        working = self._spans_after(start)
        while left:
            worked = next(working)
            begin = max(worked.start, start)
            moment = min(begin + left, worked.end)
            left -= moment - begin
        return moment

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time from the start to the end; none where the end is not later."""
        worked = timedelta(0)
        for span in self._spans_after(start):
            if span.start >= end:
                break
            worked += min(span.end, end) - max(span.start, start)
        return worked

    def move_day(self, day: date, rule: HolidayRule) -> date:
        """Return the day, or the nearest working day on the side that the rule names."""
        match rule:
            case HolidayRule.KEEP:
                return day
            case HolidayRule.BEFORE:
                step = -_DAY
            case HolidayRule.AFTER:
                step = _DAY
            case _:
                assert_never(rule)
        while not self.is_working_day(day):
            day += step
        return day

    def _spans_after(self, moment: datetime) -> Iterator[Span]:
        """Yield the stretches of working time that end after the moment, in order, without end."""
        today = moment.astimezone(zone_of(self.zone)).date()
        for ahead in count():
            for span in self._spans_of(today + ahead * _DAY):
                if span.end > moment:
                    yield span

    def _spans_of(self, day: date) -> Iterator[Span]:
        """Yield the stretches of the day; one that the clocks leap over altogether is absent."""
        if not self.is_working_day(day):
            return
        for opens, closes in self.hours[day.weekday()]:
            last_day = day + _DAY if closes == _MIDNIGHT else day
            start = local_moment(day, opens, self.zone)
            end = local_moment(last_day, closes, self.zone)
            if start < end:
                yield Span(start, end)


def local_moment(day: date, at: time, zone: str) -> datetime:
    """Return the moment in UTC at which clocks of the zone show the hour on the day.

    Where they leap over it, the next minute that exists; where they show it twice, the first.

    Raises:
        Invalid: "time_zone.unknown".
    """
    clock = zone_of(zone)
    shown = datetime.combine(day, at, clock)
    moment = shown.astimezone(UTC)
    if moment.astimezone(clock).replace(tzinfo=None) == shown.replace(tzinfo=None):
        return moment
    return _leap(shown.replace(fold=1).astimezone(UTC), moment, clock)


def next_occurrence(moment: datetime, at: time, zone: str) -> datetime:
    """Return the next moment, later than the given one, at which local clocks show the hour.

    Raises:
        Invalid: "time_zone.unknown".
    """
    today = moment.astimezone(zone_of(zone)).date()
    candidates = (local_moment(today + ahead * _DAY, at, zone) for ahead in count())
    return next(candidate for candidate in candidates if candidate > moment)


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone of an IANA name.

    Raises:
        Invalid: "time_zone.unknown".
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid("time_zone.unknown", zone=name) from error


def _leap(before: datetime, after: datetime, clock: ZoneInfo) -> datetime:
    """Return the minute between the two moments at which the clocks of the zone leap forward."""
    offset = after.astimezone(clock).utcoffset()
    low, high = int(before.timestamp()) // 60, -(-int(after.timestamp()) // 60)
    while low + 1 < high:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle * 60, clock).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return datetime.fromtimestamp(high * 60, UTC)


def _check_intervals(weekday: int, intervals: tuple[tuple[time, time], ...]) -> None:
    for opens, closes in intervals:
        if closes <= opens and closes != _MIDNIGHT:
            raise Invalid("working_hours.overnight", weekday=Word(f"format.weekday.{weekday}"))
    for (_, closes), (opens, _) in pairwise(intervals):
        if opens < closes or closes == _MIDNIGHT:
            raise Invalid("working_hours.overlap", weekday=Word(f"format.weekday.{weekday}"))
