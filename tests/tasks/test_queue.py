"""The queue: pokes only, signed, private, and never in the way of a commit."""

import logging
import os
import pickle
import sqlite3
import threading
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from core import clock
from core.db import reading, transaction
from core.delivery.models import CapturedMail
from core.events import service as events
from core.events.models import Event
from core.organisation import instance
from core.schedule import service as schedule
from core.schedule.models import Schedule, ScheduleRun
from core.schedule.terms import Cron, Daily, LeasedRun, NewSchedule, RunState
from core.settings import settings
from tasks import cleaning, messages, queue, reports, tick, wake
from tests.support.cast import make_organisation
from tests.support.queues import run_all, waiting
from tests.support.stores import forget_process_state


def plant(data: bytes) -> None:
    with closing(sqlite3.connect(settings().data_dir / "queue.db")) as connection:
        connection.execute(
            "INSERT INTO task (queue, data, priority) VALUES ('chapar', ?, 100)", (data,)
        )
        connection.commit()


class Bomb:
    """Unpickling it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, int]]:
        return os.open, (str(self.path), os.O_CREAT | os.O_WRONLY)


@pytest.mark.spec("T40")
def test_a_planted_pickle_is_not_executed_but_logged(
    opened: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trap = tmp_path / "exploded"
    bomb = pickle.dumps(Bomb(trap))
    for data in (bomb, bomb + b":" + b"0" * 40, b"nonsense"):
        plant(data)
    tick.seal_audit.poke()
    worker = opened.create_consumer(workers=1, periodic=False)._create_worker()
    with caplog.at_level(logging.ERROR, "huey"):
        for _ in range(3):
            worker.stop_flag = threading.Event()
            worker.stop_flag.set()  # no pause between the tries
            worker.loop()
    assert not trap.exists()
    assert caplog.text.count("Error reading from queue") == 3
    assert waiting(opened) == ["tasks.tick.seal_audit"]  # and the honest one is still served
    assert run_all(opened) == 1


@pytest.mark.spec("T40")
def test_a_task_signed_by_another_installation_is_not_read(
    opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick.seal_audit.poke()
    monkeypatch.setenv("CHAPAR_SECRET_KEY", "another key, of another installation altogether")
    forget_process_state()
    queue.open_queue.cache_clear()
    with pytest.raises(ValueError, match="mismatch"):
        queue.open_queue().dequeue()


@pytest.mark.spec("T40")
def test_only_its_owner_can_write_to_the_queue_file(opened: Any) -> None:
    tick.tick.call_local()
    for path in settings().data_dir.glob("queue.db*"):
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_importing_the_tasks_opens_no_queue(store: str, tmp_path: Path) -> None:
    queue.open_queue.cache_clear()
    assert not (tmp_path / "queue.db").exists()


def test_an_unknown_lane_is_harmless(opened: Any, caplog: pytest.LogCaptureFixture) -> None:
    wake.wake("nonsense")
    assert "nonsense" in caplog.text
    assert waiting(opened) == []


@pytest.mark.parametrize("lane", sorted(wake.LANES))
def test_every_lane_is_drained_when_poked_and_an_empty_one_does_no_harm(
    opened: Any, lane: str
) -> None:
    wake.wake(lane)
    assert run_all(opened) >= 1


def test_the_most_urgent_lane_is_served_first(opened: Any) -> None:
    for lane in ("messages:bulk", "reports", "messages:normal", "events", "messages:urgent"):
        wake.wake(lane)
    names = [name.rpartition(".")[2] for name in waiting(opened)]
    assert names[:2] == ["drain_urgent", "drain_events"]
    assert names[-1] == "drain_bulk"


def test_a_poke_that_is_too_old_is_not_run(opened: Any) -> None:
    wake.wake("events")
    task = opened.dequeue()
    seen: list[object] = []
    opened.signal("expired")(lambda *about: seen.append(about))
    opened.execute(task, task.expires_resolved + timedelta(seconds=1))
    assert len(seen) == 1


def fact(now: datetime) -> events.Fact:
    return events.Fact(name="test.happened", source="test", dedup_key="1", occurred_at=now)


@pytest.mark.spec("R4")
def test_a_queue_that_fails_does_not_break_a_commit(
    opened: Any, now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(opened.storage, "enqueue", refuse)
    with transaction() as session:
        make_organisation(session)
        events.record(session, fact(now))
    with reading() as session:
        (found,) = session.exec(select(Event).where(Event.source == "test")).all()
        assert found.dispatched_at is None
    assert "could not be poked" in caplog.text


@pytest.mark.spec("R4")
def test_what_a_lost_queue_forgot_the_next_sweep_finds(opened: Any, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session)
        events.record(session, fact(now))
    opened.flush()
    assert waiting(opened) == []
    tick.tick.call_local()
    run_all(opened)
    with reading() as session:
        (found,) = session.exec(select(Event).where(Event.source == "test")).all()
        assert found.dispatched_at is not None


def test_the_tick_asks_for_every_chore_and_every_lane_and_may_run_twice(opened: Any) -> None:
    with transaction() as session:
        make_organisation(session)
    opened.flush()
    for _ in range(2):
        tick.tick.call_local()
    chores = {chore.task.task_class.__name__ for chore in tick.CHORES}
    assert chores <= set(waiting(opened))
    assert len(waiting(opened)) == 2 * (len(tick.CHORES) + len(wake.LANES))
    run_all(opened)
    with reading() as session:
        planned = session.exec(select(Schedule.key)).all()
    assert set(planned) == set(cleaning.NIGHTLY)


def test_a_poke_while_a_lane_is_drained_is_heard_by_its_holder() -> None:
    turn = queue.Turn()
    assert turn.take()
    assert not turn.take()
    assert turn.give_back()
    assert turn.take()
    assert not turn.give_back()


def test_no_poke_is_lost_between_threads() -> None:
    """Every arrival is followed by a look that began after it."""
    turn, arrivals, seen = queue.Turn(), [0], [0]

    def come() -> None:
        for _ in range(500):
            arrivals[0] += 1
            while turn.take():
                seen[0] = arrivals[0]
                if not turn.give_back():
                    break

    threads = [threading.Thread(target=come) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen[0] == arrivals[0]


def due_schedule(kind: str) -> None:
    before = clock.now() - timedelta(hours=1)
    with transaction() as session:
        schedule.add(session, NewSchedule(kind, Cron(text="* * * * *"), "UTC"), now=before)


@pytest.mark.parametrize("kind", sorted(reports.HANDLERS))
def test_what_a_schedule_fires_is_done_once(opened: Any, kind: str) -> None:
    with transaction() as session:
        make_organisation(session)
    due_schedule(kind)
    tick.fire_schedules()
    reports.run_schedules()
    reports.run_schedules()
    with reading() as session:
        done = select(ScheduleRun.state).where(col(ScheduleRun.state) != RunState.MISSED)
        assert session.exec(done).all() == [RunState.DONE]


def test_a_run_that_fails_is_written_down_and_stops_no_other(
    opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_run: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(reports.HANDLERS, "broken", fail)
    due_schedule("broken")
    due_schedule("unknown")
    tick.fire_schedules()
    reports.run_schedules()
    with reading() as session:
        open_runs = select(ScheduleRun).where(col(ScheduleRun.state) != RunState.MISSED)
        found = session.exec(open_runs).all()
    assert {run.error for run in found} == {"ZeroDivisionError", "no handler for unknown"}
    assert {run.state for run in found} == {RunState.FAILED}


def test_a_copy_that_was_not_confirmed_drains_no_lane(
    opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as session:
        make_organisation(session)
    instance.take_mark_off()
    drained: list[object] = []
    monkeypatch.setattr(messages.worker, "drain", lambda *about, **_: drained.append(about))
    messages.drain_urgent()
    assert drained == []


def test_the_cleaning_empties_the_journal_of_the_store(opened: Any) -> None:
    with transaction() as session:
        make_organisation(session)
    journal = settings().data_dir / "chapar.db-wal"
    assert journal.stat().st_size > 0
    cleaning.clean(LeasedRun(1, cleaning.CLEANING, None, clock.now(), clock.now()))
    assert journal.stat().st_size == 0


def captured(*ages: timedelta) -> None:
    with transaction() as session:
        for age in ages:
            session.add(
                CapturedMail(
                    received_at=clock.now() - age, envelope_from="a@example.com",
                    recipient="b@example.com", subject=str(age.days), raw=b"x",
                )
            )  # fmt: skip


@pytest.mark.parametrize(("limit", "left"), [("", ["29", "0"]), ("2", ["0"])])
def test_the_cleaning_drops_captured_mail_that_is_older_than_its_limit(
    opened: Any, monkeypatch: pytest.MonkeyPatch, limit: str, left: list[str]
) -> None:
    if limit:
        monkeypatch.setenv("CHAPAR_CAPTURE_DAYS", limit)
        forget_process_state()
    with transaction() as session:
        make_organisation(session)
    captured(timedelta(days=31), *[timedelta(days=400)] * 501, timedelta(days=29), timedelta())
    cleaning.clean(LeasedRun(1, cleaning.CLEANING, None, clock.now(), clock.now()))
    with reading() as session:
        kept = session.exec(select(CapturedMail.subject).order_by(col(CapturedMail.id))).all()
    assert kept == left


def test_what_is_done_at_night_is_done_at_night_in_the_local_zone(opened: Any) -> None:
    for _ in range(2):
        with transaction() as session:
            cleaning.plan_nights(session)
    with reading() as session:
        planned = {row.kind: row for row in session.exec(select(Schedule)).all()}
    assert set(planned) == set(cleaning.NIGHTLY)
    for kind, at in cleaning.NIGHTLY.items():
        assert planned[kind].spec == Daily(at=at).model_dump(mode="json")
        assert planned[kind].time_zone == "Asia/Tehran"


@pytest.mark.parametrize(
    ("url", "storage"),
    [
        ("redis://localhost:6379/3", "PriorityRedisStorage"),
        ("rediss://h/0", "PriorityRedisStorage"),
    ],
)
def test_a_redis_queue_is_chosen_by_its_address(url: str, storage: str) -> None:
    assert type(queue.build(url).storage).__name__ == storage
