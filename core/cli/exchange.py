"""Commands that bring files in and give files out."""

import csv
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from core import clock
from core.cli.exports import COLUMNS, EXPORTS, ExportKind
from core.cli.speech import COMMAND_LINE, remark, say, words
from core.cli.waking import bind_waker
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
from core.migrations import service as migrations
from core.operations.order_import import import_orders
from core.settings import settings

app = typer.Typer()
_GLANCE_S = 1.0


class ImportKind(StrEnum):
    """What a file brings."""

    ORDERS = "orders"
    STOCK = "stock"
    EMPLOYEES = "employees"


@app.command("import", help=words("cli.help.import"))
def bring_in(
    kind: Annotated[ImportKind, typer.Argument(help=words("cli.help.import_kind"))],
    file: Annotated[Path, typer.Argument(help=words("cli.help.import_file"))],
    *,
    opening_stock: Annotated[int, typer.Option(help=words("cli.help.opening_stock"))] = 0,
    reorder_point: Annotated[int, typer.Option(help=words("cli.help.reorder_point"))] = 0,
    currency: Annotated[str, typer.Option(help=words("cli.help.currency"))] = "",
) -> None:
    """Take a file in, with progress on stderr; what was refused can be downloaded on the page."""
    migrations.require_current(settings().store_url)
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
    else:
        job = _run_here(JobKind(f"import_{kind}"), file)
    _tell(job)


def progress(done: int, total: int) -> None:
    """Say how far an import is: on one line of a terminal, else one line a piece."""
    end = "\r" if sys.stderr.isatty() and done < total else "\n"
    sys.stderr.write(words("job.progress", done=done, total=total) + end)
    sys.stderr.flush()


def _run_here(kind: JobKind, file: Path) -> Job:
    """Run a job on a copy of the file in this process; were it to die, a worker goes on."""
    sample = tables.inspect(file, COMMAND_LIMITS)
    module = handler(kind)
    with file.open("rb") as source:
        upload = uploads.keep(source)
    draft = Draft(kind, file.name, upload, sample)
    plan = Plan(suggest_mapping(sample.headers, module.FIELDS))
    with transaction() as session:
        _, run = jobs.start_here(session, COMMAND_LINE, draft=draft, plan=plan, now=clock.now())
    try:
        with _watched(run.job_id):
            module.run(run)
    except BaseException as error:
        why = error if isinstance(error, ChaparError) else Conflict("job.interrupted")
        with transaction() as session:
            runs.fail(session, run, why, now=clock.now())
        raise
    with transaction() as session:
        return runs.finish(session, run, now=clock.now())


@contextmanager
def _watched(job_id: int) -> Iterator[None]:
    """Tell the progress of the job every second until the block ends."""
    is_over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(job_id, is_over.wait), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()


def _watch(job_id: int, wait: Callable[[float], bool]) -> None:
    told = -1
    while not wait(_GLANCE_S):
        with reading() as session:
            job = session.get(Job, job_id)
        if job is not None and job.done_count != told:
            told = job.done_count
            progress(told, job.total_count)


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
    migrations.require_current(settings().store_url)
    if file.exists():
        raise Invalid("cli.file_exists", file=str(file))
    count = 0
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(COLUMNS[kind])
        for row in EXPORTS[kind]():
            writer.writerow([guarded("" if cell is None else str(cell)) for cell in row])
            count += 1
    remark("cli.exported", count=count, file=str(file))
