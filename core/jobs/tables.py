"""Reads tables from files: delimited text in any dialect, and spreadsheets. Writes nothing.

Everything is refused with Invalid and a code `file.…` before it can grow: long cells, wide rows,
many rows, swelling archives.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

import fastexcel

from core.errors import Invalid
from core.i18n.digits import to_ascii
from core.jobs.archives import check_archive
from core.jobs.cells import unguarded
from core.jobs.encodings import detect_encoding, is_text
from core.jobs.terms import MEGABYTE, Encoding, FileFormat, Layout, Limits, Record, Sample
from core.jobs.terms import Separator as Sep

SAMPLE_ROWS = 10
SAMPLE_CELL = 200
_PROBE_LINES = 50
_PROBE_LENGTH = 256 * 1024
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_STATED_SEPARATOR = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?[\d.,]*\d[\d.,]*")


def inspect(path: Path, limits: Limits) -> Sample:
    """Return what the file looks like, after reading all of it once.

    The first row is the head unless it holds a number.

    Raises:
        Invalid: A `file.*` code that says what about the file cannot be accepted.
    """
    layout = _probe(path, limits)
    rows = _numbered(path, layout, limits)
    first = next(rows, None)
    if first is None:
        raise Invalid("file.empty")
    if any(_NUMBER.fullmatch(to_ascii(cell).strip()) for cell in first.cells):
        layout, rows = replace(layout, has_header=False), chain([first], rows)
    rows = _within(rows, limits)
    shown = [tuple(cell[:SAMPLE_CELL] for cell in row.cells) for row in islice(rows, SAMPLE_ROWS)]
    count = len(shown) + sum(1 for _ in rows)
    if not count:
        raise Invalid("file.no_rows")
    return Sample(layout, _heads(first, layout), tuple(shown), count)


def _probe(path: Path, limits: Limits) -> Layout:
    """Return how the file is to be read, told by its size, its first bytes and its text."""
    size = path.stat().st_size
    if size > limits.size:
        raise Invalid("file.too_large", limit=limits.size // MEGABYTE)
    with path.open("rb") as file:
        start = file.read(_PROBE_LENGTH)
    if not start.strip():
        raise Invalid("file.empty")
    if start.startswith(_OLD_OFFICE):
        raise Invalid("file.old_spreadsheet")
    if start.startswith(_ZIP):
        return Layout(format=FileFormat.XLSX)
    if not is_text(start):
        raise Invalid("file.not_a_table")
    encoding = detect_encoding(path)
    return Layout(encoding=encoding, separator=_separator(path, encoding))


def headers(path: Path, layout: Layout, limits: Limits) -> tuple[str, ...]:
    """Return the names of the columns; numbers stand for them where the file gives none."""
    first = next(_numbered(path, layout, limits), None)
    return _heads(first, layout) if first else ()


def _heads(first: Record, layout: Layout) -> tuple[str, ...]:
    if not layout.has_header:
        return tuple(str(number) for number in range(1, len(first.cells) + 1))
    return tuple(" ".join(cell.split())[:SAMPLE_CELL] for cell in first.cells)


def records(path: Path, layout: Layout, limits: Limits) -> Iterator[Record]:
    """Return the rows under the head that are not blank, in file order, read as they are asked for.

    Raises:
        Invalid: "file.too_many_rows", or as `inspect`.
    """
    rows = _numbered(path, layout, limits)
    if layout.has_header:
        next(rows, None)
    return _within(rows, limits)


def _within(rows: Iterable[Record], limits: Limits) -> Iterator[Record]:
    for count, record in enumerate(rows, start=1):
        if count > limits.rows:
            raise Invalid("file.too_many_rows", limit=limits.rows)
        yield record


def _numbered(path: Path, layout: Layout, limits: Limits) -> Iterator[Record]:
    rows = _sheet_rows if layout.format is FileFormat.XLSX else _text_rows
    for line, cells in enumerate(rows(path, layout, limits), start=1):
        if len(cells) > limits.columns:
            raise Invalid("file.too_many_columns", limit=limits.columns)
        whole = "".join(cells)
        if whole and not whole.isspace():
            yield Record(line, tuple(map(unguarded, cells)) if "'" in whole else tuple(cells))


def _text_rows(path: Path, layout: Layout, limits: Limits) -> Iterator[Sequence[str]]:
    csv.field_size_limit(limits.cell)
    with path.open(encoding=layout.encoding.value, newline="") as file:
        reader = csv.reader(_lines(file, limits), delimiter=layout.separator.value)
        try:
            yield from reader
        except csv.Error as error:
            raise Invalid("file.cell_too_long", limit=limits.cell, line=reader.line_num) from error
        except UnicodeError as error:
            raise Invalid("file.encoding", encoding=layout.encoding.value) from error


def _lines(file: io.TextIOBase, limits: Limits) -> Iterator[str]:
    """Yield lines, none longer than a row may be: one of a gigabyte never enters memory.

    The line by which a spreadsheet states its separator is left out.
    """
    longest = limits.columns * limits.cell
    is_first = True
    while line := file.readline(longest + 1):
        if len(line) > longest:
            raise Invalid("file.line_too_long")
        if not (is_first and _STATED_SEPARATOR.fullmatch(line)):
            yield line
        is_first = False


def _separator(path: Path, encoding: Encoding) -> Sep:
    """Return the separator that cuts the first lines most evenly, and then most finely."""
    try:
        with path.open(encoding=encoding.value, newline="") as file:
            text = file.read(_PROBE_LENGTH)
    except UnicodeError as error:
        raise Invalid("file.encoding", encoding=encoding.value) from error
    lines = list(islice(io.StringIO(text, newline=""), _PROBE_LINES))
    stated = _STATED_SEPARATOR.fullmatch(lines[0]) if lines else None
    if stated and stated[1] in set(Sep):
        return Sep(stated[1])
    return max(Sep, key=lambda separator: _evenness(lines, separator))


def _evenness(lines: Iterable[str], separator: Sep) -> tuple[float, int]:
    """Return the share of rows as wide as the first one, and that width; (0, 0) for one column."""
    try:
        rows = list(csv.reader(lines, delimiter=separator.value))
    except csv.Error:
        return (0, 0)
    widths = [len(row) for row in rows if row]
    if not widths or widths[0] == 1:
        return (0, 0)
    whole = widths[:-1] or widths  # the probe may have cut the last row
    return (round(whole.count(widths[0]) / len(whole), 1), widths[0])


def _sheet_rows(path: Path, _layout: Layout, limits: Limits) -> Iterator[Sequence[str]]:
    """Yield the rows of the first sheet as the text a person sees, dates as ISO."""
    check_archive(path, limits)
    try:
        sheet = fastexcel.read_excel(path).load_sheet(
            0, header_row=None, skip_rows=0, dtypes="string"
        )
        if sheet.total_height > limits.rows + 1:
            raise Invalid("file.too_many_rows", limit=limits.rows)
        if sheet.width > limits.columns:
            raise Invalid("file.too_many_columns", limit=limits.columns)
        frame = sheet.to_polars()
    except fastexcel.FastExcelError as error:
        raise Invalid("file.unreadable") from error
    for line, row in enumerate(frame.iter_rows(), start=1):
        cells = [cell or "" for cell in row]
        if max(map(len, cells), default=0) > limits.cell:
            raise Invalid("file.cell_too_long", limit=limits.cell, line=line)
        yield cells
