"""What a line asks, as one plain test that both readings answer alike."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import cast
from zoneinfo import ZoneInfo

from core.errors import Invalid
from core.filters.terms import (
    Asked,
    Between,
    Condition,
    EventCondition,
    FieldInfo,
    Frame,
    HasAll,
    HasAny,
    HoldsText,
    IsEmpty,
    Kind,
    Measure,
    OneOf,
    Operator,
    PropertyCondition,
    Test,
    Value,
)
from core.i18n import calendar as calendars
from core.i18n.terms import Calendar
from core.i18n.text import search_key, stored

Op = Operator
DENIED = {
    Op.IS_NOT: Op.IS,
    Op.CONTAINS_NOT: Op.CONTAINS,
    Op.NONE_OF: Op.ONE_OF,
    Op.FILLED: Op.EMPTY,
    Op.NO: Op.YES,
    Op.HAS_NONE: Op.HAS_ANY,
}
RELATIVE = frozenset(
    {Op.LAST_DAYS, Op.NEXT_DAYS, Op.LONGER_AGO, Op.BIRTHDAY_DAYS, Op.BIRTHDAY_MONTH}
)
_DAY = timedelta(days=1)
_OLDEST = 130
"""Years back to which birthdays are looked for."""


def asked(line: Condition, info: FieldInfo, frame: Frame) -> Asked:
    """Return the test of a line over this field."""
    operator = DENIED.get(line.operator, line.operator)
    is_denied = line.operator in DENIED
    if info.is_folded:
        folded = tuple(search_key(stored(str(one))) for one in several(line.value))
        line = line.model_copy(update={"value": folded or None})
    return Asked(_test(line, operator, kind=info.kind, frame=frame), is_denied)


def property_asked(line: PropertyCondition) -> tuple[Asked, Kind]:
    """Return the test of a line over a property, and whether it is text or a number."""
    operator = DENIED.get(line.operator, line.operator)
    kind = Kind.NUMBER if is_number(line.value) else Kind.TEXT
    test = _number(operator, line.value) if kind is Kind.NUMBER else _text(operator, line.value)
    return Asked(test, line.operator in DENIED), kind


def amount_test(line: EventCondition, frame: Frame) -> Test:
    """Return the test of what is measured of events; of the newest one's moment for its age."""
    if line.measure is not Measure.DAYS_SINCE:
        return _number(line.operator, line.amount)
    moment = frame.now - line.amount * _DAY
    match line.operator:
        case Op.MORE_THAN:
            return Between(high=moment, with_high=False)
        case Op.AT_LEAST:
            return Between(high=moment)
        case Op.LESS_THAN:
            return Between(low=moment, with_low=False)
        case _:
            return Between(low=moment)


def is_number(value: object) -> bool:
    """Return whether a value is a number and no yes or no."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def several(value: Value) -> tuple[object, ...]:
    """Return the values of a line that takes one or many."""
    if isinstance(value, tuple):
        return value
    return () if value is None else (value,)


def _test(line: Condition, operator: Operator, *, kind: Kind, frame: Frame) -> Test:
    value = line.value
    if operator is Op.EMPTY:
        return IsEmpty()
    if kind in {Kind.DATE, Kind.MOMENT, Kind.AGE}:
        return _when(operator, value, kind=kind, frame=frame)
    chosen = frozenset(str(one) for one in several(value))
    match kind:
        case Kind.TEXT:
            return _text(operator, value)
        case Kind.NUMBER:
            return _number(operator, value)
        case Kind.FLAG | Kind.CHOICE:
            return OneOf(frozenset({True}) if kind is Kind.FLAG else chosen)
        case _:
            return HasAll(chosen) if operator is Op.HAS_ALL else HasAny(chosen)


def _when(operator: Operator, value: Value, *, kind: Kind, frame: Frame) -> Test:
    match kind:
        case Kind.AGE:
            return _age(operator, cast("int", value), frame)
        case Kind.DATE:
            return _date(operator, value, frame)
        case _:
            return _moment(operator, value, frame)


def _text(operator: Operator, value: Value) -> Test:
    keys = [search_key(stored(str(one))) for one in several(value)]
    if operator in {Op.CONTAINS, Op.STARTS_WITH}:
        return HoldsText(keys[0], at_start=operator is Op.STARTS_WITH)
    return OneOf(frozenset(keys))


def _number(operator: Operator, value: Value) -> Test:
    number = cast("float", value)
    match operator:
        case Op.MORE_THAN:
            return Between(low=number, with_low=False)
        case Op.LESS_THAN:
            return Between(high=number, with_high=False)
        case Op.AT_LEAST:
            return Between(low=number)
        case Op.AT_MOST:
            return Between(high=number)
        case _:
            return Between(low=number, high=number)


def _age(operator: Operator, years: int, frame: Frame) -> Test:
    """Return between which days of birth the age lies; one gets older on the birthday."""
    today = frame.now.astimezone(ZoneInfo(frame.time_zone)).date()
    youngest = {Op.MORE_THAN: years + 1, Op.AT_LEAST: years, Op.IS: years}.get(operator)
    oldest = {Op.LESS_THAN: years, Op.AT_MOST: years + 1, Op.IS: years + 1}.get(operator)
    return Between(
        low=None if oldest is None else years_before(today, oldest),
        high=None if youngest is None else years_before(today, youngest),
        with_low=False,
    )


def years_before(day: date, years: int) -> date:
    """Return the last day of birth of somebody who is this many years old on the day."""
    year = day.year - years
    if year < 1:
        return date.min
    try:
        return day.replace(year=year)
    except ValueError:  # 29 February
        return date(year, 2, 28)


def _date(operator: Operator, value: Value, frame: Frame) -> Test:
    today = frame.now.astimezone(ZoneInfo(frame.time_zone)).date()
    if operator is Op.BIRTHDAY_MONTH:
        span = calendars.month_bounds(today, frame.calendar)
        return OneOf(birthdays(span.first, (span.last - span.first).days, frame.calendar))
    if isinstance(value, str):
        day = date.fromisoformat(value)
        ends = {Op.BEFORE: Between(high=day, with_high=False),
                Op.AFTER: Between(low=day, with_low=False)}  # fmt: skip
        return ends.get(operator, Between(low=day, high=day))
    count = int(cast("int", value))
    match operator:
        case Op.BIRTHDAY_DAYS:
            return OneOf(birthdays(today, count, frame.calendar))
        case Op.LAST_DAYS:
            return Between(low=_moved(today, -count), high=today)
        case Op.NEXT_DAYS:
            return Between(low=today, high=_moved(today, count))
        case _:
            return Between(high=_moved(today, -count), with_high=False)


def _moved(day: date, count: int) -> date:
    return day + count * _DAY


def _moment(operator: Operator, value: Value, frame: Frame) -> Test:
    if isinstance(value, str):
        day, zone = date.fromisoformat(value), ZoneInfo(frame.time_zone)
        begins, ends = _midnight(day, zone), _midnight(day + _DAY, zone)
        match operator:
            case Op.BEFORE:
                return Between(high=begins, with_high=False)
            case Op.AFTER:
                return Between(low=ends)
            case _:
                return Between(low=begins, high=ends, with_high=False)
    span = int(cast("int", value)) * _DAY
    match operator:
        case Op.LAST_DAYS:
            return Between(low=frame.now - span, high=frame.now)
        case Op.NEXT_DAYS:
            return Between(low=frame.now, high=frame.now + span)
        case _:
            return Between(high=frame.now - span, with_high=False)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


@lru_cache(maxsize=64)
def birthdays(first: date, ahead: int, calendar: Calendar) -> frozenset[object]:
    """Return the days of birth that are celebrated from `first` to so many days ahead.

    Whoever was born on the last day of a leap month celebrates a day earlier in common years.
    """
    found: set[date] = set()
    for place in range(min(ahead, 366) + 1):
        day = first + place * _DAY
        named = calendars.parts(day, calendar)
        for years in range(_OLDEST):
            found.update(_born(day, named.year - years, calendar))
    return frozenset(found)


def _born(day: date, year: int, calendar: Calendar) -> list[date]:
    named = calendars.parts(day, calendar)
    born = []
    for extra in (0, 1):
        try:
            parts = calendars.DayParts(year, named.month, named.day + extra)
            one = calendars.from_parts(parts, calendar)
        except Invalid:
            continue
        if extra == 0 or calendars.anniversary(one, calendar, named.year) == day:
            born.append(one)
    return born
