"""Keep repeated times, fire each of them once, and hand the fires to workers.

Building blocks: the verbs that people call ask for permission and name the kind.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from core import outbox
from core.errors import Invalid, NotFound
from core.schedule import queries, rules
from core.schedule.models import Schedule
from core.schedule.terms import REPEAT, LeasedRun, NewSchedule, Repeat, RunState

log = logging.getLogger(__name__)
LANE = "reports"
LEASE = timedelta(minutes=10)
_AT_ONCE = 100
_ERROR_LENGTH = 512


def add(session: Session, given: NewSchedule, *, now: datetime) -> Schedule:
    """Return a new schedule that fires first after `now`.

    Raises:
        Invalid: "time_zone.unknown" or "schedule.bad_cron".
    """
    made = Schedule(
        kind=given.kind,
        subject_id=given.subject_id,
        spec=given.repeat.model_dump(mode="json"),
        time_zone=given.time_zone,
        next_run_at=rules.next_fire(given.repeat, given.time_zone, after=now),
        misfire=given.misfire,
    )
    session.add(made)
    session.flush()
    return made


def ensure(session: Session, *, kind: str, repeat: Repeat, time_zone: str, now: datetime) -> None:
    """Have exactly one schedule of a kind that the system needs; what is there stays as it is."""
    if queries.by_key(session, kind) is not None:
        return
    queries.insert_schedule(
        session,
        {
            "key": kind,
            "kind": kind,
            "spec": repeat.model_dump(mode="json"),
            "time_zone": time_zone,
            "next_run_at": rules.next_fire(repeat, time_zone, after=now),
        },
    )


def change(
    session: Session, schedule_id: int, *, repeat: Repeat, time_zone: str, now: datetime
) -> Schedule:
    """Give a schedule another rule; it fires next after `now`, missed fires are forgotten."""
    schedule = _schedule(session, schedule_id)
    schedule.next_run_at = rules.next_fire(repeat, time_zone, after=now)
    schedule.spec, schedule.time_zone = repeat.model_dump(mode="json"), time_zone
    schedule.version += 1
    return schedule


def pause(session: Session, schedule_id: int) -> None:
    """Keep a schedule from firing until it is resumed."""
    _schedule(session, schedule_id).is_enabled = False


def resume(session: Session, schedule_id: int, *, now: datetime) -> None:
    """Let a paused schedule fire again, from now on: what the pause held back is not missed."""
    schedule = _schedule(session, schedule_id)
    schedule.is_enabled = True
    repeat = REPEAT.validate_python(schedule.spec)
    schedule.next_run_at = rules.next_fire(repeat, schedule.time_zone, after=now)


def tick(session: Session, *, now: datetime) -> int:
    """Turn what has become due into runs and return how many are new.

    Any number of tickers may do this at once: a fire is one row, whoever writes it.
    """
    return sum(
        _fire(session, schedule, now=now)
        for schedule in queries.due_schedules(session, now=now, limit=_AT_ONCE)
    )


def _fire(session: Session, schedule: Schedule, *, now: datetime) -> int:
    try:
        repeat = REPEAT.validate_python(schedule.spec)
        due_at = schedule.next_run_at or now
        plan = rules.plan(repeat, schedule.time_zone, schedule.misfire, due_at=due_at, now=now)
    except (Invalid, ValueError):  # a row that cannot be read must not stop the others
        log.exception("schedule %s is unreadable and was switched off", schedule.id)
        schedule.is_enabled = False
        return 0
    missed = [_row(schedule, fire, RunState.MISSED) | {"ended_at": now} for fire in plan.missed]
    queries.insert_runs(session, missed)
    runs = [_row(schedule, fire, RunState.DUE) for fire in plan.runs]
    new_count = queries.insert_runs(session, runs)
    schedule.next_run_at = plan.next_run_at
    if new_count:
        outbox.poke(session, LANE)
    return new_count


def lease(session: Session, *, limit: int, now: datetime) -> Sequence[LeasedRun]:
    """Return due runs, taken for ten minutes; a worker that dies loses them to the next one."""
    return queries.lease_runs(session, now=now, until=now + LEASE, limit=limit)


def finish(session: Session, run: LeasedRun, *, now: datetime, error: str = "") -> bool:
    """Write how a run ended; False when it had passed to another worker. No error means done."""
    state = RunState.FAILED if error else RunState.DONE
    return queries.end_run(session, run, state=state, error=error[:_ERROR_LENGTH], now=now)


def _schedule(session: Session, schedule_id: int) -> Schedule:
    found = session.get(Schedule, schedule_id)
    if found is None:
        raise NotFound("schedule.missing")
    return found


def _row(schedule: Schedule, fire: datetime, state: RunState) -> dict[str, object]:
    return {"schedule_id": schedule.id, "due_at": fire, "state": state}
