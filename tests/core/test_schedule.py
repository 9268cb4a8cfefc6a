"""Schedules on a real store: one fire is one row, whoever ticks, and a run has one worker."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlmodel import Session, col, select

from core import outbox
from core.db import reading, transaction
from core.errors import Invalid, NotFound
from core.schedule import service
from core.schedule.models import Schedule, ScheduleRun
from core.schedule.terms import Cron, Daily, Misfire, NewSchedule, RunState

SIX_HOURLY = Cron(text="0 */6 * * *")


def schedule(now: datetime, misfire: Misfire = Misfire.ONCE) -> int:
    with transaction() as session:
        given = NewSchedule("report", SIX_HOURLY, "Asia/Tehran", subject_id=7, misfire=misfire)
        made = service.add(session, given, now=now)
        return made.id


def states(session: Session) -> list[RunState]:
    return list(session.exec(select(ScheduleRun.state).order_by(col(ScheduleRun.due_at))).all())


def tick(now: datetime) -> int:
    with transaction() as session:
        return service.tick(session, now=now)


def test_a_schedule_does_not_fire_before_its_time(store: str, now: datetime) -> None:
    schedule(now)
    assert tick(now) == 0
    with reading() as session:
        assert states(session) == []


def test_ticking_twice_fires_once(store: str, now: datetime) -> None:
    schedule(now)
    later = now + timedelta(hours=6)
    assert (tick(later), tick(later)) == (1, 0)
    with reading() as session:
        assert states(session) == [RunState.DUE]


def test_a_tick_with_new_runs_wakes_the_workers(store: str, now: datetime) -> None:
    woken: list[str] = []
    outbox.bind(woken.append)
    schedule(now)
    tick(now)
    assert woken == []
    tick(now + timedelta(hours=6))
    assert woken == ["reports"]


@pytest.mark.parametrize(
    ("misfire", "run_count", "missed_count"),
    [(Misfire.ONCE, 1, 39), (Misfire.SKIP, 0, 40), (Misfire.ALL, 40, 0)],
)
def test_after_ten_days_down_missed_fires_are_listed_as_the_rule_says(
    *, store: str, now: datetime, misfire: Misfire, run_count: int, missed_count: int
) -> None:
    schedule(now, misfire)
    assert tick(now + timedelta(days=10)) == run_count
    with reading() as session:
        found = states(session)
    assert (found.count(RunState.DUE), found.count(RunState.MISSED)) == (run_count, missed_count)


def test_four_tickers_over_a_month_write_each_fire_once(store: str, now: datetime) -> None:
    schedule(now, Misfire.ALL)
    moments = [now + timedelta(hours=6 * step, minutes=1) for step in range(124)]
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _ticker: sum(map(tick, moments)), range(4)))
    with reading() as session:
        due = list(session.exec(select(ScheduleRun.due_at).order_by(col(ScheduleRun.due_at))))
    assert len(due) == sum(counts) == 123
    assert len(set(due)) == 123


def test_a_run_is_leased_to_one_worker_and_finished_once(store: str, now: datetime) -> None:
    schedule(now)
    now += timedelta(hours=6)
    tick(now)
    with transaction() as session:
        (run,) = service.lease(session, limit=10, now=now)
    assert (run.kind, run.subject_id) == ("report", 7)
    with transaction() as session:
        assert service.lease(session, limit=10, now=now) == []
        assert service.finish(session, run, now=now)
        assert not service.finish(session, run, now=now)
    with reading() as session:
        assert states(session) == [RunState.DONE]


def test_the_run_of_a_dead_worker_passes_to_another_and_the_dead_one_may_not_end_it(
    store: str, now: datetime
) -> None:
    schedule(now)
    now += timedelta(hours=6)
    tick(now)
    with transaction() as session:
        (first,) = service.lease(session, limit=10, now=now)
    now += service.LEASE
    with transaction() as session:
        (second,) = service.lease(session, limit=10, now=now)
        assert second.id == first.id
        assert not service.finish(session, first, now=now)
        assert service.finish(session, second, now=now, error="smtp.unreachable")
    with reading() as session:
        assert states(session) == [RunState.FAILED]


def test_a_paused_schedule_is_silent_and_forgets_the_pause(store: str, now: datetime) -> None:
    number = schedule(now, Misfire.ALL)
    with transaction() as session:
        service.pause(session, number)
    now += timedelta(days=3)
    assert tick(now) == 0
    with transaction() as session:
        service.resume(session, number, now=now)
    assert tick(now) == 0
    assert tick(now + timedelta(hours=6)) == 1


def test_a_changed_rule_counts_from_now(store: str, now: datetime) -> None:
    number = schedule(now)
    with transaction() as session:
        changed = service.change(
            session, number, repeat=Daily(at=time(8)), time_zone="Europe/Berlin", now=now
        )
        assert changed.version == 2
    with reading() as session:
        found = session.get(Schedule, number)
        assert found is not None
        assert found.next_run_at == datetime(2026, 11, 22, 7, tzinfo=UTC)


def test_a_schedule_of_the_system_exists_once_and_keeps_its_changes(
    store: str, now: datetime
) -> None:
    for hour in (3, 4):
        with transaction() as session:
            service.ensure(
                session, kind="cleaning", repeat=Daily(at=time(hour)), time_zone="UTC", now=now
            )
    with reading() as session:
        (found,) = session.exec(select(Schedule)).all()
    assert found.spec == {"every": "day", "at": "03:00:00"}


def test_a_schedule_that_cannot_be_read_is_switched_off_and_stops_nobody_else(
    store: str, now: datetime
) -> None:
    broken, _ = schedule(now), schedule(now)
    with transaction() as session:
        row = session.get(Schedule, broken)
        assert row is not None
        row.spec = {"every": "blue moon"}
    assert tick(now + timedelta(hours=6)) == 1
    with reading() as session:
        row = session.get(Schedule, broken)
        assert row is not None
        assert not row.is_enabled


def test_a_bad_rule_is_refused_and_writes_nothing(store: str, now: datetime) -> None:
    with pytest.raises(Invalid), transaction() as session:
        service.add(session, NewSchedule("report", Cron(text="x"), "UTC"), now=now)
    with pytest.raises(NotFound), transaction() as session:
        service.pause(session, 99)
    with reading() as session:
        assert session.exec(select(Schedule)).all() == []
