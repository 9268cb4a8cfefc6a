"""Jalali and Gregorian days: conversion, typed dates, months, anniversaries, weeks."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.i18n import calendar
from core.i18n.calendar import DayParts, DaySpan
from core.i18n.catalog import translate
from core.i18n.terms import Calendar, Figures, Language, Word

J, G = Calendar
FA, AR, EN = Language
JALALI_YEARS = st.integers(1390, 1420)
NOWRUZ_1390, END_OF_1420 = date(2011, 3, 21), date(2042, 3, 20)
LEAP_YEARS = {1391, 1395, 1399, 1403, 1408, 1412, 1416, 1420}


def jalali(year: int, month: int, day: int) -> date:
    return calendar.from_parts(DayParts(year, month, day), J)


@pytest.mark.spec("N04")
@given(st.dates(NOWRUZ_1390, END_OF_1420), st.sampled_from(Calendar))
def test_every_day_survives_the_way_there_and_back(day: date, kind: Calendar) -> None:
    assert calendar.from_parts(calendar.parts(day, kind), kind) == day


@pytest.mark.spec("N04")
def test_the_days_of_1390_to_1420_follow_each_other_without_gap() -> None:
    day = NOWRUZ_1390
    for year in range(1390, 1421):
        for month in range(1, 13):
            for number in range(1, calendar.month_length(year, month, J) + 1):
                assert calendar.parts(day, J) == DayParts(year, month, number)
                day += timedelta(days=1)
    assert day == END_OF_1420 + timedelta(days=1)


@pytest.mark.spec("N04")
def test_the_leap_years_are_those_of_the_official_calendar() -> None:
    assert {year for year in range(1390, 1421) if calendar.is_leap(year, J)} == LEAP_YEARS
    assert [calendar.month_length(year, 12, J) for year in (1403, 1404)] == [30, 29]
    assert calendar.is_leap(2024, G)
    assert not calendar.is_leap(2026, G)


@pytest.mark.parametrize(
    ("named", "gregorian"),
    [
        ((1390, 1, 1), date(2011, 3, 21)),
        ((1399, 12, 30), date(2021, 3, 20)),
        ((1400, 1, 1), date(2021, 3, 21)),
        ((1403, 12, 30), date(2025, 3, 20)),
        ((1404, 1, 1), date(2025, 3, 21)),
        ((1405, 1, 13), date(2026, 4, 2)),
        ((1408, 12, 30), date(2030, 3, 20)),
        ((1357, 11, 22), date(1979, 2, 11)),
    ],
)
def test_known_days_agree(named: tuple[int, int, int], gregorian: date) -> None:
    assert jalali(*named) == gregorian


@pytest.mark.spec("N04")
@pytest.mark.parametrize(
    ("typed", "kind", "day"),
    [
        ("1405/1/13", J, date(2026, 4, 2)),
        ("۱۴۰۵/۰۱/۱۳", J, date(2026, 4, 2)),
        ("١٤٠٥-٠١-١٣", J, date(2026, 4, 2)),
        (" ۱۴۰5.1.۱۳ ", J, date(2026, 4, 2)),
        ("1405 / 1 / 13", J, date(2026, 4, 2)),
        ("\u200f۱۴۰۳/۱۲/۳۰\u200e", J, date(2025, 3, 20)),
        ("2026-04-02", G, date(2026, 4, 2)),
        ("۲۰۲۶/۴/۲", G, date(2026, 4, 2)),
        ("2024.02.29", G, date(2024, 2, 29)),
    ],
)
def test_a_date_is_read_in_any_digits_and_separators(typed: str, kind: Calendar, day: date) -> None:
    assert calendar.parse_date(typed, kind) == day


@pytest.mark.parametrize(
    ("typed", "kind", "code"),
    [
        ("", J, "date.invalid"),
        ("فردا", J, "date.invalid"),
        ("1405/1", J, "date.invalid"),
        ("1405/1-13", J, "date.invalid"),
        ("13/01/1405", J, "date.invalid"),
        ("14050113", J, "date.invalid"),
        ("1405/1/13 10:00", J, "date.invalid"),
        ("05/1/13", J, "date.two_digit_year"),
        ("99-1-1", G, "date.two_digit_year"),
        ("1405/13/1", J, "date.no_such_month"),
        ("1405/0/1", J, "date.no_such_month"),
        ("1403/12/31", J, "date.no_such_day"),
        ("1404/12/30", J, "date.no_such_day"),
        ("1405/7/31", J, "date.no_such_day"),
        ("1405/1/0", J, "date.no_such_day"),
        ("2026-02-29", G, "date.no_such_day"),
        ("2026-04-02", J, "date.looks_gregorian"),
        ("1405/01/13", G, "date.looks_jalali"),
        ("1700/01/01", J, "date.year_outside"),
        ("9999-01-01", G, "date.year_outside"),
        ("0000/01/01", J, "date.year_outside"),
    ],
)
def test_a_date_that_cannot_be_is_refused_by_its_reason(
    typed: str, kind: Calendar, code: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        calendar.parse_date(typed, kind)
    assert refusal.value.code == code
    for language in Language:
        assert "{" not in translate(language, code, **refusal.value.params)


@pytest.mark.parametrize(("typed", "last_day"), [("1403/12/31", 30), ("1404/12/30", 29)])
def test_the_refusal_of_a_day_names_the_last_one(typed: str, last_day: int) -> None:
    with pytest.raises(Invalid) as refusal:
        calendar.parse_date(typed, J)
    assert refusal.value.params == {
        "day": last_day + 1,
        "month": Word("format.month.jalali.12"),
        "year": Figures(typed[:4]),
        "last_day": last_day,
    }


def test_the_refusal_reads_as_a_sentence() -> None:
    with pytest.raises(Invalid) as refusal:
        calendar.parse_date("1404/12/30", J)
    spoken = translate(FA, refusal.value.code, **refusal.value.params)
    assert spoken == "اسفند ۱۴۰۴ روز ۳۰ ندارد؛ آخرین روز آن ۲۹ است."


@given(st.text())
def test_whatever_is_typed_is_a_date_or_a_refusal(text: str) -> None:
    for kind in Calendar:
        with suppress(Invalid):
            calendar.parse_date(text, kind)


@pytest.mark.spec("N04")
@pytest.mark.parametrize(
    ("born", "year", "celebrated"),
    [
        ((1399, 12, 30), 1400, (1400, 12, 29)),
        ((1399, 12, 30), 1403, (1403, 12, 30)),
        ((1399, 12, 30), 1404, (1404, 12, 29)),
        ((1380, 12, 29), 1403, (1403, 12, 29)),
        ((1370, 6, 31), 1405, (1405, 6, 31)),
    ],
)
def test_the_thirtieth_of_esfand_is_the_twenty_ninth_in_common_years(
    born: tuple[int, int, int], year: int, celebrated: tuple[int, int, int]
) -> None:
    assert calendar.anniversary(jalali(*born), J, year) == jalali(*celebrated)


def test_the_twenty_ninth_of_february_is_the_twenty_eighth_in_common_years() -> None:
    assert calendar.anniversary(date(2024, 2, 29), G, 2026) == date(2026, 2, 28)
    assert calendar.anniversary(date(2024, 2, 29), G, 2028) == date(2028, 2, 29)


@pytest.mark.spec("N04")
@given(st.dates(NOWRUZ_1390, END_OF_1420), JALALI_YEARS)
def test_an_anniversary_keeps_its_month_and_day(born: date, year: int) -> None:
    celebrated = calendar.parts(calendar.anniversary(born, J, year), J)
    named = calendar.parts(born, J)
    assert (celebrated.year, celebrated.month) == (year, named.month)
    assert celebrated.day in {named.day, 29 if named.day == 30 else named.day}


@pytest.mark.spec("N04")
@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ((1405, 1, 31), 1, (1405, 2, 31)),
        ((1405, 6, 31), 1, (1405, 7, 30)),
        ((1405, 11, 30), 1, (1405, 12, 29)),
        ((1403, 11, 30), 1, (1403, 12, 30)),
        ((1405, 12, 1), 1, (1406, 1, 1)),
        ((1405, 1, 1), -1, (1404, 12, 1)),
        ((1405, 1, 1), 24, (1407, 1, 1)),
        ((1405, 1, 1), 0, (1405, 1, 1)),
    ],
)
def test_months_are_added_in_the_calendar(
    day: tuple[int, int, int], months: int, later: tuple[int, int, int]
) -> None:
    assert calendar.add_months(jalali(*day), months, J) == jalali(*later)


def test_gregorian_months_are_added_too() -> None:
    assert calendar.add_months(date(2026, 1, 31), 1, G) == date(2026, 2, 28)
    assert calendar.add_months(date(2026, 3, 31), -13, G) == date(2025, 2, 28)


@pytest.mark.spec("N04")
@given(st.dates(NOWRUZ_1390, END_OF_1420), st.sampled_from(Calendar))
def test_a_month_begins_with_its_first_day_and_ends_before_the_next(
    day: date, kind: Calendar
) -> None:
    bounds = calendar.month_bounds(day, kind)
    assert bounds.first <= day <= bounds.last
    assert bounds.first == calendar.first_of_month(day, kind)
    assert calendar.parts(bounds.first, kind).day == 1
    assert bounds.last + timedelta(days=1) == calendar.add_months(bounds.first, 1, kind)


@pytest.mark.spec("N04")
def test_the_first_of_every_jalali_month_repeats_without_drift() -> None:
    day = jalali(1390, 1, 1)
    for step in range(31 * 12):
        named = calendar.parts(calendar.add_months(day, step, J), J)
        assert named == DayParts(1390 + step // 12, step % 12 + 1, 1)


@pytest.mark.spec("N04")
def test_three_days_before_nowruz_fall_on_the_end_of_esfand() -> None:
    assert jalali(1404, 1, 1) - timedelta(days=3) == jalali(1403, 12, 28)
    assert jalali(1405, 1, 1) - timedelta(days=3) == jalali(1404, 12, 27)


def test_month_bounds_of_esfand() -> None:
    assert calendar.month_bounds(date(2025, 3, 1), J) == DaySpan(
        date(2025, 2, 19), date(2025, 3, 20)
    )


@pytest.mark.spec("S107")
@pytest.mark.parametrize(
    ("month", "kind", "names"),
    [
        (1, J, ("فروردین", "فروردين", "Farvardin")),
        (12, J, ("اسفند", "إسفند", "Esfand")),
        (1, G, ("ژانویه", "يناير", "January")),
        (8, G, ("اوت", "أغسطس", "August")),
    ],
)
def test_months_have_names_in_three_languages(
    month: int, kind: Calendar, names: tuple[str, str, str]
) -> None:
    assert tuple(calendar.month_name(month, kind, language) for language in Language) == names


def test_weekdays_are_numbered_from_monday() -> None:
    thursday = date(2026, 4, 2).weekday()
    assert calendar.weekday_name(thursday, FA) == "پنجشنبه"
    assert calendar.weekday_name(thursday, AR) == "الخميس"
    assert calendar.weekday_name(thursday, EN) == "Thursday"
    assert [calendar.weekday_short(5, language) for language in Language] == ["ش", "س", "Sat"]


@pytest.mark.spec("N05")
@pytest.mark.parametrize(
    ("starts_on", "start"),
    [(5, date(2026, 3, 28)), (6, date(2026, 3, 29)), (0, date(2026, 3, 30)), (3, date(2026, 4, 2))],
)
def test_a_week_begins_on_the_chosen_day(starts_on: int, start: date) -> None:
    assert calendar.week_start(date(2026, 4, 2), starts_on) == start


@pytest.mark.spec("N05")
def test_weeks_begin_on_saturday_for_persian_and_arabic() -> None:
    assert [calendar.first_weekday(language) for language in Language] == [5, 5, 0]
