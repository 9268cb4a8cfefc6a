"""Takes a stock list from a file: items by code, with counts and reorder points."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from core.errors import Invalid
from core.jobs import feed, tables, uploads
from core.jobs.models import Job
from core.jobs.rules import chosen, layout_of, mapping_of, reach_of, sample_in
from core.jobs.terms import (
    PAGE_LIMITS,
    ImportField,
    Limits,
    OnProgress,
    Outcome,
    Record,
    Refusal,
    Run,
)
from core.operations import imports, inputs
from core.operations.shelf import Held, Intake, Shelf
from core.operations.terms import KnownRule, NewItem

SOURCE = "stock_file"
REFUSED_COLUMNS: tuple[str, ...] = ()
FIELDS = (
    ImportField(
        "code",
        "stock.field.code",
        ("item code", "stock code", "product code", "sku", "item number", "item no", "part number",
         "barcode", "کد", "کد کالا", "کد محصول", "کدکالا", "شناسه کالا", "شماره کالا", "بارکد",
         "رمز الصنف", "كود الصنف", "الكود", "رقم الصنف", "رقم المنتج", "الرمز"),
        is_required=True,
    ),
    ImportField(
        "name",
        "stock.field.name",
        ("item name", "product name", "item", "product", "description", "title", "نام",
         "نام کالا", "نام محصول", "شرح کالا", "شرح", "عنوان", "کالا", "الاسم", "اسم الصنف",
         "اسم المنتج", "الصنف", "الوصف"),
    ),
    ImportField(
        "category",
        "stock.field.category",
        ("group", "item group", "product group", "department", "دسته", "دسته بندی", "گروه",
         "گروه کالا", "طبقه", "رده", "الفئة", "التصنيف", "المجموعة"),
    ),
    ImportField(
        "unit",
        "stock.field.unit",
        ("unit of measure", "uom", "measure", "واحد", "واحد شمارش", "واحد اندازه گیری",
         "واحد سنجش", "الوحدة", "وحدة القياس"),
    ),
    ImportField(
        "on_hand",
        "stock.field.on_hand",
        ("on hand", "qty", "quantity", "count", "stock", "stock level", "in stock", "balance",
         "qty on hand", "quantity on hand", "available", "موجودی", "موجودی انبار", "تعداد",
         "مقدار", "مانده", "شمارش", "الكمية", "الرصيد", "المخزون", "الكمية المتوفرة", "العدد"),
    ),
    ImportField(
        "reorder_point",
        "stock.field.reorder_point",
        ("reorder", "reorder point", "reorder level", "min", "minimum", "min stock",
         "minimum stock", "minimum quantity", "safety stock", "نقطه سفارش", "نقطه ی سفارش",
         "حداقل", "حداقل موجودی", "حد سفارش", "نقطة إعادة الطلب", "حد الطلب", "حد إعادة الطلب",
         "الحد الأدنى"),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class StockRow:
    """A row that can be taken. None: the file says nothing about it."""

    line: int
    code: str
    name: str | None
    category: str | None
    unit: str | None
    on_hand: int | None
    reorder_point: int | None
    cells: tuple[str, ...]


def checked_options(_session: Session, options: Mapping[str, object]) -> Mapping[str, object]:
    """Return the options as they are kept: `known`, what to do with items that exist."""
    known = str(options.get("known", KnownRule.UPDATE))
    if known not in set(KnownRule):
        raise Invalid("import.option_unknown", field="known")
    return {"known": known}


def run(run: Run) -> None:
    """Take the rows of the uploaded file that were not taken yet."""
    run_file(run, uploads.path_of(feed.job_of(run).upload), PAGE_LIMITS)


def run_file(
    run: Run, path: Path, limits: Limits, *, on_progress: OnProgress | None = None
) -> None:
    """Take the rows of this file that were not taken yet. on_progress: rows done, rows in all."""
    options = feed.job_of(run).options
    records = tables.records(path, layout_of(options), limits)
    width = len(sample_in(options).headers)
    rows = read_rows(records, mapping_of(options), width=width)
    feed.feed(run, rows, _take, on_progress=on_progress)


def settle(session: Session, job: Job) -> None:
    """Let the events of the job be reacted to."""
    imports.release(session, job)


def read_rows(
    records: Iterable[Record], mapping: Mapping[str, int], *, width: int
) -> Iterator[StockRow | Refusal]:
    """Yield what each row says, or why it cannot be taken. A code counts once, its first time."""
    seen: dict[str, int] = {}
    for record in records:
        try:
            yield _row(record, imports.Cells(record, mapping, width), seen)
        except Invalid as error:
            yield imports.refusal(record, error, FIELDS)


def _row(record: Record, cells: imports.Cells, seen: dict[str, int]) -> StockRow:
    code = inputs.clean_code(cells.text("code"))
    row = StockRow(
        line=record.line,
        code=code,
        name=inputs.clean_name(cells.text("name"), code="") or None,
        category=inputs.clean_text("category", cells.text("category")) or None,
        unit=inputs.clean_text("unit", cells.text("unit")) or None,
        on_hand=_count("on_hand", cells.text("on_hand")),
        reorder_point=_count("reorder_point", cells.text("reorder_point")),
        cells=record.cells,
    )
    first = seen.setdefault(code, record.line)
    if first != record.line:
        raise Invalid("stock.code_repeated", field="code", code=code, line=first)
    return row


def _count(field: str, text: str) -> int | None:
    return inputs.read_count(field, text) if text.strip() else None


def _take(session: Session, job: Job, rows: Sequence[StockRow]) -> Outcome:
    intake = Intake(job.id, SOURCE, imports.began(job), job.owner_id)
    shelf, reach = Shelf(session, intake), reach_of(job.options)
    shelf.hold(row.code for row in rows)
    counts, refused = Counter({"updated": 0, "skipped": 0}), []
    for row in rows:
        held, key = shelf.item(row.code), f"{job.id}:{row.line}"
        if held is None:
            shelf.add(_new(row, job), at=intake.now, key=key)
        elif reach is not None and held.department_id not in {None, *reach}:
            refused.append(_foreign(row))
        elif chosen(job.options)["known"] == KnownRule.SKIP:
            counts["skipped"] += 1
        else:
            _update(shelf, held, row, key=key)
            counts["updated"] += 1
    return Outcome({**counts, **shelf.write()}, refused)


def _foreign(row: StockRow) -> Refusal:
    error = Invalid("stock.other_department", field="code", code=row.code)
    return imports.refusal(Record(row.line, row.cells), error, FIELDS)


def _new(row: StockRow, job: Job) -> NewItem:
    return NewItem(
        code=row.code,
        name=row.name or row.code,
        category=row.category or "",
        unit=row.unit or "",
        on_hand=row.on_hand or 0,
        reorder_point=row.reorder_point or 0,
        department_id=job.department_id,
    )


def _update(shelf: Shelf, held: Held, row: StockRow, *, key: str) -> None:
    at = shelf.intake.now
    if held.is_archived:
        shelf.restore(held, at=at, key=f"{key}:restored")
    shelf.describe(
        held,
        name=row.name or held.name,
        category=row.category or held.category,
        unit=row.unit or held.unit,
    )
    shelf.count(
        held,
        on_hand=held.on_hand if row.on_hand is None else row.on_hand,
        reorder_point=held.reorder_point if row.reorder_point is None else row.reorder_point,
        at=at,
        key=key,
    )
