"""Public holidays of a country, as a first filling of an office's table."""

from datetime import date

import pytest

from core.errors import Invalid
from core.i18n.terms import Language
from core.organisation.holiday_source import (
    PublicHoliday,
    holidays_of,
    known_countries,
    weekend_of,
)

FA, AR, EN = Language


def by_day(country: str, *years: int) -> dict[date, PublicHoliday]:
    return {holiday.day: holiday for holiday in holidays_of(country, years)}


@pytest.mark.spec("N05")
def test_nowruz_is_off_in_iran_and_named_in_three_languages() -> None:
    nowruz = by_day("IR", 2027)[date(2027, 3, 21)]
    assert [nowruz.name_in(language) for language in Language] == ["نوروز", "عيد النوروز", "Nowruz"]
    assert nowruz.is_confirmed


@pytest.mark.spec("N05")
@pytest.mark.parametrize("country", ["IR", "SA", "IQ", "AE", "EG"])
def test_lunar_dates_of_coming_years_are_not_confirmed(country: str) -> None:
    holidays = by_day(country, 2034)
    names = {day: holiday.name_in(EN) for day, holiday in holidays.items()}
    lunar = [holidays[day] for day, name in names.items() if "Eid al-" in name]
    assert lunar
    assert not any(holiday.is_confirmed for holiday in lunar)
    assert not any("estimated" in name for name in names.values())


def test_a_lunar_date_that_was_announced_is_confirmed() -> None:
    assert by_day("IR", 2025)[date(2025, 6, 6)].is_confirmed


def test_a_fixed_holiday_stays_confirmed_when_a_lunar_one_falls_on_it() -> None:
    shared = [h for h in by_day("IR", *range(2030, 2060)).values() if ";" in h.name_in(EN)]
    fixed = [h for h in shared if "Nowruz" in h.name_in(EN)]
    assert fixed
    assert all(holiday.is_confirmed for holiday in fixed)


def test_several_years_come_in_order_without_repeats() -> None:
    days = [holiday.day for holiday in holidays_of("IR", (2027, 2026, 2026))]
    assert days == sorted(set(days))
    assert {day.year for day in days} == {2026, 2027}


def test_a_country_that_speaks_none_of_ours_is_named_in_english() -> None:
    christmas = by_day("DE", 2026)[date(2026, 12, 25)]
    assert christmas.name_in(FA)
    assert by_day("DE", 2026)[date(2026, 10, 3)].name_in(FA) == "German Unity Day"
    assert by_day("NZ", 2026)[date(2026, 2, 6)].name_in(AR) == "Waitangi Day"


@pytest.mark.spec("N05")
@pytest.mark.parametrize(
    ("country", "weekend"), [("IR", {4}), ("SA", {4, 5}), ("IQ", {4, 5}), ("AE", {5, 6})]
)
def test_weekends_differ_by_country(country: str, weekend: set[int]) -> None:
    assert weekend_of(country) == weekend


def test_an_unknown_country_is_refused() -> None:
    assert {"IR", "IQ", "DE"} <= known_countries()
    for country in ("ZZ", "", "HolidayBase", "ir"):
        with pytest.raises(Invalid, match=r"holidays\.unknown_country"):
            holidays_of(country, [2026])
