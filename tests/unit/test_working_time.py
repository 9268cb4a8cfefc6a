"""Working time: days off, several intervals a day, clocks that leap and repeat."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid
from core.i18n.catalog import translate
from core.i18n.terms import Language
from core.organisation.rules import WorkingWeek, local_moment, next_occurrence, zone_of
from core.organisation.terms import HolidayRule

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
Hours = Mapping[int, tuple[tuple[time, time], ...]]


def hours(*clocks: str) -> tuple[tuple[time, time], ...]:
    """Return the intervals written as "09:00-12:00"."""
    return tuple((time.fromisoformat(clock[:5]), time.fromisoformat(clock[6:])) for clock in clocks)


def at(text: str, zone: str = "Asia/Tehran") -> datetime:
    """Return the moment that local clocks of the zone show so."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


FULL_DAY, HALF_DAY = hours("08:00-12:00", "13:00-17:00"), hours("08:00-12:00")
NOWRUZ = frozenset(date(2026, 3, 20) + timedelta(days=n) for n in range(5))
TEHRAN = WorkingWeek(
    zone="Asia/Tehran",
    hours={
        SAT: FULL_DAY,
        SUN: FULL_DAY,
        MON: FULL_DAY,
        TUE: FULL_DAY,
        WED: FULL_DAY,
        THU: HALF_DAY,
    },
    weekend=frozenset({FRI}),
    holidays=NOWRUZ,
)


def week(zone: str, each_day: tuple[tuple[time, time], ...]) -> WorkingWeek:
    return WorkingWeek(zone, dict.fromkeys(range(7), each_day), frozenset(), frozenset())


def weekdays(weekend: set[int]) -> WorkingWeek:
    return WorkingWeek(
        "UTC", dict.fromkeys(range(7), FULL_DAY), frozenset(weekend), holidays=frozenset()
    )


@pytest.mark.spec("N05")
@pytest.mark.parametrize(
    ("weekend", "off"),
    [
        ({FRI}, [date(2026, 5, 8)]),
        ({THU, FRI}, [date(2026, 5, 7), date(2026, 5, 8)]),
        ({FRI, SAT}, [date(2026, 5, 8), date(2026, 5, 9)]),
        ({SAT, SUN}, [date(2026, 5, 9), date(2026, 5, 10)]),
    ],
)
def test_each_office_has_its_own_weekend(weekend: set[int], off: list[date]) -> None:
    days = [date(2026, 5, 4) + timedelta(days=n) for n in range(7)]
    assert [day for day in days if not weekdays(weekend).is_working_day(day)] == off


@pytest.mark.spec("N05")
@pytest.mark.parametrize(
    ("day", "is_working"),
    [
        (date(2026, 3, 19), True),
        (date(2026, 3, 20), False),
        (date(2026, 3, 24), False),
        (date(2026, 3, 25), True),
        (date(2026, 3, 26), True),
        (date(2026, 3, 27), False),
    ],
)
def test_holidays_and_weekends_are_off_and_a_half_day_is_not(
    day: date, *, is_working: bool
) -> None:
    assert TEHRAN.is_working_day(day) is is_working


@pytest.mark.spec("N05")
@pytest.mark.parametrize(
    ("day", "rule", "moved"),
    [
        (date(2026, 3, 21), HolidayRule.BEFORE, date(2026, 3, 19)),
        (date(2026, 3, 21), HolidayRule.AFTER, date(2026, 3, 25)),
        (date(2026, 3, 21), HolidayRule.KEEP, date(2026, 3, 21)),
        (date(2026, 3, 27), HolidayRule.AFTER, date(2026, 3, 28)),
        (date(2026, 3, 26), HolidayRule.BEFORE, date(2026, 3, 26)),
        (date(2026, 3, 26), HolidayRule.AFTER, date(2026, 3, 26)),
    ],
)
def test_a_send_moves_before_or_after_a_day_off_or_stays(
    day: date, rule: HolidayRule, moved: date
) -> None:
    assert TEHRAN.move_day(day, rule) == moved


@pytest.mark.spec("N05")
@pytest.mark.parametrize(
    ("moment", "works_at"),
    [
        ("2026-04-04 07:59", "2026-04-04 08:00"),
        ("2026-04-04 08:00", "2026-04-04 08:00"),
        ("2026-04-04 11:59", "2026-04-04 11:59"),
        ("2026-04-04 12:00", "2026-04-04 13:00"),
        ("2026-04-04 17:00", "2026-04-05 08:00"),
        ("2026-04-02 12:00", "2026-04-04 08:00"),
        ("2026-03-19 13:00", "2026-03-25 08:00"),
    ],
)
def test_the_next_working_moment_skips_breaks_nights_weekends_and_holidays(
    moment: str, works_at: str
) -> None:
    assert TEHRAN.next_working_moment(at(moment)) == at(works_at)


@pytest.mark.parametrize(
    ("start", "span_h", "due"),
    [
        ("2026-04-04 09:00", 1, "2026-04-04 10:00"),
        ("2026-04-04 11:00", 2, "2026-04-04 14:00"),
        ("2026-04-04 08:00", 8, "2026-04-04 17:00"),
        ("2026-04-04 16:00", 2, "2026-04-05 09:00"),
        ("2026-04-04 20:00", 1, "2026-04-05 09:00"),
        ("2026-04-01 16:00", 8, "2026-04-04 11:00"),
        ("2026-03-19 11:00", 4, "2026-03-25 11:00"),
        ("2026-04-04 08:00", 44, "2026-04-09 12:00"),
        ("2026-04-03 10:00", 0, "2026-04-03 10:00"),
    ],
)
def test_a_target_walks_the_working_hours_of_each_weekday(
    start: str, span_h: int, due: str
) -> None:
    assert TEHRAN.add_working_time(at(start), timedelta(hours=span_h)) == at(due)


@pytest.mark.parametrize(
    ("start", "end", "worked_h"),
    [
        ("2026-04-04 09:00", "2026-04-04 10:30", 1.5),
        ("2026-04-04 11:00", "2026-04-04 14:00", 2),
        ("2026-04-04 00:00", "2026-04-05 00:00", 8),
        ("2026-04-02 08:00", "2026-04-04 08:00", 4),
        ("2026-04-03 08:00", "2026-04-03 20:00", 0),
        ("2026-03-19 08:00", "2026-03-26 08:00", 12),
        ("2026-04-04 10:00", "2026-04-04 10:00", 0),
        ("2026-04-04 12:00", "2026-04-04 10:00", 0),
    ],
)
def test_working_time_between_two_moments(start: str, end: str, worked_h: float) -> None:
    assert TEHRAN.working_time_between(at(start), at(end)) == timedelta(hours=worked_h)


def test_working_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="forward"):
        TEHRAN.add_working_time(at("2026-04-04 09:00"), timedelta(hours=-1))


BERLIN_SPRING, BERLIN_AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


@pytest.mark.parametrize(
    ("day", "clock", "zone", "utc"),
    [
        (BERLIN_SPRING, "01:59", "Europe/Berlin", "2026-03-29 00:59"),
        (BERLIN_SPRING, "02:00", "Europe/Berlin", "2026-03-29 01:00"),
        (BERLIN_SPRING, "02:30", "Europe/Berlin", "2026-03-29 01:00"),
        (BERLIN_SPRING, "03:00", "Europe/Berlin", "2026-03-29 01:00"),
        (BERLIN_AUTUMN, "02:30", "Europe/Berlin", "2026-10-25 00:30"),
        (BERLIN_AUTUMN, "03:00", "Europe/Berlin", "2026-10-25 02:00"),
        (date(2022, 3, 22), "00:00", "Asia/Tehran", "2022-03-21 20:30"),
        (date(2022, 3, 22), "00:30", "Asia/Tehran", "2022-03-21 20:30"),
        (date(2022, 3, 22), "01:00", "Asia/Tehran", "2022-03-21 20:30"),
        (date(2022, 9, 21), "23:30", "Asia/Tehran", "2022-09-21 19:00"),
        (date(2026, 7, 1), "08:00", "Asia/Tehran", "2026-07-01 04:30"),
        (date(2011, 12, 30), "12:00", "Pacific/Apia", "2011-12-30 10:00"),
        (date(2026, 10, 4), "02:15", "Australia/Lord_Howe", "2026-10-03 15:30"),
    ],
)
def test_a_local_hour_is_the_next_valid_minute_or_the_first_of_two(
    day: date, clock: str, *, zone: str, utc: str
) -> None:
    assert local_moment(day, time.fromisoformat(clock), zone) == at(utc, "UTC")


@pytest.mark.parametrize(
    ("zone", "day", "worked_h"),
    [
        ("Europe/Berlin", BERLIN_SPRING, 23),
        ("Europe/Berlin", BERLIN_AUTUMN, 25),
        ("Europe/Berlin", date(2026, 6, 1), 24),
        ("Asia/Tehran", date(2022, 3, 22), 23),
        ("Asia/Tehran", date(2022, 9, 21), 25),
        ("Asia/Tehran", date(2026, 3, 22), 24),
    ],
)
def test_a_round_the_clock_office_works_the_real_length_of_the_day(
    zone: str, day: date, worked_h: int
) -> None:
    office = week(zone, hours("00:00-00:00"))
    start = local_moment(day, time(0), zone)
    end = local_moment(day + timedelta(days=1), time(0), zone)
    assert office.working_time_between(start, end) == timedelta(hours=worked_h)
    assert office.add_working_time(start, timedelta(hours=worked_h)) == end


def test_an_interval_the_clocks_leap_over_is_no_working_time() -> None:
    office = week("Europe/Berlin", hours("02:00-03:00", "09:00-10:00"))
    midnight = local_moment(BERLIN_SPRING, time(0), "Europe/Berlin")
    assert office.next_working_moment(midnight) == at("2026-03-29 09:00", "Europe/Berlin")


@pytest.mark.parametrize(
    ("moment", "clock", "zone", "following"),
    [
        ("2026-04-04 07:00", "08:00", "Asia/Tehran", "2026-04-04 08:00"),
        ("2026-04-04 08:00", "08:00", "Asia/Tehran", "2026-04-05 08:00"),
        ("2026-04-04 23:59", "08:00", "Asia/Tehran", "2026-04-05 08:00"),
        ("2026-03-28 12:00", "02:30", "Europe/Berlin", "2026-03-29 03:00"),
    ],
)
def test_a_calendar_day_is_the_next_occurrence_of_the_chosen_hour(
    moment: str, clock: str, *, zone: str, following: str
) -> None:
    found = next_occurrence(at(moment, zone), time.fromisoformat(clock), zone)
    assert found == at(following, zone)


@pytest.mark.parametrize(
    ("monday", "code"),
    [
        (("22:00-06:00",), "working_hours.overnight"),
        (("09:00-09:00",), "working_hours.overnight"),
        (("09:00-12:00", "11:00-13:00"), "working_hours.overlap"),
        (("13:00-17:00", "09:00-12:00"), "working_hours.overlap"),
        (("22:00-00:00", "23:00-23:30"), "working_hours.overlap"),
        ((), "working_hours.none"),
    ],
)
def test_hours_that_cannot_be_kept_are_refused(monday: tuple[str, ...], code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        WorkingWeek("Asia/Tehran", {MON: hours(*monday)}, frozenset(), frozenset())
    assert refusal.value.code == code
    for language in Language:
        assert "{" not in translate(language, code, **refusal.value.params)


@pytest.mark.parametrize(
    ("hours_of", "weekend", "code"),
    [
        ({7: FULL_DAY}, set(), "working_hours.unknown_weekday"),
        ({MON: FULL_DAY}, {9}, "working_hours.unknown_weekday"),
        ({FRI: FULL_DAY}, {FRI}, "working_hours.none"),
        ({}, set(), "working_hours.none"),
    ],
)
def test_weeks_without_a_working_day_or_with_an_eighth_are_refused(
    hours_of: Hours, weekend: set[int], code: str
) -> None:
    with pytest.raises(Invalid, match=code):
        WorkingWeek("Asia/Tehran", hours_of, frozenset(weekend), frozenset())


@pytest.mark.parametrize("name", ["", "Mars/Base", "../etc/passwd", "Asia", "Asia/Tehran\x00"])
def test_an_unknown_time_zone_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match=r"time_zone\.unknown"):
        zone_of(name)


OFFICES = (
    TEHRAN,
    WorkingWeek(
        "Europe/Berlin",
        dict.fromkeys(range(7), hours("00:00-02:30", "02:45-09:10", "22:00-00:00")),
        frozenset({SUN}),
        frozenset({date(2026, 3, 30)}),
    ),
    WorkingWeek(
        "Asia/Tehran",
        dict.fromkeys(range(7), hours("00:00-04:00", "13:00-00:00")),
        frozenset(),
        frozenset(),
    ),
)
CHANGES = (at("2026-03-27 00:00"), at("2026-10-23 00:00"), at("2022-03-20 00:00"))
MOMENTS = st.builds(
    lambda base, minutes: base + timedelta(minutes=minutes),
    st.sampled_from(CHANGES),
    st.integers(0, 6 * 24 * 60),
)


def minute_by_minute(office: WorkingWeek, start: datetime, end: datetime) -> timedelta:
    """Return the working time counted by asking each minute what local clocks show."""
    zone, worked = ZoneInfo(office.zone), 0
    while start < end:
        shown = start.astimezone(zone)
        is_on = any(
            opens <= shown.time() and (shown.time() < closes or closes == time(0))
            for opens, closes in office.hours.get(shown.weekday(), ())
        )
        worked += is_on and office.is_working_day(shown.date())
        start += timedelta(minutes=1)
    return timedelta(minutes=worked)


@settings(max_examples=40)
@given(st.sampled_from(OFFICES[::2]), MOMENTS, st.integers(0, 3 * 24 * 60))
def test_working_time_is_what_counting_every_minute_gives(
    office: WorkingWeek, start: datetime, minutes: int
) -> None:
    end = start + timedelta(minutes=minutes)
    assert office.working_time_between(start, end) == minute_by_minute(office, start, end)


@given(st.sampled_from(OFFICES), MOMENTS, st.integers(0, 10**6))
def test_the_time_added_is_the_time_found_between(
    office: WorkingWeek, start: datetime, seconds: int
) -> None:
    span = timedelta(seconds=seconds % (40 * 3600))
    due = office.add_working_time(start, span)
    assert office.working_time_between(start, due) == span
    if span:
        assert office.working_time_between(start, due - timedelta(seconds=1)) < span


@given(st.sampled_from(OFFICES), MOMENTS)
def test_the_next_working_moment_is_working_and_nothing_is_missed(
    office: WorkingWeek, moment: datetime
) -> None:
    following = office.next_working_moment(moment)
    assert following >= moment
    assert office.working_time_between(moment, following) == timedelta(0)
    assert office.working_time_between(following, following + timedelta(seconds=1)) > timedelta(0)
