"""Jalali and Gregorian dates: days are kept as `datetime.date` and read in either calendar.

Weekdays are numbered as Python does, Monday = 0. The Jalali arithmetic is persiantools'.
"""

import calendar as gregorian
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from persiantools.jdatetime import JalaliDate

from core.errors import Invalid
from core.i18n.catalog import translate
from core.i18n.digits import to_ascii
from core.i18n.terms import Calendar, Figures, Language, Word

_Jalali: Any = JalaliDate  # its functions carry no types

_FIRST_YEAR = {Calendar.JALALI: 1200, Calendar.GREGORIAN: 1800}
_LAST_YEAR = {Calendar.JALALI: 1599, Calendar.GREGORIAN: 2199}
_EXAMPLE = {Calendar.JALALI: Figures("1405/01/13"), Calendar.GREGORIAN: Figures("2026-04-02")}
_LOOKS = {Calendar.JALALI: "date.looks_gregorian", Calendar.GREGORIAN: "date.looks_jalali"}
_FIRST_WEEKDAY = {Language.FA: 5, Language.AR: 5, Language.EN: 0}

_NOISE = re.compile(r"[\u200b-\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]")
_DATE = re.compile(r"(\d{1,4})\s*([/.-])\s*(\d{1,2})\s*\2\s*(\d{1,2})", re.ASCII)
_MONTH_COUNT, _YEAR_LENGTH = 12, 4


@dataclass(frozen=True)
class DayParts:
    """A day as a calendar names it."""

    year: int
    month: int
    day: int


@dataclass(frozen=True)
class DaySpan:
    """The days from `first` to `last`, both included."""

    first: date
    last: date


def parts(day: date, calendar: Calendar) -> DayParts:
    """Return year, month and day of the date in the calendar."""
    if calendar is Calendar.GREGORIAN:
        return DayParts(day.year, day.month, day.day)
    jalali = _Jalali(day)
    return DayParts(jalali.year, jalali.month, jalali.day)


def from_parts(named: DayParts, calendar: Calendar) -> date:
    """Return the date that the calendar names so.

    Raises:
        Invalid: "date.no_such_month", or "date.no_such_day", which names the last day.
    """
    last_day = month_length(named.year, named.month, calendar)
    if not 1 <= named.day <= last_day:
        month = Word(f"format.month.{calendar}.{named.month}")
        year = Figures(named.year)
        raise Invalid("date.no_such_day", day=named.day, month=month, year=year, last_day=last_day)
    if calendar is Calendar.GREGORIAN:
        return date(named.year, named.month, named.day)
    converted: date = _Jalali(named.year, named.month, named.day).to_gregorian()
    return converted


def is_leap(year: int, calendar: Calendar) -> bool:
    """Return whether the year has 366 days."""
    return gregorian.isleap(year) if calendar is Calendar.GREGORIAN else bool(_Jalali.is_leap(year))


def month_length(year: int, month: int, calendar: Calendar) -> int:
    """Return the number of days of the month, which is numbered from 1.

    Raises:
        Invalid: "date.no_such_month".
    """
    if not 1 <= month <= _MONTH_COUNT:
        raise Invalid("date.no_such_month", number=month, year=Figures(year))
    if calendar is Calendar.GREGORIAN:
        return gregorian.monthrange(year, month)[1]
    return int(_Jalali.days_in_month(month, year))


def month_name(month: int, calendar: Calendar, language: Language) -> str:
    """Return the name of the month, numbered from 1, as in «فروردین» or "January"."""
    return translate(language, f"format.month.{calendar}.{month}")


def weekday_name(weekday: int, language: Language) -> str:
    """Return the full name of the weekday."""
    return translate(language, f"format.weekday.{weekday}")


def weekday_short(weekday: int, language: Language) -> str:
    """Return the name of the weekday for the head of a calendar: one letter, in English three."""
    return translate(language, f"format.weekday_short.{weekday}")


def first_weekday(language: Language) -> int:
    """Return the day weeks begin with where no office says otherwise: Saturday or Monday."""
    return _FIRST_WEEKDAY[language]


def week_start(day: date, starts_on: int) -> date:
    """Return the first day of the week the day lies in, for weeks that begin with `starts_on`."""
    return day - timedelta(days=(day.weekday() - starts_on) % 7)


def parse_date(text: str, calendar: Calendar) -> date:
    """Return the day somebody typed as year, month, day in the calendar.

    Any digits, and / - or . between them; the year has four digits.

    Raises:
        Invalid: A "date.*" code that says what is wrong and how to write it.
    """
    example = _EXAMPLE[calendar]
    match = _DATE.fullmatch(to_ascii(_NOISE.sub("", text)).strip())
    if match is None:
        raise Invalid("date.invalid", example=example)
    if len(match[1]) < _YEAR_LENGTH:
        raise Invalid("date.two_digit_year", example=example)
    year = int(match[1])
    if _FIRST_YEAR[calendar.other] <= year <= _LAST_YEAR[calendar.other]:
        raise Invalid(_LOOKS[calendar], example=example)
    first, last = _FIRST_YEAR[calendar], _LAST_YEAR[calendar]
    if not first <= year <= last:
        raise Invalid("date.year_outside", first=Figures(first), last=Figures(last))
    return from_parts(DayParts(year, int(match[3]), int(match[4])), calendar)


def add_months(day: date, month_count: int, calendar: Calendar) -> date:
    """Return the same day that many months later, or the last day of a month that is too short."""
    named = parts(day, calendar)
    years, month = divmod(named.month - 1 + month_count, _MONTH_COUNT)
    return _clamped(DayParts(named.year + years, month + 1, named.day), calendar)


def first_of_month(day: date, calendar: Calendar) -> date:
    """Return the first day of the month the day lies in."""
    return day - timedelta(days=parts(day, calendar).day - 1)


def month_bounds(day: date, calendar: Calendar) -> DaySpan:
    """Return the first and the last day of the month the day lies in."""
    named = parts(day, calendar)
    first = day - timedelta(days=named.day - 1)
    length = month_length(named.year, named.month, calendar)
    return DaySpan(first, first + timedelta(days=length - 1))


def anniversary(day: date, calendar: Calendar, year: int) -> date:
    """Return the day on which the date is celebrated in the year.

    30 Esfand becomes 29 Esfand, and 29 February becomes 28, in years without them.
    """
    named = parts(day, calendar)
    return _clamped(DayParts(year, named.month, named.day), calendar)


def _clamped(named: DayParts, calendar: Calendar) -> date:
    last_day = month_length(named.year, named.month, calendar)
    return from_parts(DayParts(named.year, named.month, min(named.day, last_day)), calendar)
