"""Statements over jobs and the rows they refused."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, func, insert, or_
from sqlmodel import Session, col, select

from core.jobs.models import Job, RefusedRow
from core.jobs.terms import JobKind, JobState

LIVE = (JobState.DRAFT, JobState.QUEUED, JobState.RUNNING)


def job(session: Session, job_id: int) -> Job | None:
    """Return the job with this id."""
    return session.get(Job, job_id)


def job_for_update(session: Session, job_id: int) -> Job | None:
    """Return the job as it is now, held until the end of the transaction."""
    statement = select(Job).where(Job.id == job_id).with_for_update()
    return session.exec(statement.execution_options(populate_existing=True)).first()


def recent(
    session: Session,
    *,
    kinds: Collection[JobKind],
    departments: Collection[int] | None,
    owner_id: int | None,
    limit: int,
) -> Sequence[Job]:
    """Return the latest started jobs of these kinds: of these departments, of none, or my own."""
    statement = select(Job).where(col(Job.kind).in_(kinds), col(Job.state) != JobState.DRAFT)
    if departments is not None:
        statement = statement.where(
            or_(
                col(Job.department_id).is_(None),
                col(Job.department_id).in_(departments),
                and_(col(Job.owner_id).is_not(None), col(Job.owner_id) == owner_id),
            )
        )
    return session.exec(statement.order_by(col(Job.id).desc()).limit(limit)).all()


def due(session: Session, *, silent_since: datetime) -> Sequence[Job]:
    """Return the jobs to take up, oldest first: queued, or running without a beat since then."""
    waiting = or_(
        col(Job.state) == JobState.QUEUED,
        and_(col(Job.state) == JobState.RUNNING, col(Job.beat_at) < silent_since),
    )
    return session.exec(select(Job).where(waiting, Job.upload != "").order_by(col(Job.id))).all()


def left_behind(
    session: Session, *, silent_since: datetime, waiting_since: datetime
) -> Sequence[Job]:
    """Return jobs nobody will take up: commands that died, and drafts and files forgotten."""
    died = and_(
        col(Job.state) == JobState.RUNNING, col(Job.upload) == "", col(Job.beat_at) < silent_since
    )
    forgotten = and_(
        col(Job.state).in_((JobState.DRAFT, JobState.QUEUED)), col(Job.updated_at) < waiting_since
    )
    return session.exec(select(Job).where(or_(died, forgotten)).with_for_update()).all()


def live_uploads(session: Session) -> set[str]:
    """Return the stored names of the files that some job still needs."""
    return set(session.exec(select(Job.upload).where(col(Job.state).in_(LIVE))).all())


def insert_refused(session: Session, rows: Sequence[dict[str, object]]) -> None:
    """Insert refused rows."""
    if rows:
        session.execute(insert(RefusedRow), rows)


def refused(
    session: Session, job_id: int, *, after_id: int = 0, limit: int = 1_000
) -> Sequence[RefusedRow]:
    """Return refused rows of a job in file order, from behind the one with this id."""
    statement = select(RefusedRow).where(RefusedRow.job_id == job_id, RefusedRow.id > after_id)
    return session.exec(statement.order_by(col(RefusedRow.id)).limit(limit)).all()


def refused_reasons(session: Session, job_id: int) -> Sequence[tuple[str, int]]:
    """Return how many rows of a job were refused for which reason, the most frequent first."""
    count = func.count()
    statement = (
        select(RefusedRow.code, count)
        .where(RefusedRow.job_id == job_id)
        .group_by(col(RefusedRow.code))
        .order_by(count.desc())
    )
    return session.exec(statement).all()
