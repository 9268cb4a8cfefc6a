"""What becomes of a job while it runs: claimed, moved on, ended, taken up again.

These are steps of the machinery and ask nobody. An attempt can only touch a job while no later
attempt has taken it over, so a worker that was thought dead does no harm when it wakes.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import Session

from core import clock, outbox
from core.access.terms import SYSTEM
from core.audit import service as audit
from core.db import transaction
from core.errors import ChaparError, Conflict
from core.jobs import queries, uploads
from core.jobs.handlers import handler
from core.jobs.models import Job
from core.jobs.refusals import packed
from core.jobs.rules import MOST_ATTEMPTS, MOST_REFUSED, added, stalled_count
from core.jobs.terms import JobState, Outcome, Run

LANE = "jobs"
LEASE = timedelta(minutes=2)
FORGOTTEN = timedelta(hours=24)


def due_ids(session: Session, *, now: datetime) -> list[int]:
    """Return the jobs whose file lies on this host and that wait, or whose worker fell silent."""
    found = queries.due(session, silent_since=now - LEASE)
    return [job.id for job in found if uploads.is_here(job.upload)]


def claim(session: Session, *, job_id: int, now: datetime) -> Run | None:
    """Take a waiting or silent job; return this attempt at it, or None when somebody has it.

    A job that was taken up too often without moving on is failed instead.
    """
    job = queries.job_for_update(session, job_id)
    if job is None or not _is_due(job, now):
        return None
    if stalled_count(job.options) >= MOST_ATTEMPTS:
        _fail(session, job, Conflict("job.gave_up"), now=now)
        return None
    return begin(job, now=now)


def begin(job: Job, *, now: datetime) -> Run:
    """Return a new attempt at the job, which runs from now on."""
    job.state = JobState.RUNNING
    job.attempt_count += 1
    job.started_at = job.started_at or now
    job.beat_at = now
    job.options = {**job.options, "stalled": stalled_count(job.options) + 1}
    return Run(job.id, job.attempt_count)


def continued(session: Session, run: Run) -> Job:
    """Return the job, held for this attempt; raises Conflict "job.lost" when it lost the job."""
    job = _held(session, run)
    if job is None:
        raise Conflict("job.lost")
    return job


def note_progress(
    session: Session, job: Job, *, done_count: int, outcome: Outcome, now: datetime
) -> None:
    """Add what became of some rows, in the transaction that took them."""
    kept = outcome.refused[: max(MOST_REFUSED - job.refused_count, 0)]
    job.done_count += done_count
    job.refused_count += len(outcome.refused)
    job.result = added(job.result, outcome.counts)
    job.beat_at = now
    if stalled_count(job.options):
        job.options = {**job.options, "stalled": 0}
    rows: list[dict[str, object]] = [
        {
            "job_id": job.id,
            "line": refusal.line,
            "code": refusal.code,
            "params": packed({**refusal.params, "label": refusal.label}),
            "cells": list(refusal.cells),
        }
        for refusal in kept
    ]
    queries.insert_refused(session, rows)


def finish(session: Session, run: Run, *, now: datetime) -> Job:
    """Return the job, done."""
    job = continued(session, run)
    end(session, job, JobState.DONE, now=now)
    audit.record(
        session,
        SYSTEM,
        "job.finished",
        now=now,
        subject=job,
        name=job.file_name[:200],
        after={**job.result, "refused": job.refused_count},
    )
    return job


def fail(session: Session, run: Run, error: ChaparError, *, now: datetime) -> None:
    """End the job with the reason; nothing happens when this attempt has lost it."""
    job = _held(session, run)
    if job is not None:
        _fail(session, job, error, now=now)


def carried_out(run: Run, work: Callable[[], None]) -> Job:
    """Do the work of an attempt in this process and return the job, done.

    Whatever ends the work early ends the job too, with its reason, and is raised again.
    """
    try:
        work()
    except BaseException as error:
        why = error if isinstance(error, ChaparError) else Conflict("job.interrupted")
        with transaction() as session:
            fail(session, run, why, now=clock.now())
        raise
    with transaction() as session:
        return finish(session, run, now=clock.now())


def retry_or_fail(session: Session, run: Run, error: ChaparError, *, now: datetime) -> None:
    """Queue the job again after an accident, or end it when it does not move on."""
    job = _held(session, run)
    if job is None:
        return
    if stalled_count(job.options) >= MOST_ATTEMPTS or not job.upload:
        _fail(session, job, error, now=now)
        return
    job.state = JobState.QUEUED
    outbox.poke(session, LANE)


def is_alive(session: Session, run: Run, *, now: datetime) -> bool:
    """Return whether the attempt still has its job and gave a sign of life lately."""
    job = queries.job(session, run.job_id)
    if job is None or job.state is not JobState.RUNNING or job.attempt_count != run.attempt:
        return False
    return not _is_silent(job, now)


def sweep(session: Session, *, now: datetime) -> int:
    """End what nobody will take up, remove files no job needs; return how many jobs were looked at.

    A command that died is failed, a draft left for a day is abandoned, and so is a queued file
    that no host has had for a day.
    """
    found = queries.left_behind(session, silent_since=now - LEASE, waiting_since=now - FORGOTTEN)
    for job in found:
        if job.state is JobState.DRAFT:
            end(session, job, JobState.ABANDONED, now=now)
        elif not uploads.is_here(job.upload):
            code = "job.upload_missing" if job.upload else "job.interrupted"
            _fail(session, job, Conflict(code), now=now)
    needed, old = queries.live_uploads(session), (now - FORGOTTEN).timestamp()
    for name, changed in uploads.names().items():
        if name not in needed and changed < old:
            uploads.remove_after_commit(session, name)
    return len(found)


def end(session: Session, job: Job, state: JobState, *, now: datetime) -> None:
    """Bring the job to one of its ends; its file goes with the commit."""
    if job.started_at is not None:
        handler(job.kind).settle(session, job)
    job.state, job.ended_at = state, now
    if job.upload:
        uploads.remove_after_commit(session, job.upload)
    session.flush()


def _held(session: Session, run: Run) -> Job | None:
    job = queries.job_for_update(session, run.job_id)
    is_mine = job is not None and job.attempt_count == run.attempt
    return job if job is not None and is_mine and job.state is JobState.RUNNING else None


def _is_due(job: Job, now: datetime) -> bool:
    if not job.upload:  # a command runs it where it was typed
        return False
    return job.state is JobState.QUEUED or (job.state is JobState.RUNNING and _is_silent(job, now))


def _is_silent(job: Job, now: datetime) -> bool:
    return job.beat_at is None or job.beat_at < now - LEASE


def _fail(session: Session, job: Job, error: ChaparError, *, now: datetime) -> None:
    job.error_code = error.code[:80]
    job.result = {**job.result, "error": packed(error.params)}
    end(session, job, JobState.FAILED, now=now)
    audit.record(
        session,
        SYSTEM,
        "job.failed",
        now=now,
        subject=job,
        name=job.file_name[:200],
        reason=error.code,
    )
