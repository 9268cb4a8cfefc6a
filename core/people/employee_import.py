"""The job that takes employees from a file, chunk by chunk; taken up again, it goes on.

First every row that can be taken becomes an employee; then, because a manager may stand below
those it leads, managers are given and the first days planned.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from sqlmodel import Session

from core import clock
from core.access.terms import SYSTEM, Actor
from core.accounts.models import User
from core.db import transaction
from core.errors import Invalid
from core.i18n.terms import Calendar
from core.jobs import rules as job_rules
from core.jobs import runs, tables, uploads
from core.jobs.feed import OnProgress, job_of
from core.jobs.models import Job
from core.jobs.terms import PAGE_LIMITS, Limits, Outcome, Record, Refusal, Run
from core.organisation import queries as organisation
from core.people import intake, queries, sheet, staff
from core.people.headings import FIELDS
from core.people.house import house, newcomer
from core.people.planning import renew_plan
from core.people.terms import PastDue, RowDraft, RowVerdict

__all__ = ["FIELDS", "REFUSED_COLUMNS", "checked_options", "run", "run_file", "settle"]

REFUSED_COLUMNS: Sequence[str] = ()
ADMITTED_AT_ONCE, PLANNED_AT_ONCE = 50, 25
"""Employees per transaction. One is some 30 statements, its plan 50 more, and SQLite has one
writer: on two busy cores either number keeps the others waiting for about a second.
"""

Rows = Callable[[], Iterator[Record]]


def checked_options(session: Session, options: Mapping[str, object]) -> Mapping[str, object]:
    """Return in which calendar dates are written and what becomes of steps that are over.

    Left out, the calendar is the organisation's, and what is over is skipped.

    Raises:
        Invalid: "employee.option_unknown", at the field.
    """
    usual = organisation.organisation(session).calendar
    try:
        calendar = Calendar(str(options.get("calendar") or usual))
    except ValueError as error:
        raise Invalid("employee.option_unknown", field="calendar") from error
    try:
        past_due = PastDue(str(options.get("past_due") or PastDue.SKIP))
    except ValueError as error:
        raise Invalid("employee.option_unknown", field="past_due") from error
    return {"calendar": calendar.value, "past_due": past_due.value}


def run(run: Run) -> None:
    """Take the uploaded file of the job."""
    run_file(run, uploads.path_of(job_of(run).upload), PAGE_LIMITS)


def run_file(
    run: Run, path: Path, limits: Limits, *, on_progress: OnProgress | None = None
) -> None:
    """Take the employees of this file. on_progress is told rows done and rows in all."""
    job = job_of(run)
    layout = job_rules.layout_of(job.options)

    def rows() -> Iterator[Record]:
        return tables.records(path, layout, limits)

    leaders = _leaders(job, rows)
    left = islice(rows(), job.done_count, None)
    while chunk := list(islice(left, ADMITTED_AT_ONCE)):
        with transaction() as session:
            job = runs.continued(session, run)
            outcome = _take(session, job, chunk, named=frozenset(leaders.known))
            runs.note_progress(
                session, job, done_count=len(chunk), outcome=outcome, now=clock.now()
            )
        if on_progress:
            on_progress(job.done_count, job.total_count)
    _plan_all(run, leaders.wanted)


def settle(_session: Session, _job: Job) -> None:
    """Nothing hangs: every employee is whole, and the daily renewal plans those left unplanned."""


class _Leaders:
    """Who may be named as a manager in the file, and whom each row names, by comparable name."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.wanted: dict[str, str] = {}

    def see(self, draft: RowDraft) -> None:
        names = sheet.references([draft])
        self.known |= names
        if draft.manager:
            self.wanted |= dict.fromkeys(names, draft.manager)


def _leaders(job: Job, rows: Rows) -> _Leaders:
    found = _Leaders()
    mapping = job_rules.mapping_of(job.options)
    if "manager" in mapping:
        for row in rows():
            found.see(_draft(job, row, mapping))
    return found


def _take(session: Session, job: Job, chunk: Sequence[Record], *, named: frozenset[str]) -> Outcome:
    mapping = job_rules.mapping_of(job.options)
    verdicts = intake.judge(session, [_draft(job, row, mapping) for row in chunk], also=named)
    done = intake.take(session, _actor(session, job), house(session), verdicts=verdicts,
                       now=clock.now(), make=staff.admit)  # fmt: skip
    return Outcome({"added": len(done.added)}, [_refusal(verdict) for verdict in done.refused])


def _plan_all(run: Run, wanted: Mapping[str, str]) -> None:
    """Give managers and plan the first days of all employees this job has made."""
    last_id = 0
    while True:
        with transaction() as session:
            job = runs.continued(session, run)
            found = queries.from_source(
                session, _source(job), after_id=last_id, limit=PLANNED_AT_ONCE
            )
            if not found:
                return
            ids = [employee.id for employee, _ in found]
            unled = _plan_some(session, job, employee_ids=ids, wanted=wanted)
            outcome = Outcome({"without_manager": unled} if unled else {})
            runs.note_progress(session, job, done_count=0, outcome=outcome, now=clock.now())
            last_id = found[-1][0].id


def _plan_some(
    session: Session, job: Job, *, employee_ids: Sequence[int], wanted: Mapping[str, str]
) -> int:
    """Return how many of the employees name a manager that could not be given to them."""
    shared, actor, now = house(session), _actor(session, job), clock.now()
    past_due = PastDue(str(job_rules.chosen(job.options)["past_due"]))
    unled = 0
    for line in staff.lines(session, queries.with_contacts(session, employee_ids)):
        employee = queries.employee_for_update(session, line.id)
        if employee is None:
            continue
        names = map(sheet.reference, (line.code, line.work_email, line.private_email))
        manager = next((wanted[name] for name in names if name in wanted), "")
        unled += bool(manager) and not intake.link(session, employee, manager)
        who = newcomer(session, employee)
        renew_plan(session, actor, shared, who=who, past_due=past_due, now=now)
    return unled


def _draft(job: Job, row: Record, mapping: Mapping[str, int]) -> RowDraft:
    chosen = job_rules.chosen(job.options)
    draft = sheet.drafts([row], mapping, Calendar(str(chosen["calendar"])))[0]
    return intake.with_choices(
        draft, past_due=PastDue(str(chosen["past_due"])), source=_source(job)
    )


def _source(job: Job) -> str:
    return f"import:{job.id}"


def _refusal(verdict: RowVerdict) -> Refusal:
    first = verdict.faults[0]
    label = f"employee.{first.field.removesuffix('_id')}" if first.field else ""
    return Refusal(
        verdict.draft.line, verdict.draft.cells, first.code, label=label, params=first.params
    )


def _actor(session: Session, job: Job) -> Actor:
    """Return on whose behalf the job runs; whether they may was asked when it was started."""
    owner = session.get(User, job.owner_id) if job.owner_id is not None else None
    return replace(SYSTEM, kind="user", id=owner.id, name=owner.name) if owner else SYSTEM
