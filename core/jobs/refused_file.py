"""The rows a job refused, as a file: the cells as they came, the row and the reason in words."""

import csv
import io
from collections.abc import Iterator

from sqlmodel import Session

from core.i18n.catalog import translate
from core.i18n.terms import Language
from core.jobs import queries
from core.jobs.cells import guarded
from core.jobs.handlers import fields_of, handler
from core.jobs.models import Job, RefusedRow
from core.jobs.refusals import unpacked
from core.jobs.rules import layout_of, mapping_of, sample_in

_BATCH = 2_000
_MARK = "\ufeff"


def refused_file(session: Session, job: Job, language: Language) -> bytes:
    """Return a CSV file (UTF-8 with its mark, which Excel asks for) of all refused rows kept.

    No cell of it is a formula, and it can be imported again once its rows are put right.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    first = [translate(language, code) for code in ("job.file_row", "common.reason")]
    writer.writerow([guarded(head) for head in (*first, *_heads(session, job, language))])
    for row in _rows(session, job.id):
        cells = (reason(row, language), *row.cells)
        writer.writerow([row.line, *(guarded(cell) for cell in cells)])
    return (_MARK + text.getvalue()).encode()


def reason(row: RefusedRow, language: Language) -> str:
    """Return why the row was refused, beginning with the name of the field at fault."""
    params = unpacked(row.params)
    label = str(params.pop("label", ""))
    why = translate(language, row.code, **params)
    if not label:
        return why
    return translate(language, "job.field_reason", field=translate(language, label), why=why)


def _heads(session: Session, job: Job, language: Language) -> list[str]:
    """Return the heads of the file; where it had none, the names of the fields."""
    module = handler(job.kind)
    heads = list(sample_in(job.options).headers)
    if not layout_of(job.options).has_header:
        names = {
            field.name: field.title or translate(language, field.label)
            for field in fields_of(session, job.kind)
        }
        columns = {column: names[name] for name, column in mapping_of(job.options).items()}
        heads = [
            columns.get(column) or translate(language, "job.column", number=column + 1)
            for column in range(len(heads))
        ]
    return [translate(language, code) for code in module.REFUSED_COLUMNS] + heads


def _rows(session: Session, job_id: int) -> Iterator[RefusedRow]:
    after_id = 0
    while rows := queries.refused(session, job_id, after_id=after_id, limit=_BATCH):
        yield from rows
        after_id = rows[-1].id
        session.expunge_all()
