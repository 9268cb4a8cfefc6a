"""Statements over schedules and their runs."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import literal_column, or_, update
from sqlmodel import Session, col, select

from core.db import insert_or_skip
from core.schedule.models import Schedule, ScheduleRun
from core.schedule.terms import LeasedRun, RunState


def due_schedules(session: Session, *, now: datetime, limit: int) -> Sequence[Schedule]:
    """Return the enabled schedules whose time has come, locked against another ticker."""
    statement = (
        select(Schedule)
        .where(col(Schedule.is_enabled).is_(True), col(Schedule.next_run_at) <= now)
        .order_by(col(Schedule.next_run_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.exec(statement).all()


def by_key(session: Session, key: str) -> Schedule | None:
    """Return the schedule of this name."""
    return session.exec(select(Schedule).where(Schedule.key == key)).first()


def insert_schedule(session: Session, row: dict[str, object]) -> None:
    """Insert the schedule unless one with its key is there."""
    session.execute(insert_or_skip(session, Schedule, [row]))


def insert_runs(session: Session, rows: Sequence[dict[str, object]]) -> int:
    """Insert the fires that are not known yet and return how many were new."""
    if not rows:
        return 0
    statement = insert_or_skip(session, ScheduleRun, rows).returning(col(ScheduleRun.id))
    return len(session.execute(statement).all())


def lease_runs(
    session: Session, *, now: datetime, until: datetime, limit: int
) -> Sequence[LeasedRun]:
    """Take the oldest fires that are due, or whose worker is gone, until the given moment."""
    state, lease = col(ScheduleRun.state), col(ScheduleRun.lease_until)
    is_open = state.in_([literal_column("'due'"), literal_column("'leased'")])
    ready = (
        select(ScheduleRun.id)
        .where(is_open, or_(lease.is_(None), lease <= now))
        .order_by(col(ScheduleRun.due_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("ready")
    )
    claim = (
        update(ScheduleRun)
        .where(col(ScheduleRun.id).in_(select(ready.c.id)))
        .values(state=RunState.LEASED, lease_until=until)
        .returning(col(ScheduleRun.id))
    )
    ids = session.execute(claim).scalars().all()
    found = select(ScheduleRun, Schedule).join(Schedule).where(col(ScheduleRun.id).in_(ids))
    rows = session.exec(found.order_by(col(ScheduleRun.due_at))).all()
    return [
        LeasedRun(run.id, schedule.kind, schedule.subject_id, run.due_at, until)
        for run, schedule in rows
    ]


def end_run(
    session: Session, run: LeasedRun, *, state: RunState, error: str, now: datetime
) -> bool:
    """Write the end of a fire; False when its lease has passed to another worker meanwhile."""
    statement = (
        update(ScheduleRun)
        .where(
            col(ScheduleRun.id) == run.id,
            col(ScheduleRun.state) == RunState.LEASED,
            col(ScheduleRun.lease_until) == run.lease_until,
        )
        .values(state=state, error=error, ended_at=now)
        .returning(col(ScheduleRun.id))
    )
    return session.execute(statement).first() is not None
