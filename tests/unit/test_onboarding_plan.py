"""The plan of first days: days moved off weekends and holidays, local hours, what is over."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.i18n.calendar import parse_date
from core.i18n.terms import Calendar
from core.messages.terms import MessageStatus
from core.organisation.rules import WorkingWeek
from core.organisation.terms import HolidayRule
from core.people.rules import (
    Seen,
    leads_in_a_circle,
    moment_of,
    plan,
    strip_state,
    uses_private_address,
    welcome_moment,
)
from core.people.terms import ItemState, PastDue, Planned, StepFacts, StripState

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
OPEN = ((time(8), time(16)),)
NOWRUZ_1405 = frozenset(date(2026, 3, day) for day in (20, 21, 22, 23, 24)) | {
    date(2026, 4, 1),
    date(2026, 4, 2),
}
BEFORE, AFTER, KEEP = HolidayRule.BEFORE, HolidayRule.AFTER, HolidayRule.KEEP


def week(
    *weekend: int, zone: str = "Asia/Tehran", holidays: frozenset[date] = frozenset()
) -> WorkingWeek:
    hours = {day: OPEN for day in range(7) if day not in weekend}
    return WorkingWeek(zone=zone, hours=hours, weekend=frozenset(weekend), holidays=holidays)


IRAN = week(THU, FRI, holidays=NOWRUZ_1405)
IRAN_FRIDAY = week(FRI, holidays=NOWRUZ_1405)
EUROPE = week(SAT, SUN, zone="Europe/Berlin")
GULF = week(FRI, SAT, zone="Asia/Riyadh")


def step(offset_days: int, rule: HolidayRule = AFTER, at: time = time(9)) -> StepFacts:
    return StepFacts(1, offset_days, at, rule)


def only(found: list[Planned]) -> Planned:
    assert len(found) == 1
    return found[0]


def jalali(text: str) -> date:
    return parse_date(text, Calendar.JALALI)


@pytest.mark.spec("S88", "N04", "N05", "U28")
@pytest.mark.parametrize(
    ("start", "offset_days", "rule", "where", "day"),
    [
        # 1 Farvardin 1405 is a Saturday; Nowruz takes until the 4th, Thursday and Friday follow.
        ("1405/01/01", 0, AFTER, IRAN, "1405/01/05"),
        ("1405/01/01", 0, AFTER, IRAN_FRIDAY, "1405/01/05"),
        ("1405/01/01", 0, KEEP, IRAN, "1405/01/01"),
        ("1405/01/01", 0, BEFORE, IRAN, "1404/12/27"),
        ("1405/01/01", 0, BEFORE, IRAN_FRIDAY, "1404/12/28"),
        # 6 and 7 Farvardin are Thursday and Friday: only where both are off does the day move on.
        ("1405/01/06", 0, AFTER, IRAN, "1405/01/08"),
        ("1405/01/06", 0, AFTER, IRAN_FRIDAY, "1405/01/06"),
        ("1405/01/07", 0, AFTER, IRAN_FRIDAY, "1405/01/08"),
        # Three days before Saturday 8 Farvardin is the 5th, a working day again.
        ("1405/01/08", -3, BEFORE, IRAN, "1405/01/05"),
        # Three days before the 5th lies in Nowruz: back to the last working day of the old year.
        ("1405/01/05", -3, BEFORE, IRAN, "1404/12/27"),
        # The check-in of a week after 6 Farvardin meets Nature's Day, Thursday and Friday.
        ("1405/01/06", 7, AFTER, IRAN, "1405/01/15"),
        # 30 Esfand exists in 1403; a month later is 31 days into the new year.
        ("1403/12/30", 30, KEEP, IRAN, "1404/01/30"),
    ],
)
def test_a_jalali_start_date_plans_days_off_the_iranian_calendar(
    start: str, offset_days: int, rule: HolidayRule, *, where: WorkingWeek, day: str
) -> None:
    found = only(plan(jalali(start), [step(offset_days, rule)], where, zone="Asia/Tehran"))
    assert found.day == jalali(day)
    wanted = jalali(start) + timedelta(days=offset_days)
    assert found.moved_from == (wanted if wanted != found.day else None)


@pytest.mark.spec("S88", "N05")
@pytest.mark.parametrize(
    ("start", "offset_days", "where", "day"),
    [
        (date(2026, 11, 21), 0, EUROPE, date(2026, 11, 23)),
        (date(2026, 11, 21), 0, GULF, date(2026, 11, 22)),
        (date(2026, 11, 20), 0, GULF, date(2026, 11, 22)),
        (date(2026, 11, 20), 0, EUROPE, date(2026, 11, 20)),
        (date(2024, 2, 29), 30, EUROPE, date(2024, 4, 1)),
    ],
)
def test_each_weekend_is_skipped_by_its_own_days(
    start: date, offset_days: int, *, where: WorkingWeek, day: date
) -> None:
    assert only(plan(start, [step(offset_days)], where, zone=where.zone)).day == day


@pytest.mark.parametrize(
    ("day", "at", "zone", "utc"),
    [
        (date(2026, 11, 21), time(9), "Asia/Tehran", "2026-11-21T05:30"),
        (date(2026, 7, 20), time(9), "Europe/Berlin", "2026-07-20T07:00"),
        (date(2026, 11, 23), time(9), "Europe/Berlin", "2026-11-23T08:00"),
        # 29 March 2026: Berlin's clocks leap from 2 to 3; half past two begins at three.
        (date(2026, 3, 29), time(2, 30), "Europe/Berlin", "2026-03-29T01:00"),
        # 25 October 2026: half past two comes twice; the first is meant.
        (date(2026, 10, 25), time(2, 30), "Europe/Berlin", "2026-10-25T00:30"),
        # Tehran still changed its clocks in 2022: midnight of 22 March did not exist.
        (date(2022, 3, 22), time(0), "Asia/Tehran", "2022-03-21T20:30"),
    ],
)
def test_the_hour_is_the_one_on_the_clock_of_the_employee(
    day: date, at: time, *, zone: str, utc: str
) -> None:
    found = only(plan(day, [step(0, KEEP, at)], IRAN, zone=zone))
    assert found.due_at == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_an_employee_abroad_keeps_the_holidays_of_the_office_and_the_clock_at_home() -> None:
    found = only(plan(date(2026, 3, 20), [step(0)], IRAN, zone="America/New_York"))
    assert found.day == date(2026, 3, 25)
    assert found.due_at == datetime(2026, 3, 25, 13, 0, tzinfo=UTC)


def test_steps_come_in_order_of_time() -> None:
    steps = [
        StepFacts(1, 7, time(9), AFTER),
        StepFacts(2, 0, time(9), AFTER),
        StepFacts(3, 0, time(8), AFTER),
        StepFacts(4, -3, time(17), BEFORE),
    ]
    found = plan(date(2026, 11, 22), steps, IRAN, zone="Asia/Tehran")
    assert [planned.step_id for planned in found] == [4, 3, 2, 1]


DAYS = st.dates(date(2011, 3, 21), date(2041, 3, 19))
WEEKENDS = st.sampled_from([(THU, FRI), (FRI,), (FRI, SAT), (SAT, SUN), ()])
ZONES = st.sampled_from(
    ["Asia/Tehran", "Europe/Berlin", "America/New_York", "Asia/Riyadh", "Australia/Lord_Howe",
     "Africa/Cairo", "America/Sao_Paulo", "Asia/Kathmandu"]
)  # fmt: skip


@pytest.mark.spec("S88", "N04", "N05")
@given(
    start=DAYS,
    offset_days=st.integers(-60, 120),
    at=st.times(),
    rule=st.sampled_from(list(HolidayRule)),
    weekend=WEEKENDS,
    off=st.frozensets(st.integers(-20, 20), max_size=15),
    zone=ZONES,
)
def test_a_planned_day_is_worked_lies_on_the_right_side_and_keeps_its_hour(
    start: date,
    offset_days: int,
    at: time,
    rule: HolidayRule,
    weekend: tuple[int, ...],
    off: frozenset[int],
    zone: str,
) -> None:
    at = at.replace(second=0, microsecond=0)
    wanted = start + timedelta(days=offset_days)
    holidays = frozenset(wanted + timedelta(days=n) for n in off)
    office = week(*weekend, holidays=holidays)
    found = only(plan(start, [step(offset_days, rule, at)], office, zone=zone))
    assert office.is_working_day(found.day) or rule is KEEP
    match rule:
        case HolidayRule.BEFORE:
            assert found.day <= wanted
        case HolidayRule.AFTER:
            assert found.day >= wanted
        case _:
            assert found.day == wanted
    low, high = sorted((found.day, wanted))
    between = [low + timedelta(days=n) for n in range((high - low).days + 1)]
    skipped = [day for day in between if day != found.day]
    assert not any(office.is_working_day(day) for day in skipped)
    assert found.moved_from == (None if found.day == wanted else wanted)
    shown = found.due_at.astimezone(ZoneInfo(zone))
    late = datetime.combine(shown.date(), shown.time()) - datetime.combine(found.day, at)
    assert timedelta(0) <= late <= timedelta(hours=1)


@pytest.mark.spec("U30")
@pytest.mark.parametrize(
    ("ahead", "choice", "moment"),
    [
        (timedelta(minutes=1), PastDue.SEND_NOW, timedelta(minutes=1)),
        (timedelta(minutes=1), PastDue.SKIP, timedelta(minutes=1)),
        (timedelta(0), PastDue.SEND_NOW, timedelta(0)),
        (timedelta(0), PastDue.SKIP, None),
        (timedelta(days=-5), PastDue.SEND_NOW, timedelta(0)),
        (timedelta(days=-5), PastDue.SKIP, None),
    ],
)
def test_what_is_over_goes_now_or_is_skipped_as_chosen(
    now: datetime, ahead: timedelta, *, choice: PastDue, moment: timedelta | None
) -> None:
    planned = Planned(1, now.date(), None, now + ahead)
    expected = None if moment is None else now + moment
    assert moment_of(planned, choice, now=now) == expected


def test_a_welcome_in_the_past_is_refused_at_its_field(now: datetime) -> None:
    with pytest.raises(Invalid) as refusal:
        welcome_moment(now.date(), time(11, 30), IRAN, zone="Asia/Tehran", now=now)
    assert (refusal.value.code, refusal.value.field) == ("welcome.past", "day")


def test_a_welcome_a_minute_ahead_is_told_in_local_time_and_utc(now: datetime) -> None:
    found = welcome_moment(now.date(), time(11, 31), IRAN, zone="Asia/Tehran", now=now)
    assert found.utc == now + timedelta(minutes=1)
    assert (found.day, found.at, found.is_working_day) == (now.date(), time(11, 31), True)


def test_a_welcome_on_friday_is_possible_and_says_that_the_office_is_closed(now: datetime) -> None:
    friday = date(2026, 11, 27)
    found = welcome_moment(friday, time(9), IRAN, zone="Asia/Tehran", now=now)
    assert not found.is_working_day


@pytest.mark.parametrize(
    ("has_private", "has_work", "start_in", "expected"),
    [
        (True, True, 1, True),
        (True, True, 0, False),
        (True, True, -1, False),
        (True, True, None, False),
        (True, False, -100, True),
        (False, True, 10, False),
    ],
)
def test_the_private_address_is_used_until_the_first_day(
    has_private: bool, has_work: bool, *, start_in: int | None, expected: bool
) -> None:
    today = date(2026, 11, 21)
    start = None if start_in is None else today + timedelta(days=start_in)
    assert expected is uses_private_address(
        has_private=has_private, has_work=has_work, start=start, today=today
    )


def test_nobody_leads_in_a_circle() -> None:
    managers = {1: None, 2: 1, 3: 2, 4: None}
    assert leads_in_a_circle(managers, 1, 3)
    assert leads_in_a_circle(managers, 1, 1)
    assert not leads_in_a_circle(managers, 3, 4)
    assert not leads_in_a_circle({5: 6, 6: 5}, 1, 5)


@pytest.mark.parametrize(
    ("state", "status", "is_held", "task", "expected"),
    [
        (ItemState.SKIPPED, MessageStatus.CANCELLED, False, None, StripState.SKIPPED),
        (ItemState.CANCELLED, None, False, None, StripState.CANCELLED),
        (ItemState.PLANNED, MessageStatus.QUEUED, False, None, StripState.PLANNED),
        (ItemState.PLANNED, MessageStatus.QUEUED, True, None, StripState.HELD),
        (ItemState.PLANNED, MessageStatus.SENDING, False, None, StripState.PLANNED),
        (ItemState.PLANNED, MessageStatus.SENT, False, None, StripState.SENT),
        (ItemState.PLANNED, MessageStatus.DELIVERED, False, None, StripState.SENT),
        (ItemState.PLANNED, MessageStatus.DIGESTED, False, None, StripState.SENT),
        (ItemState.PLANNED, MessageStatus.DROPPED, True, None, StripState.NOT_SENT),
        (ItemState.PLANNED, MessageStatus.FAILED, False, None, StripState.NOT_SENT),
        (ItemState.PLANNED, MessageStatus.BOUNCED, False, None, StripState.NOT_SENT),
        (ItemState.PLANNED, MessageStatus.IN_DOUBT, False, None, StripState.IN_DOUBT),
        (ItemState.PLANNED, MessageStatus.CANCELLED, False, None, StripState.CANCELLED),
        (ItemState.PLANNED, None, False, "open", StripState.OVERDUE),
        (ItemState.PLANNED, None, False, "done", StripState.DONE),
    ],
)
def test_the_strip_tells_each_state_by_the_mail_or_the_task(
    now: datetime,
    state: ItemState,
    *,
    status: MessageStatus | None,
    is_held: bool,
    task: str | None,
    expected: StripState,
) -> None:
    seen = Seen(
        state=state,
        due_at=now - timedelta(hours=1),
        status=status,
        is_held=is_held,
        has_task=task is not None,
        is_done=task == "done",
    )
    assert strip_state(seen, now=now) is expected
