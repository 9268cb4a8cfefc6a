"""Takes an order file: orders and customers into commerce, and what was sold out of stock.

Lines are applied in file order: sales lower a count, returns raise it. An article nobody keeps
yet is made with the opening count and the reorder point that were chosen. Codes that are no
articles (postage, fees) make no stock.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.numbers import list_currencies
from sqlmodel import Session

from core import clock
from core.access.terms import Actor
from core.commerce import service as commerce
from core.commerce.inputs import FIELDS, LineReader
from core.commerce.rules import is_article, line_key
from core.commerce.terms import OrderIntake, SoldLine
from core.db import transaction
from core.errors import Invalid
from core.i18n.formats import minor_places
from core.jobs import feed, runs, tables, uploads
from core.jobs import service as jobs
from core.jobs.mapping import suggest_mapping
from core.jobs.models import Job
from core.jobs.rules import chosen, layout_of, mapping_of, sample_in
from core.jobs.terms import (
    COMMAND_LIMITS,
    PAGE_LIMITS,
    Draft,
    JobKind,
    Limits,
    OnProgress,
    Outcome,
    Plan,
    Record,
    Refusal,
    Run,
)
from core.operations import imports, inputs
from core.operations.shelf import Held, Intake, Shelf, batch_of
from core.operations.terms import MovementKind, NewItem
from core.organisation import queries as organisation

SOURCE = "orders"
SOURCE_LIMIT = 40
REFUSED_COLUMNS = ("order.field.line",)
NAME_LIMIT = inputs.LIMITS["name"]


def checked_options(session: Session, options: Mapping[str, object]) -> Mapping[str, object]:
    """Return the options as they are kept.

    opening_stock and reorder_point (counts, 0 when absent) of articles nobody keeps yet; currency
    (the organisation's when absent); source, under which orders and customers are known.
    """
    known = organisation.organisation(session)
    currency = str(options.get("currency") or known.currency).strip().upper()
    if currency not in list_currencies():
        raise Invalid("organisation.currency_unknown", field="currency", typed=currency[:20])
    source = str(options.get("source") or SOURCE).strip()
    if len(source) > SOURCE_LIMIT:
        raise Invalid("import.text_too_long", field="source", limit=SOURCE_LIMIT)
    return {
        "opening_stock": inputs.read_count("opening_stock", _text(options, "opening_stock")),
        "reorder_point": inputs.read_count("reorder_point", _text(options, "reorder_point")),
        "currency": currency,
        "source": source,
        "zone": known.time_zone,
    }


def run(run: Run) -> None:
    """Take the lines of the uploaded file that were not taken yet."""
    run_file(run, uploads.path_of(feed.job_of(run).upload), PAGE_LIMITS)


def run_file(
    run: Run, path: Path, limits: Limits, *, on_progress: OnProgress | None = None
) -> None:
    """Take the lines of this file that were not taken yet. on_progress: lines done, and in all."""
    options = feed.job_of(run).options
    taken = chosen(options)
    reader = LineReader(minor_places(str(taken["currency"])), ZoneInfo(str(taken["zone"])))
    records = tables.records(path, layout_of(options), limits)
    width = len(sample_in(options).headers)
    lines = read_lines(records, mapping_of(options), reader=reader, width=width)
    feed.feed(run, lines, _take, on_progress=on_progress)


def settle(session: Session, job: Job) -> None:
    """Let the events of the job be reacted to."""
    imports.release(session, job)


def import_orders(
    actor: Actor,
    path: Path,
    *,
    options: Mapping[str, object],
    department_id: int | None = None,
    on_progress: OnProgress | None = None,
) -> Job:
    """Take an order file from where it lies, in this process, and return the finished job.

    options: as for `checked_options`. Safe to call again after any interruption: what was taken
    stays as it is. on_progress is told lines done and lines in all, after each commit.

    Raises:
        Invalid: A `file.*` code, "import.field_missing", or at an option; nothing is taken then.
        Forbidden: The actor may not import orders.
    """
    sample = tables.inspect(path, COMMAND_LIMITS)
    draft = Draft(JobKind.IMPORT_ORDERS, path.name, "", sample, department_id)
    plan = Plan(suggest_mapping(sample.headers, FIELDS), options)
    with transaction() as session:
        _, run = jobs.start_here(session, actor, draft=draft, plan=plan, now=clock.now())
    return runs.carried_out(
        run, lambda: run_file(run, path, COMMAND_LIMITS, on_progress=on_progress)
    )


def read_lines(
    records: Iterable[Record], mapping: Mapping[str, int], *, reader: LineReader, width: int
) -> Iterator[SoldLine | Refusal]:
    """Yield the line in each row, or why it cannot be taken."""
    for record in records:
        try:
            cells = imports.Cells(record, mapping, width)
            line = reader.number(cells.text("reference").strip(), cells.text("line"))
        except Invalid as error:
            yield imports.refusal(record, error, FIELDS, "")
            continue
        try:
            yield reader.read(record.line, line, cells.text)
        except Invalid as error:
            yield imports.refusal(record, error, FIELDS, str(line))


def _take(session: Session, job: Job, lines: Sequence[SoldLine]) -> Outcome:
    options = chosen(job.options)
    source, now = str(options["source"]), imports.began(job)
    intake = OrderIntake(source, str(options["currency"]), job.id, now, batch_of(job.id))
    taken = commerce.take_lines(session, lines, intake=intake)
    shelf = Shelf(session, Intake(job.id, source, now, job.owner_id))
    shelf.hold(line.code for line in taken.lines)
    goods = [line for line in taken.lines if is_article(line.code) or shelf.item(line.code)]
    for line in goods:
        held = shelf.item(line.code) or shelf.add(
            _article(line, job), at=line.at, key=f"opening:{line.code}"
        )
        _name(shelf, held, line)
        kind = MovementKind.RETURN if line.quantity < 0 else MovementKind.SALE
        key = line_key(line.reference, line.line)
        shelf.move(held, kind, -line.quantity, at=line.at, key=key)
    counts = {
        "lines": len(taken.lines),
        "known": len(lines) - len(taken.lines),
        "services": len(taken.lines) - len(goods),
        "orders": taken.order_count,
        "contacts": taken.contact_count,
    }
    return Outcome({**counts, **shelf.write()})


def _article(line: SoldLine, job: Job) -> NewItem:
    options = chosen(job.options)
    return NewItem(
        code=line.code,
        name=line.description[:NAME_LIMIT] or line.code,
        on_hand=int(str(options["opening_stock"])),
        reorder_point=int(str(options["reorder_point"])),
        department_id=job.department_id,
    )


def _name(shelf: Shelf, held: Held, line: SoldLine) -> None:
    """Name an article that had to go by its code, once a line describes it."""
    if held.name == held.code and line.description:
        name = line.description[:NAME_LIMIT]
        shelf.describe(held, name=name, category=held.category, unit=held.unit)


def _text(options: Mapping[str, object], name: str) -> str:
    value = options.get(name)
    return "0" if value is None or value == "" else str(value)


__all__ = [
    "FIELDS",
    "REFUSED_COLUMNS",
    "checked_options",
    "import_orders",
    "run",
    "run_file",
    "settle",
]
