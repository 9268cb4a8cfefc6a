"""Which code does which kind of job; named, not imported, because jobs lie below departments."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from sqlmodel import Session

from core.jobs.models import Job
from core.jobs.terms import ImportField, JobKind, Limits, OnProgress, Run

HANDLERS: dict[JobKind, str] = {
    JobKind.IMPORT_STOCK: "core.operations.stock_import",
    JobKind.IMPORT_ORDERS: "core.operations.order_import",
    JobKind.IMPORT_EMPLOYEES: "core.people.employee_import",
    JobKind.IMPORT_CONTACTS: "core.audience.contact_import",
    JobKind.IMPORT_EVENTS: "core.audience.event_import",
}

TABLES = "core.migrations.tables"
"""Imports every table: in a process of its own, foreign keys must find where they point."""


class Handler(Protocol):
    """What the module of a kind of job offers."""

    FIELDS: Sequence[ImportField]
    REFUSED_COLUMNS: Sequence[str]
    """Codes that name cells which `run` adds to the rows it refuses."""

    def checked_options(
        self, session: Session, options: Mapping[str, object]
    ) -> Mapping[str, object]:
        """Return the options as they are kept; raises Invalid at the field."""

    def run(self, run: Run) -> None:
        """Do the job from where it stands, in transactions of its own; may be called again."""

    def run_file(
        self, run: Run, path: Path, limits: Limits, *, on_progress: OnProgress | None = None
    ) -> None:
        """Do the same with a file that lies elsewhere; on_progress: rows done, rows in all."""

    def settle(self, session: Session, job: Job) -> None:
        """Leave nothing hanging: called in the transaction that ends a started job, however."""


def handler(kind: JobKind) -> Handler:
    """Return the module that does this kind of job."""
    return cast("Handler", import_module(HANDLERS[kind]))


def fields_of(session: Session, kind: JobKind) -> Sequence[ImportField]:
    """Return what a row may tell: what every file may, then what this organisation has declared.

    A handler names the latter by a function `more_fields` of the session, where it has any.
    """
    module = handler(kind)
    more = getattr(module, "more_fields", None)
    return (*module.FIELDS, *more(session)) if more else module.FIELDS
