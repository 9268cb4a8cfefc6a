"""Commands that bring files in and give files out."""

import csv
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from core import clock
from core.audience.contact_import import import_contacts, topic_ids
from core.audience.terms import Basis, Choices, DuplicateRule
from core.cli.exports import EXPORTS, ExportKind, heads
from core.cli.speech import COMMAND_LINE, remark, say, words
from core.cli.waking import bind_waker
from core.contacts.terms import ContactKind
from core.db import reading, transaction
from core.errors import ChaparError, Conflict, Invalid, NotFound
from core.i18n.terms import Word
from core.jobs import runs, tables, uploads
from core.jobs import service as jobs
from core.jobs.cells import guarded
from core.jobs.handlers import handler
from core.jobs.mapping import suggest_mapping
from core.jobs.models import Job
from core.jobs.terms import COMMAND_LIMITS, Draft, JobKind, Plan
from core.migrations.standing import require_current
from core.operations.order_import import import_orders
from core.settings import settings

app = typer.Typer()
USUAL = Choices()


class ImportKind(StrEnum):
    """What a file brings."""

    ORDERS = "orders"
    STOCK = "stock"
    EMPLOYEES = "employees"
    CONTACTS = "contacts"
    EVENTS = "events"


@app.command("import", help=words("cli.help.import"))
def bring_in(  # noqa: PLR0913 - each kind of file has options of its own
    kind: Annotated[ImportKind, typer.Argument(help=words("cli.help.import_kind"))],
    file: Annotated[Path, typer.Argument(help=words("cli.help.import_file"))],
    *,
    opening_stock: Annotated[int, typer.Option(help=words("cli.help.opening_stock"))] = 0,
    reorder_point: Annotated[int, typer.Option(help=words("cli.help.reorder_point"))] = 0,
    currency: Annotated[str, typer.Option(help=words("cli.help.currency"))] = "",
    rule: Annotated[DuplicateRule, typer.Option(help=words("cli.help.rule"))] = USUAL.rule,
    source: Annotated[str, typer.Option(help=words("cli.help.source"))] = "",
    numbering: Annotated[str, typer.Option(help=words("cli.help.numbering"))] = USUAL.numbering,
    contact_kind: Annotated[ContactKind, typer.Option(help=words("cli.help.contact_kind"))] = (
        USUAL.kind
    ),
    basis: Annotated[Basis, typer.Option(help=words("cli.help.basis"))] = USUAL.basis,
    basis_text: Annotated[str, typer.Option(help=words("cli.help.basis_text"))] = "",
    topic: Annotated[list[str] | None, typer.Option(help=words("cli.help.topic"))] = None,
    tag: Annotated[str, typer.Option(help=words("cli.help.tag"))] = "",
    trial: Annotated[bool, typer.Option("--trial", help=words("cli.help.trial"))] = False,
) -> None:
    """Take a file in, with progress on stderr; what was refused can be downloaded on the page."""
    require_current(settings().store_url)
    if not file.is_file():
        raise NotFound("cli.no_file", file=str(file))
    bind_waker()
    if kind is ImportKind.ORDERS:
        options = {
            "opening_stock": opening_stock,
            "reorder_point": reorder_point,
            "currency": currency,
        }
        job = import_orders(COMMAND_LINE, file, options=options, on_progress=progress)
    elif kind is ImportKind.CONTACTS:
        with reading() as session:
            topics = topic_ids(session, topic or [])
        people = {
            "rule": rule, "source": source, "numbering": numbering, "kind": contact_kind,
            "basis": basis, "basis_text": basis_text, "topics": topics, "tag": tag,
            "is_trial": trial,
        }  # fmt: skip
        job = import_contacts(COMMAND_LINE, file, options=people, on_progress=progress)
    else:
        job = _run_here(JobKind(f"import_{kind}"), file)
    _tell(job)


def progress(done: int, total: int) -> None:
    """Say how far an import is: on one line of a terminal, else one line a piece."""
    end = "\r" if sys.stderr.isatty() and done < total else "\n"
    sys.stderr.write(words("job.progress", done=done, total=total) + end)
    sys.stderr.flush()


def _run_here(kind: JobKind, file: Path) -> Job:
    """Run a job on a copy of the file in this process.

    Were it to die, a worker goes on with what is no larger than a page takes.
    """
    sample = tables.inspect(file, COMMAND_LIMITS)
    module = handler(kind)
    with file.open("rb") as source:
        upload = uploads.keep(source, limit=COMMAND_LIMITS.size)
    draft = Draft(kind, file.name, upload, sample)
    plan = Plan(suggest_mapping(sample.headers, module.FIELDS))
    with transaction() as session:
        _, run = jobs.start_here(session, COMMAND_LINE, draft=draft, plan=plan, now=clock.now())
    try:
        module.run_file(run, uploads.path_of(upload), COMMAND_LIMITS, on_progress=progress)
    except BaseException as error:
        why = error if isinstance(error, ChaparError) else Conflict("job.interrupted")
        with transaction() as session:
            runs.fail(session, run, why, now=clock.now())
        raise
    with transaction() as session:
        return runs.finish(session, run, now=clock.now())


def _tell(job: Job) -> None:
    for name, count in job.result.items():
        if isinstance(count, int):
            say("cli.import_figure", name=Word(f"job.count.{name}"), number=count)
    say("job.refused_count", count=job.refused_count)


@app.command("export", help=words("cli.help.export"))
def give_out(
    kind: Annotated[ExportKind, typer.Argument(help=words("cli.help.export_kind"))],
    file: Annotated[Path, typer.Argument(help=words("cli.help.export_file"))],
) -> None:
    """Write a CSV file in UTF-8 that spreadsheets open and in which no cell is a formula."""
    require_current(settings().store_url)
    if file.exists():
        raise Invalid("cli.file_exists", file=str(file))
    count = 0
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as target:
        writer = csv.writer(target)
        writer.writerow([guarded(str(head)) for head in heads(kind)])
        for row in EXPORTS[kind]():
            writer.writerow([guarded("" if cell is None else str(cell)) for cell in row])
            count += 1
    remark("cli.exported", count=count, file=str(file))
