"""Files as people have them: encodings, separators, line ends, spreadsheets, and hostile ones."""

import csv
import io
import json
import resource
import subprocess
import sys
import time
import zipfile
import zlib
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from core.commerce.inputs import FIELDS as ORDER_FIELDS
from core.errors import Invalid
from core.i18n.terms import Figures, Word
from core.jobs import tables
from core.jobs.cells import guarded, unguarded
from core.jobs.encodings import detect_encoding
from core.jobs.look import inspect_in_child
from core.jobs.mapping import check_mapping, suggest_mapping
from core.jobs.refusals import packed, unpacked
from core.jobs.terms import (
    PAGE_LIMITS,
    Encoding,
    FileFormat,
    ImportField,
    Limits,
    Sample,
    Separator,
)
from core.operations.stock_import import FIELDS as STOCK_FIELDS
from tests.support.hostile_files import hostile

ROWS = [["کد", "نام", "تعداد"], ["A1", "چای سبز، کیسه‌ای", "۱۲"], ["A2", 'قوری "گلدار"', "3"]]
ARABIC = [["رمز", "اسم", "كمية"], ["A1", "شاي أخضر; كبير", "12"], ["A2", "إبريق | صغير", "3"]]
FRENCH = [["code", "désignation", "quantité"], ["A1", "Thé à la menthe, été", "12"],
          ["A2", "Crème brûlée", "3"]]  # fmt: skip
CODECS = {Encoding.UTF16: "utf-16", Encoding.UTF16_LE: "utf-16-le", Encoding.UTF16_BE: "utf-16-be"}


def write(path: Path, rows: list[list[str]], *, encoding: str, separator: str, end: str) -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=end).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def read(path: Path) -> tuple[Sample, list[list[str]]]:
    sample = tables.inspect(path, PAGE_LIMITS)
    rows = tables.records(path, sample.layout, PAGE_LIMITS)
    return sample, [list(sample.headers), *(list(row.cells) for row in rows)]


@pytest.mark.spec("T38")
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", Separator)
@pytest.mark.parametrize(
    ("encoding", "rows"),
    [
        (Encoding.UTF8, ROWS),
        (Encoding.UTF8_SIG, ROWS),
        (Encoding.UTF16, ROWS),
        (Encoding.UTF16_LE, ROWS),
        (Encoding.UTF16_BE, ROWS),
        (Encoding.CP1256, ARABIC),
        (Encoding.CP1252, FRENCH),
    ],
)
def test_a_table_is_read_as_it_was_written(
    tmp_path: Path, encoding: Encoding, rows: list[list[str]], separator: Separator, end: str
) -> None:
    path = write(tmp_path / "t", rows, encoding=encoding, separator=separator, end=end)
    sample, found = read(path)
    assert found == rows
    assert (sample.layout.encoding, sample.layout.separator) == (encoding, separator)
    assert sample.layout.has_header
    assert sample.row_count == 2


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        ("name\ncafé", "cp1252", Encoding.CP1252),
        ("name\nMüller & Söhne – Größe £5", "cp1252", Encoding.CP1252),
        ("name\nپسته", "cp1256", Encoding.CP1256),
        ("name\nسلام و درود", "cp1256", Encoding.CP1256),
        ("name\nplain", "ascii", Encoding.UTF8),
        ("x" * 3_000_000 + "\nپایان", "utf-8", Encoding.UTF8),
    ],
)
def test_single_bytes_are_told_apart_by_their_neighbours(
    tmp_path: Path, text: str, encoding: str, expected: Encoding
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(encoding))
    assert detect_encoding(path) is expected


def test_a_letter_outside_utf8_on_the_last_line_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"code,name\n" + b"A1,tea\n" * 60_000 + "B1,été\n".encode("cp1252"))
    sample = tables.inspect(path, PAGE_LIMITS)
    assert sample.layout.encoding is Encoding.CP1252
    rows = list(tables.records(path, sample.layout, PAGE_LIMITS))
    assert rows[-1].cells == ("B1", "été")


def test_csv_spectrum_reads_as_its_authors_expect(corpora: Path) -> None:
    for path in sorted((corpora / "csv_spectrum" / "csvs").glob("*.csv")):
        sample = tables.inspect(path, PAGE_LIMITS)
        rows = tables.records(path, sample.layout, PAGE_LIMITS)
        found = [dict(zip(sample.headers, row.cells, strict=True)) for row in rows]
        expected = json.loads((corpora / "csv_spectrum" / "json" / f"{path.stem}.json").read_text())
        if isinstance(expected, dict):  # one file's answer tells of another phone number
            assert [list(row) for row in found] == [list(expected)]
            continue
        assert found == expected, path.name


def test_lines_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,b\n1,"two\nlines"\n\n , \n3,4\n', encoding="utf-8")
    layout = tables.inspect(path, PAGE_LIMITS).layout
    assert [row.line for row in tables.records(path, layout, PAGE_LIMITS)] == [2, 5]


@pytest.mark.parametrize(
    ("text", "heads", "count"),
    [
        ("a;b\n1;2\n", ("a", "b"), 1),
        ("1;2\n3;4\n", ("1", "2"), 2),
        ("A1,چای,۵\nA2,قند,۶\n", ("1", "2", "3"), 2),
        ("sep=;\na;b,c\n1;2,5\n", ("a", "b,c"), 1),
        ("name;price\nبلند، کوتاه;1,5\nx;2,5\n", ("name", "price"), 2),
        ("only\none\n", ("only",), 1),
    ],
)
def test_heads_and_separators_are_told_from_the_first_rows(
    tmp_path: Path, text: str, heads: tuple[str, ...], count: int
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    sample = tables.inspect(path, PAGE_LIMITS)
    assert (sample.headers, sample.row_count) == (heads, count)


def sheet(path: Path, rows: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        for line, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if cell is not None:
                    page.write(line, column, cell)
    return path


def test_a_spreadsheet_is_read_as_a_person_sees_it(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [None], ["کد", "نام", "موجودی"], ["001", "چای\nسبز", 12], [None], ["۰۰۲", None, 2.5]
    ]  # fmt: skip
    path = sheet(tmp_path / "t.xlsx", rows)
    sample, found = read(path)
    assert sample.layout.format is FileFormat.XLSX
    assert found == [["کد", "نام", "موجودی"], ["001", "چای\nسبز", "12"], ["۰۰۲", "", "2.5"]]
    assert [row.line for row in tables.records(path, sample.layout, PAGE_LIMITS)] == [3, 5]


def refused(path: Path, limits: Limits = PAGE_LIMITS) -> str:
    with pytest.raises(Invalid) as error:
        tables.inspect(path, limits)
    return error.value.code


SMALL = Limits(size=100_000, rows=3, columns=4, cell=50)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file.empty"),
        (b" \n\n", "file.empty"),
        (b"a,b\n", "file.no_rows"),
        (b"a,b\n" + b"1,2\n" * 4, "file.too_many_rows"),
        (b"a,b,c,d,e\n1,2,3,4,5\n", "file.too_many_columns"),
        (b"a,b\n1,2,3,4,5\n", "file.too_many_columns"),
        (b"a,b\n" + b"x" * 51 + b",2\n", "file.cell_too_long"),
        (b'a,b\n"open' + b"\nx" * 60, "file.cell_too_long"),
        (b"a,b\n" + b"x," * 150, "file.line_too_long"),
        (b"x" * 100_001, "file.too_large"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file.old_spreadsheet"),
        (b"PK\x03\x04 not really", "file.unreadable"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "file.not_a_table"),
        (b"\xff\xfea\0,\0b\0\n\0\x00\xd8", "file.encoding"),
    ],
)
def test_a_file_out_of_bounds_is_refused_with_its_reason(
    tmp_path: Path, content: bytes, code: str
) -> None:
    path = tmp_path / "t"
    path.write_bytes(content)
    assert refused(path, SMALL) == code


def test_a_spreadsheet_out_of_bounds_is_refused(tmp_path: Path) -> None:
    many = sheet(tmp_path / "rows.xlsx", [["a"], *([n] for n in range(5))])
    wide = sheet(tmp_path / "wide.xlsx", [["a"] * 5, ["b"] * 5])
    long = sheet(tmp_path / "long.xlsx", [["a"], ["x" * 51]])
    assert refused(many, SMALL) == "file.too_many_rows"
    assert refused(wide, SMALL) == "file.too_many_columns"
    assert refused(long, SMALL) == "file.cell_too_long"


def bomb(path: Path, *, megabytes: int) -> Path:
    """A spreadsheet whose sheet unpacks to so much."""
    sheet(path, [["a"], [1]])
    block = b"<row><c><v>1</v></c></row>" * 40_000
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet2.xml", "w") as part,
    ):
        for _ in range(megabytes):
            part.write(block)
    return path


def lying(path: Path) -> Path:
    """The same, stating that it unpacks to a hundred bytes."""
    content = bytearray(bomb(path, megabytes=60).read_bytes())
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("xl/worksheets/sheet2.xml").file_size
    told, found = (100).to_bytes(4, "little"), size.to_bytes(4, "little")
    path.write_bytes(bytes(content.replace(found, told)))
    return path


@pytest.mark.spec("T37")
def test_a_spreadsheet_that_swells_is_refused_whatever_it_states(tmp_path: Path) -> None:
    assert refused(bomb(tmp_path / "a.xlsx", megabytes=60)) == "file.swells"
    assert refused(lying(tmp_path / "b.xlsx")) == "file.swells"


def test_only_plain_and_deflated_parts_are_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("xl/workbook.xml", b"x" * 1000)
    assert refused(path) == "file.unreadable"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"x" * 1000)
    broken = path.read_bytes().replace(zlib.compress(b"x" * 1000)[2:-4], b"\xff" * 10)
    path.write_bytes(broken)
    assert refused(path) == "file.unreadable"


@pytest.mark.spec("T37")
def test_hostile_files_are_refused_in_a_child_soon_and_at_no_cost(tmp_path: Path) -> None:
    expected = {
        "gigabyte": {"file.too_large"},
        "line": {"file.line_too_long", "file.cell_too_long"},
        "columns": {"file.too_many_columns"},
        "quotes": {"file.cell_too_long", "file.line_too_long"},
        "zip": {"file.swells"},
    }
    for name, path in hostile(tmp_path).items():
        before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
        with pytest.raises(Invalid) as error:
            inspect_in_child(path)
        assert error.value.code in expected[name], name
        assert time.monotonic() - start < 15, name  # 5 s on a machine of its own
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 30 * 1024, name


def test_the_child_sees_what_the_parent_would(tmp_path: Path) -> None:
    path = write(tmp_path / "t", ROWS, encoding="utf-16", separator=";", end="\r\n")
    assert inspect_in_child(path) == tables.inspect(path, PAGE_LIMITS)


def test_a_look_out_of_memory_says_so(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 1000)
    command = f"""
import json, pathlib
from core.jobs.look import answer_for
print(json.dumps(answer_for(pathlib.Path({str(path)!r}), memory=1)))
"""
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, check=False)
    assert json.loads(done.stdout) == {"code": "file.too_heavy", "params": {}}


FULL_WIDTH = [chr(ord(sign) + 0xFEE0) for sign in "=+-@"]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", *FULL_WIDTH, "'=1", "''=1", "'+",
            "=cmd|' /C calc'!A0", '=HYPERLINK("http://x")', "-2+3"]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_that_goes_out_is_a_formula(text: str) -> None:
    cell = guarded(text)
    assert cell.startswith("'")
    assert unguarded(cell) == text


@given(st.text(max_size=40))
@settings(max_examples=300)
def test_guarded_cells_come_back_as_they_were(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in {*"=+-@\t\r", *FULL_WIDTH}


@pytest.mark.parametrize(
    ("heads", "expected"),
    [
        (["code", "name", "qty", "reorder point"],
         {"code": 0, "name": 1, "on_hand": 2, "reorder_point": 3}),
        (["SKU", "Item Name", "On hand", "Min stock", "UOM", "Group"],
         {"code": 0, "name": 1, "on_hand": 2, "reorder_point": 3, "unit": 4, "category": 5}),
        (["نام کالا", "کد کالا", "موجودی", "نقطه سفارش", "واحد", "گروه"],
         {"name": 0, "code": 1, "on_hand": 2, "reorder_point": 3, "unit": 4, "category": 5}),
        (["كد كالا", "نقطه‌ی سفارش", "موجودي انبار"],
         {"code": 0, "reorder_point": 1, "on_hand": 2}),
        (["رمز الصنف", "اسم الصنف", "الكمية", "حد إعادة الطلب", "الوحدة", "الفئة"],
         {"code": 0, "name": 1, "on_hand": 2, "reorder_point": 3, "unit": 4, "category": 5}),
        (["تعداد (عدد)", "کد کالا / SKU", "شرح"], {"on_hand": 0, "code": 1, "name": 2}),
        (["x", "y"], {}),
    ],
)  # fmt: skip
def test_stock_columns_are_known_by_their_names(heads: list[str], expected: dict[str, int]) -> None:
    assert suggest_mapping(heads, STOCK_FIELDS) == expected


def test_order_columns_are_known_by_their_names() -> None:
    heads = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
             "CustomerID", "Country"]  # fmt: skip
    names = ["reference", "code", "description", "quantity", "at", "price", "customer", "country"]
    assert suggest_mapping(heads, ORDER_FIELDS) == {name: n for n, name in enumerate(names)}
    heads = ["شماره فاکتور", "کد کالا", "تعداد", "تاریخ", "قیمت واحد", "کد مشتری"]
    assert suggest_mapping(heads, ORDER_FIELDS) == {
        "reference": 0, "code": 1, "quantity": 2, "at": 3, "price": 4, "customer": 5
    }  # fmt: skip


@pytest.mark.parametrize("fields", [STOCK_FIELDS, ORDER_FIELDS])
def test_every_word_names_one_field(fields: tuple[ImportField, ...]) -> None:
    for field in fields:
        for word in field.words:
            assert suggest_mapping([word], fields) == {field.name: 0}, word


@pytest.mark.parametrize(
    ("mapping", "field", "code"),
    [
        ({"name": 1}, "code", "import.field_missing"),
        ({"code": 3}, "code", "import.column_unknown"),
        ({"code": -1}, "code", "import.column_unknown"),
        ({"code": 0, "color": 1}, "color", "import.column_unknown"),
        ({"code": 0, "name": 0}, "code", "import.column_twice"),
    ],
)
def test_a_mapping_must_fit_the_file(mapping: dict[str, int], field: str, code: str) -> None:
    with pytest.raises(Invalid) as error:
        check_mapping(mapping, STOCK_FIELDS, 3)
    assert (error.value.field, error.value.code) == (field, code)


def test_parameters_of_a_refusal_survive_the_store() -> None:
    params = {"month": Word("format.month.jalali.12"), "year": Figures("1405"), "limit": 3,
              "names": ["a", "b"]}  # fmt: skip
    back = unpacked(json.loads(json.dumps(packed(params))))
    assert back == params
    assert isinstance(back["month"], Word)
    assert isinstance(back["year"], Figures)
