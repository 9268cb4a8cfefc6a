"""A list as a file people take out of Chapar: CSV or XLSX, in which no cell is a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from enum import StrEnum

import xlsxwriter

from core.jobs.cells import guarded

Value = str | int
MOST_ROWS = 100_000
"""The longest list that is handed out as one file."""

_MARK = "\ufeff"
_SHEET_NAME_LIMIT = 31
_NOT_IN_A_NAME = str.maketrans(dict.fromkeys("[]:*?/\\'"))


class ExportFormat(StrEnum):
    """What a list is written as; the value is the ending of the file's name."""

    CSV = "csv"
    XLSX = "xlsx"


def written(
    kind: ExportFormat,
    heads: Sequence[str],
    rows: Iterable[Sequence[Value]],
    *,
    name: str,
    is_rtl: bool,
) -> bytes:
    """Return the file. Numbers stay numbers; text that begins like a formula is marked.

    What was marked is read back as it was by an import. name: of the sheet. is_rtl: whether the
    sheet begins on the right.
    """
    if kind is ExportFormat.CSV:
        return _csv(heads, rows)
    return _xlsx(heads, rows, name=name, is_rtl=is_rtl)


def _csv(heads: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Return UTF-8 with the mark Excel asks for."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([guarded(head) for head in heads])
    writer.writerows([_safe(value) for value in row] for row in rows)
    return (_MARK + text.getvalue()).encode()


def _xlsx(
    heads: Sequence[str], rows: Iterable[Sequence[Value]], *, name: str, is_rtl: bool
) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet(name.translate(_NOT_IN_A_NAME)[:_SHEET_NAME_LIMIT] or None)
        if is_rtl:
            page.right_to_left()
        bold = book.add_format({"bold": True})
        for column, head in enumerate(heads):
            page.write_string(0, column, guarded(head), bold)
        for line, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, int):
                    page.write_number(line, column, value)
                else:
                    page.write_string(line, column, guarded(value))
        page.freeze_panes(1, 0)
        page.autofit(400)
    return out.getvalue()


def _safe(value: Value) -> Value:
    return guarded(value) if isinstance(value, str) else value
