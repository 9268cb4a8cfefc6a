"""Imports as the page and the worker make them: upload, look, start, run."""

import csv
import io
import resource
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlmodel import Session, col, select

from core import clock
from core.access.terms import Actor
from core.db import reading, transaction
from core.jobs import runs, tables, uploads
from core.jobs import service as jobs
from core.jobs.child import run_here
from core.jobs.handlers import handler
from core.jobs.mapping import suggest_mapping
from core.jobs.models import Job, RefusedRow
from core.jobs.terms import PAGE_LIMITS, Draft, JobKind, Layout, Plan, Run
from tests.support.cast import administrator, make_organisation

UNLIMITED = resource.RLIM_INFINITY


def found_organisation() -> None:
    with transaction() as session:
        make_organisation(session)


def table(path: Path, rows: Sequence[Sequence[object]], *, encoding: str = "utf-8") -> Path:
    """Write a comma-separated file."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def queued(
    path: Path,
    kind: JobKind,
    *,
    options: Mapping[str, object] | None = None,
    mapping: Mapping[str, int] | None = None,
    layout: Layout | None = None,
    actor: Actor | None = None,
) -> int:
    """Upload a file and start its job; return the job's id."""
    actor = actor or administrator()
    with path.open("rb") as file:
        upload = uploads.keep(file)
    sample = tables.inspect(uploads.path_of(upload), PAGE_LIMITS)
    chosen = suggest_mapping(sample.headers, handler(kind).FIELDS) if mapping is None else mapping
    now = clock.now()
    with transaction() as session:
        draft = Draft(kind, path.name, upload, sample)
        job = jobs.create_draft(session, actor, draft=draft, now=now)
        jobs.start(session, actor, job_id=job.id, plan=Plan(chosen, options or {}, layout),
                   now=now)  # fmt: skip
        return job.id


def claimed(job_id: int) -> Run:
    with transaction() as session:
        run = runs.claim(session, job_id=job_id, now=clock.now())
    assert run is not None
    return run


def run(job_id: int) -> Job:
    """Run a queued job in this process and return it as it ended."""
    run_here(claimed(job_id), memory=UNLIMITED)
    return job_now(job_id)


def job_now(job_id: int) -> Job:
    with reading() as session:
        found = session.get(Job, job_id)
    assert found is not None
    return found


def refused(session: Session, job_id: int) -> list[tuple[int, str, str]]:
    """Line, label of the field and code of every refused row."""
    rows = session.exec(
        select(RefusedRow).where(RefusedRow.job_id == job_id).order_by(col(RefusedRow.id))
    )
    return [(row.line, str(row.params.get("label", "")), row.code) for row in rows]
