"""The job that takes people from a file: block by block, each whole or not at all.

A process of its own reads and checks ahead of the one that writes. The whole import is one change
that can be taken back; begun again after an accident it ends in the same result.
"""

import gc
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC
from pathlib import Path

from sqlmodel import Session, delete

from core import clock
from core.access.terms import Actor
from core.accounts.models import User
from core.audience import bulk, holding, intake, queries, steps, undo
from core.audience.fields import CUSTOM, FIELDS, TOPIC
from core.audience.intake import Intake
from core.audience.reader import blocks_ahead, without_tidying
from core.audience.terms import Basis, Choices, CustomField, DuplicateRule, ReadingPlan
from core.consent import domains
from core.contacts import search_index
from core.contacts.models import ChangeSet
from core.contacts.terms import ChangeKind, ContactKind
from core.db import transaction
from core.errors import Invalid
from core.i18n.terms import Calendar, Language
from core.i18n.text import stored_line
from core.jobs import runs, tables, uploads
from core.jobs import service as jobs
from core.jobs.feed import OnProgress, in_file_order, job_of
from core.jobs.handlers import fields_of
from core.jobs.mapping import suggest_mapping
from core.jobs.models import Job, RefusedRow
from core.jobs.rules import chosen, mapping_of
from core.jobs.terms import (
    COMMAND_LIMITS,
    PAGE_LIMITS,
    Draft,
    ImportField,
    JobKind,
    Limits,
    Outcome,
    Plan,
    Run,
)
from core.organisation import queries as organisation
from core.segments import service as segments

__all__ = ["FIELDS", "REFUSED_COLUMNS", "checked_options", "import_contacts", "more_fields", "run",
           "run_file", "settle", "topic_ids"]  # fmt: skip

REFUSED_COLUMNS: Sequence[str] = ()
_TEXT_LIMITS = {"source": 80, "numbering": 80, "basis_text": 60, "tag": 80}
_CHOICES = {"rule": DuplicateRule, "kind": ContactKind, "basis": Basis, "calendar": Calendar}


def more_fields(session: Session) -> Sequence[ImportField]:
    """Return the custom fields and topics of this organisation, as a file may answer them."""
    custom = [
        ImportField(f"{CUSTOM}{one.key}", "contact_import.field.custom",
                    (one.key, *one.names.values()), title=_title(one.names, one.key))
        for one in queries.attributes(session)
    ]  # fmt: skip
    topics = [
        ImportField(f"{TOPIC}{one.key}", "contact_import.field.topic", tuple(one.names.values()),
                    title=_title(one.names, one.key))
        for one in queries.topics(session)
    ]  # fmt: skip
    return [*custom, *topics]


def _title(names: Mapping[str, str], otherwise: str) -> str:
    return next((names[one] for one in Language if names.get(one)), otherwise)


def checked_options(session: Session, options: Mapping[str, object]) -> Mapping[str, object]:
    """Return how the people are taken, as `Choices` names it; what is left out is usual.

    Raises:
        Invalid: "contact_import.option_unknown" or "import.text_too_long", at the option.
    """
    house = organisation.organisation(session)
    usual = Choices(calendar=house.calendar, country=organisation.default_office(session).country)
    kept: dict[str, object] = {**asdict(usual), "topics": [], "is_trial": False}
    for name, kinds in _CHOICES.items():
        try:
            kept[name] = kinds(str(options.get(name) or getattr(usual, name))).value
        except ValueError as error:
            raise Invalid("contact_import.option_unknown", field=name) from error
    if kept["kind"] == ContactKind.EMPLOYEE:
        raise Invalid("contact_import.option_unknown", field="kind")
    for name, limit in _TEXT_LIMITS.items():
        text = stored_line(str(options.get(name) or getattr(usual, name)))
        if len(text) > limit:
            raise Invalid("import.text_too_long", field=name, limit=limit)
        kept[name] = text
    known = {one.id for one in queries.topics(session)}
    topics = _numbers(options.get("topics"))
    if not known.issuperset(topics):
        raise Invalid("contact_import.option_unknown", field="topics")
    if topics and kept["basis"] != Basis.UNKNOWN and not kept["basis_text"]:
        raise Invalid("contact_import.no_basis_text", field="basis_text")
    return {**kept, "topics": topics, "is_trial": bool(options.get("is_trial"))}


def _numbers(given: object) -> list[int]:
    return [int(str(one)) for one in given] if isinstance(given, list | tuple) else []


def run(run: Run) -> None:
    """Take the uploaded file of the job."""
    run_file(run, uploads.path_of(job_of(run).upload), PAGE_LIMITS)


def run_file(
    run: Run, path: Path, limits: Limits, *, on_progress: OnProgress | None = None
) -> None:
    """Take the people of this file. on_progress is told rows done and rows in all."""
    with transaction() as session:
        job = runs.continued(session, run)
        state = _begin(session, job)
        plan = _plan(session, job, path=path, limits=limits)
        lists = domains.lists(session)
    with blocks_ahead(plan) as blocks, without_tidying(), bulk.hurry():
        for block in blocks:
            with transaction() as session:
                job = runs.continued(session, run)
                found = intake.take(session, state, block)
                holding.hold(session, state.change_set_id, block, lists=lists)
                outcome = Outcome(found.counts, in_file_order(found.refused))
                runs.note_progress(
                    session, job, done_count=block.row_count, outcome=outcome, now=clock.now()
                )
                _count(session, state, found.counts)
            gc.collect()
            if on_progress:
                on_progress(job.done_count, job.total_count)
    if not state.is_trial:
        _note_left(state.change_set_id)
        _tell()


def _note_left(change_set_id: int) -> None:
    """Keep at what the import left whom it changed, so that undoing it spares what came later."""
    last = -1
    while last:
        with transaction() as session:
            last = undo.note_left(session, change_set_id, after_id=max(last, 0))


def _tell() -> None:
    """Have the search and the segments brought in step with what was written past their watch."""
    with transaction() as session:
        search_index.poke(session)
        segments.recheck_all(session)


def import_contacts(
    actor: Actor,
    path: Path,
    *,
    options: Mapping[str, object],
    on_progress: OnProgress | None = None,
) -> Job:
    """Take a people file from where it lies, in this process, and return the finished job.

    Columns are told by their heads. on_progress is told rows done and in all, after each commit.

    Raises:
        Invalid: A `file.*` code, or at an option; nothing is taken then.
        Forbidden: The actor may not import people.
    """
    sample = tables.inspect(path, COMMAND_LIMITS)
    draft = Draft(JobKind.IMPORT_CONTACTS, path.name, "", sample)
    with transaction() as session:
        fields = fields_of(session, JobKind.IMPORT_CONTACTS)
        plan = Plan(suggest_mapping(sample.headers, fields), options)
        _, attempt = jobs.start_here(session, actor, draft=draft, plan=plan, now=clock.now())
    return runs.carried_out(
        attempt, lambda: run_file(attempt, path, COMMAND_LIMITS, on_progress=on_progress)
    )


def topic_ids(session: Session, keys: Sequence[str]) -> list[int]:
    """Return the topics with these keys; raises Invalid "contact_import.option_unknown"."""
    known = {one.key: one.id for one in queries.topics(session)}
    if not known.keys() >= set(keys):
        raise Invalid("contact_import.option_unknown", field="topics")
    return [known[key] for key in keys]


def settle(_session: Session, _job: Job) -> None:
    """Nothing hangs: what was taken is whole and can be taken back."""


def choices_of(job: Job) -> Choices:
    """Return how the people of the job are taken."""
    kept = dict(chosen(job.options))
    kinds = {name: kind(str(kept[name])) for name, kind in _CHOICES.items()}
    return Choices(**{**kept, **kinds, "topics": tuple(_numbers(kept["topics"]))})  # type: ignore[arg-type]


def _begin(session: Session, job: Job) -> Intake:
    """Return the import as it stands; a trial remembers nothing, so it starts anew."""
    taken = choices_of(job)
    if taken.is_trial and job.done_count:
        session.execute(delete(RefusedRow).where(RefusedRow.job_id == job.id))  # type: ignore[arg-type]
        job.done_count, job.refused_count, job.result = 0, 0, {}
    topics = queries.topics(session)
    owner = session.get(User, job.owner_id) if job.owner_id is not None else None
    began = job.started_at or clock.now()
    return Intake(
        job_id=job.id,
        change_set_id=0 if taken.is_trial else _change_set(session, job).id,
        choices=taken,
        now=began if began.tzinfo else began.replace(tzinfo=UTC),
        wanted=steps.wanted(topics, taken.topics, taken.basis),
        answers={one.id: steps.yes(taken.basis, one.klass) for one in topics},
        topic_ids={one.key: one.id for one in topics},
        text_versions={one.id: one.text_version for one in topics},
        actor=f"user:{owner.id}" if owner else "",
        links=not taken.is_trial and queries.is_waiting(session),
    )


def _change_set(session: Session, job: Job) -> ChangeSet:
    found = queries.change_set_of(session, job.id)
    if found is None:
        found = ChangeSet(
            kind=ChangeKind.IMPORT, title=job.file_name[:255], by_id=job.owner_id, job_id=job.id
        )
        session.add(found)
        session.flush()
    return found


def _count(session: Session, state: Intake, counts: Mapping[str, int]) -> None:
    touched = counts.get("people_new", 0) + counts.get("people_changed", 0)
    if touched and not state.is_trial:
        found = session.get(ChangeSet, state.change_set_id)
        if found is not None:
            found.count += touched


def _plan(session: Session, job: Job, *, path: Path, limits: Limits) -> ReadingPlan:
    taken = choices_of(job)
    layout: Mapping[str, object] = job.options["layout"]  # type: ignore[assignment]
    wanted = mapping_of(job.options)
    return ReadingPlan(
        path=str(path),
        layout=dict(layout),
        limits=asdict(limits),
        columns=wanted,
        calendar=taken.calendar.value,
        country=taken.country,
        skip=job.done_count,
        custom=[
            CustomField(one.key, one.kind.value, list(one.options))
            for one in queries.attributes(session)
            if f"{CUSTOM}{one.key}" in wanted
        ],
        blocked=domains.refused(session),
    )
