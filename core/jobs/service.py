"""Verbs of jobs: upload, plan, start, abandon, look at progress and at what was refused.

Whoever may import a kind of thing may see and steer the jobs of that kind.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlmodel import Session

from core import outbox
from core.access import rules as access_rules
from core.access.service import may, require, require_on, verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.errors import Conflict, NotFound
from core.i18n.terms import Language
from core.i18n.text import stored_line
from core.jobs import queries, runs
from core.jobs.handlers import fields_of, handler
from core.jobs.mapping import check_mapping
from core.jobs.models import Job, RefusedRow
from core.jobs.refused_file import refused_file as file_of_refused
from core.jobs.rules import sample_in
from core.jobs.terms import Draft, ImportField, JobKind, JobState, Plan, Run

PERMISSIONS: dict[JobKind, Permission] = {
    JobKind.IMPORT_STOCK: Permission.STOCK_IMPORT,
    JobKind.IMPORT_ORDERS: Permission.ORDER_IMPORT,
    JobKind.IMPORT_EMPLOYEES: Permission.EMPLOYEE_IMPORT,
    JobKind.IMPORT_CONTACTS: Permission.CONTACT_IMPORT,
    JobKind.IMPORT_EVENTS: Permission.EVENT_RECORD,
}


@verb(Permission.SELF_EDIT, audit="job.drafted")
def create_draft(session: Session, actor: Actor, *, draft: Draft, now: datetime) -> Job:
    """Return a draft for an uploaded file; nothing is taken from it before `start`."""
    require_on(
        actor, PERMISSIONS[draft.kind], department_id=draft.department_id, owner_id=_user_id(actor)
    )
    job = Job(
        kind=draft.kind,
        owner_id=_user_id(actor),
        department_id=draft.department_id,
        file_name=stored_line(draft.file_name)[-255:],
        upload=draft.upload,
        total_count=draft.sample.row_count,
        options={"sample": asdict(draft.sample), "reach": _reach(actor, draft.kind)},
    )
    session.add(job)
    session.flush()
    audit.record(session, actor, "job.drafted", now=now, subject=job, name=job.file_name[:200])
    return job


@verb(Permission.SELF_EDIT, audit=None)
def fields(session: Session, actor: Actor, *, kind: JobKind) -> Sequence[ImportField]:
    """Return what the rows of such a file may tell."""
    require(actor, PERMISSIONS[kind])
    return fields_of(session, kind)


@verb(Permission.SELF_EDIT, audit="job.started")
def start(session: Session, actor: Actor, *, job_id: int, plan: Plan, now: datetime) -> Job:
    """Return the job, queued to run as planned.

    Raises:
        Invalid: `import.*` at a field without its column, or at an option.
        Conflict: "job.not_draft".
    """
    job = _reached(session, actor, job_id)
    if job.state is not JobState.DRAFT:
        raise Conflict("job.not_draft")
    _plan(session, job, plan)
    job.state = JobState.QUEUED
    audit.record(session, actor, "job.started", now=now, subject=job, name=job.file_name[:200],
                 after={"kind": job.kind.value, "rows": job.total_count})  # fmt: skip
    outbox.poke(session, runs.LANE)
    return job


@verb(Permission.SELF_EDIT, audit="job.started")
def start_here(
    session: Session, actor: Actor, *, draft: Draft, plan: Plan, now: datetime
) -> tuple[Job, Run]:
    """Return a job that the caller itself runs at once, from a file that stays where it is."""
    job = create_draft(session, actor, draft=draft, now=now)
    _plan(session, job, plan)
    run = runs.begin(job, now=now)
    audit.record(session, actor, "job.started", now=now, subject=job, name=job.file_name[:200],
                 after={"kind": job.kind.value, "rows": job.total_count})  # fmt: skip
    return job, run


@verb(Permission.SELF_EDIT, audit="job.abandoned")
def abandon(session: Session, actor: Actor, *, job_id: int, now: datetime) -> Job:
    """Return the job, ended; rows it has taken stay, its file goes.

    Raises:
        Conflict: "job.ended".
    """
    job = _reached(session, actor, job_id)
    if job.state not in queries.LIVE:
        raise Conflict("job.ended")
    runs.end(session, job, JobState.ABANDONED, now=now)
    audit.record(session, actor, "job.abandoned", now=now, subject=job, name=job.file_name[:200])
    return job


@verb(Permission.SELF_EDIT, audit=None)
def job(session: Session, actor: Actor, *, job_id: int) -> Job:
    """Return a job with its progress."""
    found = queries.job(session, job_id)
    if found is None:
        raise NotFound("job.missing")
    _require(actor, found)
    return found


@verb(Permission.SELF_EDIT, audit=None)
def jobs(
    session: Session, actor: Actor, *, kinds: Sequence[JobKind] = tuple(JobKind), limit: int = 20
) -> Sequence[Job]:
    """Return the latest jobs the actor may see, newest first; drafts are left out."""
    found = [
        job
        for kind in kinds
        if may(actor, PERMISSIONS[kind])
        for job in queries.recent(
            session,
            kinds=[kind],
            departments=access_rules.departments(actor, PERMISSIONS[kind]),
            owner_id=_user_id(actor),
            limit=limit,
        )
    ]
    return sorted(found, key=lambda job: -job.id)[:limit]


@verb(Permission.SELF_EDIT, audit=None)
def refused_rows(
    session: Session, actor: Actor, *, job_id: int, after_id: int = 0, limit: int = 50
) -> Sequence[RefusedRow]:
    """Return rows that were not taken, in file order, from behind the one with this id."""
    job(session, actor, job_id=job_id)
    return queries.refused(session, job_id, after_id=after_id, limit=limit)


@verb(Permission.SELF_EDIT, audit=None)
def refused_reasons(session: Session, actor: Actor, *, job_id: int) -> Sequence[tuple[str, int]]:
    """Return how many rows were refused for which reason, the most frequent first."""
    job(session, actor, job_id=job_id)
    return queries.refused_reasons(session, job_id)


@verb(Permission.SELF_EDIT, audit="job.refusals_downloaded")
def refused_file(
    session: Session, actor: Actor, *, job_id: int, language: Language, now: datetime
) -> bytes:
    """Return the refused rows as a CSV file with reasons, safe to open and to import again."""
    found = job(session, actor, job_id=job_id)
    audit.record(session, actor, "job.refusals_downloaded", now=now, subject=found,
                 name=found.file_name[:200])  # fmt: skip
    return file_of_refused(session, found, language)


def _plan(session: Session, job: Job, plan: Plan) -> None:
    sample, module = sample_in(job.options), handler(job.kind)
    check_mapping(plan.mapping, fields_of(session, job.kind), len(sample.headers))
    options = module.checked_options(session, plan.options)
    job.options = {
        **job.options,
        "layout": asdict(plan.layout or sample.layout),
        "mapping": dict(plan.mapping),
        "chosen": dict(options),
    }


def _reached(session: Session, actor: Actor, job_id: int) -> Job:
    found = queries.job_for_update(session, job_id)
    if found is None:
        raise NotFound("job.missing")
    _require(actor, found)
    return found


def _require(actor: Actor, job: Job) -> None:
    permission = PERMISSIONS[job.kind]
    require_on(actor, permission, department_id=job.department_id, owner_id=job.owner_id)


def _reach(actor: Actor, kind: JobKind) -> list[int] | None:
    departments = access_rules.departments(actor, PERMISSIONS[kind])
    return None if departments is None else sorted(departments)


def _user_id(actor: Actor) -> int | None:
    return actor.id if actor.kind == "user" else None
