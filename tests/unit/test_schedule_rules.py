"""When schedules fire: calendars, time zones, clock changes and missed fires."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.errors import Invalid
from core.i18n.calendar import parts
from core.i18n.terms import Calendar
from core.schedule import rules
from core.schedule.terms import REPEAT, Cron, Daily, Misfire, Monthly, Repeat, Weekly

TEHRAN, BERLIN = "Asia/Tehran", "Europe/Berlin"
EIGHT = time(8)
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)  # Saturday 11:30 in Tehran
ZONES = st.sampled_from([TEHRAN, BERLIN, "America/New_York", "UTC", "Australia/Lord_Howe"])
MOMENTS = st.integers(0, 12 * 365 * 86400).map(
    lambda seconds: datetime(2022, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
HOURS = st.times(timezones=st.none()).map(lambda at: at.replace(second=0, microsecond=0))


def fires(repeat: Repeat, zone: str, after: datetime, *, count: int) -> list[datetime]:
    found = []
    for _ in range(count):
        following = rules.next_fire(repeat, zone, after=after)
        assert following is not None
        found.append(following)
        after = following
    return found


@pytest.mark.parametrize(
    ("repeat", "zone", "expected"),
    [
        (Daily(at=time(12)), TEHRAN, "2026-11-21T08:30+00:00"),
        (Daily(at=time(11, 30)), TEHRAN, "2026-11-22T08:00+00:00"),  # that very moment is past
        (Weekly(days=frozenset({5}), at=EIGHT), TEHRAN, "2026-11-28T04:30+00:00"),
        (Weekly(days=frozenset({0, 6}), at=EIGHT), TEHRAN, "2026-11-22T04:30+00:00"),
        (Monthly(day=1, at=EIGHT), TEHRAN, "2026-11-22T04:30+00:00"),  # 1 Azar 1405
        (Monthly(day="last", at=EIGHT), TEHRAN, "2026-12-21T04:30+00:00"),
        (Monthly(day=1, calendar=Calendar.GREGORIAN, at=EIGHT), BERLIN, "2026-12-01T07:00+00:00"),
        (Monthly(day=31, calendar=Calendar.GREGORIAN, at=EIGHT), "UTC", "2026-11-30T08:00+00:00"),
        (Cron(text="*/15 9-17 * * 1-5"), TEHRAN, "2026-11-23T05:30+00:00"),
    ],
)
def test_the_next_fire_is_the_first_one_later_than_the_moment(
    repeat: Repeat, zone: str, expected: str
) -> None:
    assert rules.next_fire(repeat, zone, after=NOW) == datetime.fromisoformat(expected)


def test_the_first_of_a_jalali_month_at_eight_in_tehran() -> None:
    found = fires(Monthly(day=1, at=EIGHT), TEHRAN, datetime(2026, 3, 1, tzinfo=UTC), count=12)
    assert found[0] == datetime(2026, 3, 21, 4, 30, tzinfo=UTC)  # Nowruz of 1405
    local = [parts(fire.astimezone(ZoneInfo(TEHRAN)).date(), Calendar.JALALI) for fire in found]
    assert [(day.month, day.day) for day in local] == [(month, 1) for month in range(1, 13)]
    assert {fire.astimezone(ZoneInfo(TEHRAN)).time() for fire in found} == {EIGHT}


@pytest.mark.parametrize(
    ("year", "last_of_esfand"),
    [(1403, date(2025, 3, 20)), (1404, date(2026, 3, 20)), (1408, date(2030, 3, 20))],
)
def test_the_last_day_of_esfand_follows_the_leap_years(year: int, last_of_esfand: date) -> None:
    after = datetime(last_of_esfand.year, 3, 1, tzinfo=UTC)
    fire = rules.next_fire(Monthly(day="last", at=EIGHT), TEHRAN, after=after)
    assert fire is not None
    day = fire.astimezone(ZoneInfo(TEHRAN)).date()
    assert day == last_of_esfand
    named = parts(day, Calendar.JALALI)
    assert (named.year, named.month) == (year, 12)
    assert named.day == (30 if year in {1403, 1408} else 29)


def test_an_hour_the_clocks_leap_over_fires_that_much_later() -> None:
    before = datetime(2026, 3, 28, 12, tzinfo=UTC)
    found = fires(Daily(at=time(2, 30)), BERLIN, before, count=2)
    assert found == [
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),  # 03:30 summer time: there was no 02:30
        datetime(2026, 3, 30, 0, 30, tzinfo=UTC),
    ]


def test_an_hour_the_clocks_show_twice_fires_once() -> None:
    before = datetime(2026, 10, 24, 12, tzinfo=UTC)
    found = fires(Daily(at=time(2, 30)), BERLIN, before, count=2)
    assert found == [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 26, 1, 30, tzinfo=UTC),
    ]


@given(at=HOURS, zone=ZONES, after=MOMENTS)
def test_a_daily_fire_is_later_than_asked_and_never_more_than_two_days_away(
    at: time, zone: str, after: datetime
) -> None:
    fire = rules.next_fire(Daily(at=at), zone, after=after)
    assert fire is not None
    assert after < fire <= after + timedelta(days=1, hours=2)


@given(
    day=st.integers(1, 31) | st.just("last"),
    calendar=st.sampled_from(Calendar),
    at=HOURS,
    zone=ZONES,
    after=MOMENTS,
)
def test_a_monthly_rule_fires_once_in_every_month(
    *, day: int | str, calendar: Calendar, at: time, zone: str, after: datetime
) -> None:
    repeat = Monthly.model_validate({"day": day, "calendar": calendar, "at": at})
    found = fires(repeat, zone, after, count=14)
    local = [parts(fire.astimezone(ZoneInfo(zone)).date(), calendar) for fire in found]
    months = [named.year * 12 + named.month for named in local]
    assert months == list(range(months[0], months[0] + 14))


@given(days=st.frozensets(st.integers(0, 6), min_size=1), at=HOURS, zone=ZONES, after=MOMENTS)
def test_a_weekly_rule_fires_once_on_each_of_its_days(
    *, days: frozenset[int], at: time, zone: str, after: datetime
) -> None:
    found = fires(Weekly(days=days, at=at), zone, after, count=len(days))
    weekdays = [fire.astimezone(ZoneInfo(zone)).date().weekday() for fire in found]
    assert sorted(weekdays) == sorted(days)


SIX_HOURLY = Cron(text="0 */6 * * *")


@pytest.mark.parametrize(
    ("misfire", "run_count", "missed_count"),
    [(Misfire.ONCE, 1, 39), (Misfire.SKIP, 0, 40), (Misfire.ALL, 40, 0)],
)
def test_ten_days_down_with_a_six_hourly_rule(
    misfire: Misfire, run_count: int, missed_count: int
) -> None:
    due_at = datetime(2026, 11, 1, 0, tzinfo=UTC)
    now = due_at + timedelta(days=10, hours=-1)
    plan = rules.plan(SIX_HOURLY, "UTC", misfire, due_at=due_at, now=now)
    assert (len(plan.runs), len(plan.missed)) == (run_count, missed_count)
    assert plan.next_run_at == due_at + timedelta(days=10)


@pytest.mark.parametrize("misfire", list(Misfire))
def test_a_fire_on_time_is_run_whatever_the_rule_for_missed_ones(misfire: Misfire) -> None:
    due_at = datetime(2026, 11, 1, 6, tzinfo=UTC)
    now = due_at + timedelta(seconds=50)
    plan = rules.plan(SIX_HOURLY, "UTC", misfire, due_at=due_at, now=now)
    assert (plan.runs, plan.missed) == ((due_at,), ())


@pytest.mark.parametrize("misfire", list(Misfire))
def test_a_year_of_missed_minutes_is_bounded(misfire: Misfire) -> None:
    plan = rules.plan(
        Cron(text="* * * * *"), TEHRAN, misfire, due_at=NOW - timedelta(days=365), now=NOW
    )
    assert len(plan.runs) <= rules.MOST_RUNS
    assert len(plan.runs) + len(plan.missed) == rules.MOST_KEPT


def test_a_yearly_rule_is_not_forgotten_after_a_long_pause() -> None:
    yearly = Cron(text="0 8 21 3 *")
    plan = rules.plan(
        yearly, TEHRAN, Misfire.ONCE, due_at=datetime(2024, 3, 21, 4, 30, tzinfo=UTC), now=NOW
    )
    assert plan.runs == (datetime(2026, 3, 21, 4, 30, tzinfo=UTC),)
    assert len(plan.missed) == 2


@given(
    repeat=st.one_of(
        st.builds(Daily, at=HOURS),
        st.builds(Weekly, days=st.frozensets(st.integers(0, 6), min_size=1), at=HOURS),
        st.builds(Monthly, day=st.integers(1, 31), at=HOURS),
    ),
    zone=ZONES,
    misfire=st.sampled_from(Misfire),
    due_at=MOMENTS,
    down=st.timedeltas(timedelta(0), timedelta(days=90)),
)
def test_no_fire_is_lost_doubled_or_out_of_order(
    *, repeat: Repeat, zone: str, misfire: Misfire, due_at: datetime, down: timedelta
) -> None:
    plan = rules.plan(repeat, zone, misfire, due_at=due_at, now=due_at + down)
    seen = [*plan.missed, *plan.runs]
    assert seen == sorted(set(seen))
    assert all(due_at <= fire <= due_at + down for fire in seen)
    assert plan.next_run_at is not None
    assert plan.next_run_at > due_at + down


@pytest.mark.parametrize("text", ["", "every day", "61 * * * *", "* * * *", "* * 32 * *"])
def test_a_bad_cron_text_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        rules.next_fire(Cron(text=text), TEHRAN, after=NOW)
    assert (caught.value.code, caught.value.params) == ("schedule.bad_cron", {"text": text})


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(Invalid, match=r"time_zone\.unknown"):
        rules.next_fire(Daily(at=EIGHT), "Asia/Nowhere", after=NOW)


@pytest.mark.parametrize(
    "spec",
    [
        {"every": "week", "days": [], "at": "08:00"},
        {"every": "week", "days": [7], "at": "08:00"},
        {"every": "month", "day": 32, "at": "08:00"},
        {"every": "day"},
        {"every": "hour", "at": "08:00"},
        {"every": "day", "at": "08:00", "role": "administrator"},
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused(spec: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        REPEAT.validate_python(spec)


def test_a_rule_survives_storage() -> None:
    repeat = Weekly(days=frozenset({5, 6}), at=time(17, 45))
    assert REPEAT.validate_python(repeat.model_dump(mode="json")) == repeat
