"""Stock lists from files: what is taken, what is refused and why, and what a crash leaves."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import xlsxwriter
from sqlmodel import Session, col, func, select

from core import clock
from core.access.terms import DepartmentKind, Role
from core.db import reading, transaction
from core.errors import Conflict, Forbidden, Invalid
from core.events.models import Event
from core.i18n.terms import Language
from core.jobs import child, runs, tables, uploads
from core.jobs import service as jobs
from core.jobs.feed import feed
from core.jobs.models import Job, RefusedRow
from core.jobs.terms import (
    PAGE_LIMITS,
    Draft,
    Encoding,
    JobKind,
    JobState,
    Layout,
    Outcome,
    Refusal,
    Run,
    Separator,
)
from core.operations import service as stock
from core.operations import stock_import
from core.operations.models import StockItem, StockMovement
from core.operations.stock_import import read_rows
from core.operations.terms import NewItem, StockState
from core.settings import settings
from tests.support.cast import (
    actor_of,
    administrator,
    department_id,
    make_organisation,
    make_user,
)
from tests.support.imports import (
    claimed,
    found_organisation,
    job_now,
    queued,
    refused,
    run,
    table,
)

STOCK = JobKind.IMPORT_STOCK
HEADS = ["کد کالا", "نام", "دسته", "واحد", "موجودی", "نقطه سفارش"]


@pytest.fixture(autouse=True)
def organised(store: str) -> None:
    found_organisation()


def items(session: Session) -> dict[str, tuple[object, ...]]:
    rows = session.exec(select(StockItem).order_by(col(StockItem.code)))
    return {i.code: (i.name, i.category, i.unit, i.on_hand, i.reorder_point) for i in rows}


def take(path: Path, **given: object) -> Job:
    return run(queued(path, STOCK, **given))  # type: ignore[arg-type]


def test_a_list_becomes_items_with_their_opening_counts(tmp_path: Path) -> None:
    rows = [HEADS, ["۱۰۱", "چای سبز", "نوشیدنی", "بسته", "۱۲", "۱۰"], ["102", "", "", "", "", ""],
            ["A-٣", "قند", "", "کیلو", "۱٬۲۰۰", "5"]]  # fmt: skip
    job = take(table(tmp_path / "انبار.csv", rows))
    assert (job.state, job.done_count, job.refused_count) == (JobState.DONE, 3, 0)
    with reading() as session:
        assert items(session) == {
            "101": ("چای سبز", "نوشیدنی", "بسته", 12, 10),
            "102": ("102", "", "", 0, 0),
            "A-3": ("قند", "", "کیلو", 1200, 5),
        }
        openings = session.exec(select(StockMovement).order_by(col(StockMovement.id))).all()
        assert [(m.kind, m.on_hand_after) for m in openings] == [
            ("opening", 12), ("opening", 0), ("opening", 1200)
        ]  # fmt: skip
    assert job.result == {"updated": 0, "skipped": 0, "items_added": 3, "movements": 3,
                          "became_low": 1, "recovered": 0}  # fmt: skip


def test_known_items_are_updated_where_the_file_says_something(tmp_path: Path) -> None:
    take(
        table(
            tmp_path / "a",
            [HEADS, ["1", "Tea", "Food", "box", 20, 10], ["2", "Salt", "", "", 5, 1]],
        )
    )
    again = [
        ["code", "name", "on hand", "reorder point"],
        ["1", "", "9", ""],
        ["2", "Sea salt", "", "2"],
    ]
    job = take(table(tmp_path / "b", again))
    with reading() as session:
        assert items(session) == {
            "1": ("Tea", "Food", "box", 9, 10),
            "2": ("Sea salt", "", "", 5, 2),
        }
        last = session.exec(select(StockMovement).order_by(col(StockMovement.id).desc())).first()
        assert last is not None
        assert (last.kind, last.quantity, last.on_hand_after) == ("count", -11, 9)
    assert {**job.result, "error": None} == {
        "updated": 2, "skipped": 0, "items_added": 0, "movements": 1, "became_low": 1,
        "recovered": 0, "error": None,
    }  # fmt: skip


def test_known_items_are_left_alone_when_asked(tmp_path: Path) -> None:
    take(table(tmp_path / "a", [HEADS, ["1", "Tea", "", "", 20, 10]]))
    rows = [HEADS, ["1", "Other", "", "", 1, 1], ["2", "New", "", "", 1, 0]]
    job = take(table(tmp_path / "b", rows), options={"known": "skip"})
    with reading() as session:
        assert items(session)["1"] == ("Tea", "", "", 20, 10)
    assert (job.result["skipped"], job.result["items_added"]) == (1, 1)


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    path = table(tmp_path / "a", [HEADS, *([f"{n}", "x", "y", "z", n, 5] for n in range(600))])
    take(path)
    with reading() as session:
        before = session.exec(select(StockItem.version)).all()
    job = take(path)
    with reading() as session:
        assert session.exec(select(func.count()).select_from(StockMovement)).one() == 600
        assert session.exec(select(StockItem.version)).all() == before
    assert (job.result["updated"], job.result["movements"]) == (600, 0)


REFUSED: list[tuple[Sequence[object], str, str]] = [
    (["", "x", "", "", 1, 1], "stock.field.code", "stock.code_missing"),
    (["c" * 61, "x", "", "", 1, 1], "stock.field.code", "stock.code_long"),
    (["n1", "n" * 201, "", "", 1, 1], "stock.field.name", "stock.text_long"),
    (["n2", "x", "k" * 81, "", 1, 1], "stock.field.category", "stock.text_long"),
    (["n3", "x", "", "u" * 31, 1, 1], "stock.field.unit", "stock.text_long"),
    (["n4", "x", "", "", -1, 1], "stock.field.on_hand", "number.negative"),
    (["n5", "x", "", "", "۲٫۵", 1], "stock.field.on_hand", "number.not_whole"),
    (["n6", "x", "", "", "many", 1], "stock.field.on_hand", "number.invalid"),
    (["n7", "x", "", "", 1, "-۳"], "stock.field.reorder_point", "number.negative"),
    (["n8", "x", "", "", 10**14, 1], "stock.field.on_hand", "number.too_large"),
    (["ok", "again", "", "", 7, 7], "stock.field.code", "stock.code_repeated"),
    (["n9", "x", "", "", 1, 1, "slipped"], "", "import.row_too_long"),
]


def test_bad_rows_are_refused_with_reason_and_field_and_the_rest_is_taken(tmp_path: Path) -> None:
    rows = [HEADS, ["ok", "first", "", "", 3, 1], *(row for row, _, _ in REFUSED)]
    job = take(table(tmp_path / "a", rows))
    assert (job.state, job.done_count, job.refused_count) == (JobState.DONE, 13, 12)
    with reading() as session:
        assert items(session) == {"ok": ("first", "", "", 3, 1)}
        assert refused(session, job.id) == [
            (line, label, code) for line, (_, label, code) in enumerate(REFUSED, start=3)
        ]
        why = session.exec(select(RefusedRow).where(RefusedRow.code == "stock.code_repeated")).one()
        assert (why.params["line"], why.params["code"]) == (2, "ok")


FORMULAS = [f"{sign}{body}" for sign in ("=", "+", "-", "@", "\t=", "\r=")
            for body in ("1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x";"y")', "SUM(A1:A9)",
                         "A1", "'x", "=1", "+1", " 1", "١")]  # fmt: skip


def test_refused_rows_come_back_as_a_file_that_can_be_put_right(tmp_path: Path) -> None:
    rows = [HEADS, *([f"c{n}", formula, formula, "", "-5", "1"]
                     for n, formula in enumerate(FORMULAS))]  # fmt: skip
    job = take(table(tmp_path / "a", rows))
    assert job.refused_count == len(FORMULAS) == 60
    content = b""
    for language in Language:
        with transaction() as session:
            content = jobs.refused_file(session, administrator(), job_id=job.id,
                                        language=language, now=clock.now())  # fmt: skip
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        assert lines[0][2:] == HEADS
        assert [line[0] for line in lines[1:]] == [str(n) for n in range(2, 62)]
        assert all(line[1] and "{" not in line[1] for line in lines[1:])
        formulas = set("=+-@\t\r")
        assert not [cell for line in lines for cell in line if cell[:1] in formulas]
    back = tmp_path / "back.csv"
    back.write_bytes(content)
    sample = tables.inspect(back, PAGE_LIMITS)
    found = tables.records(back, sample.layout, PAGE_LIMITS)
    assert [row.cells[3] for row in found] == FORMULAS
    back.write_bytes(content.replace(b"'-5", b"5"))
    job = take(back)
    assert (job.refused_count, job.result["items_added"]) == (0, 60)


def test_a_file_without_heads_is_taken_by_its_columns(tmp_path: Path) -> None:
    path = table(tmp_path / "a", [["101", "چای", "5"], ["102", "قند", "x"]])
    job = take(path, mapping={"code": 0, "name": 1, "on_hand": 2})
    with reading() as session:
        assert items(session) == {"101": ("چای", "", "", 5, 0)}
    with transaction() as session:
        content = jobs.refused_file(session, administrator(), job_id=job.id, language=Language.FA,
                                    now=clock.now())  # fmt: skip
    text = content.decode("utf-8-sig")
    assert text.splitlines()[0] == "ردیف فایل,دلیل,کد کالا,نام کالا,موجودی"


def test_a_spreadsheet_is_taken_like_any_list(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for line, cells in enumerate(
            [HEADS, [101, "چای", "", "", 12, 10.0], ["x", "", "", "", 1.5]]
        ):
            for column, cell in enumerate(cells):
                sheet.write(line, column, cell)
    job = take(path)
    with reading() as session:
        assert items(session) == {"101": ("چای", "", "", 12, 10)}
        assert refused(session, job.id) == [(3, "stock.field.on_hand", "number.not_whole")]


def thousand(spell: Callable[[str], str]) -> list[list[str]]:
    rows = [["كد", "نام", "دسته", "موجودي", "نقطه سفارش"]]
    for n in range(1000):
        name = f"كالاي {n}، گروه {n % 7}; بزرگ\tو | پهن"
        rows.append([spell(f"كيف-{n}"), name, "لوازم ژئوفيزيك", spell(str(n)), spell("50")])
    return rows


def persian(text: str) -> str:
    return text.translate(str.maketrans("0123456789يك", "۰۱۲۳۴۵۶۷۸۹یک"))


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1256"]


def dialect(path: Path, rows: list[list[str]], encoding: str, separator: str, end: str) -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=end).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


@pytest.mark.spec("T38", "N10")
def test_the_same_thousand_rows_are_the_same_items_in_every_dialect(tmp_path: Path) -> None:
    """54 dialects; the UTF ones spell codes and counts in Persian letters and digits too."""
    mapping = {"code": 0, "name": 1, "category": 2, "on_hand": 3, "reorder_point": 4}
    first = None
    for encoding in ENCODINGS:
        for separator in (Separator.COMMA, Separator.SEMICOLON, Separator.TAB):
            for end in ("\n", "\r\n", "\r"):
                rows = thousand(str if encoding == "cp1256" else persian)
                path = dialect(tmp_path / "t", rows, encoding, separator, end)
                sample = tables.inspect(path, PAGE_LIMITS)
                assert (sample.layout.encoding, sample.layout.separator) == (encoding, separator)
                records = tables.records(path, sample.layout, PAGE_LIMITS)
                found = [row for row in read_rows(records, mapping, width=5)
                         if not isinstance(row, Refusal)]  # fmt: skip
                seen = [(r.code, r.name, r.category, r.on_hand, r.reorder_point) for r in found]
                first = first or seen
                assert len(seen) == 1000
                assert seen == first, (encoding, separator, end)
        job = take(path)
        assert job.refused_count == 0
        is_first = encoding == ENCODINGS[0]
        assert job.result["items_added"] == (1000 if is_first else 0)
        assert job.result["movements"] == (1000 if is_first else 0), "nothing differs"
    with reading() as session:
        name = session.exec(select(StockItem.name).where(StockItem.code == "کیف-7")).one()
    assert name == "كالاي 7، گروه 0; بزرگ و | پهن", "the name stays as it was typed"


def test_naughty_strings_pass_or_are_refused_and_all_rows_are_accounted_for(
    tmp_path: Path, corpora: Path
) -> None:
    strings = json.loads((corpora / "attacks" / "naughty_strings.json").read_text("utf-8"))
    rows = [HEADS, *([f"N{n}", text, text, text, 1, 0] for n, text in enumerate(strings))]
    job = take(table(tmp_path / "a", rows))
    assert job.state is JobState.DONE
    assert job.done_count == len(strings)
    assert int(str(job.result["items_added"])) + job.refused_count == len(strings)
    with reading() as session:
        assert {code for _, _, code in refused(session, job.id)} <= {"stock.text_long"}


@pytest.mark.spec("T38")
def test_csv_spectrum_files_are_refused_at_the_mapping_or_row_by_row(corpora: Path) -> None:
    for path in sorted((corpora / "csv_spectrum" / "csvs").glob("*.csv")):
        with pytest.raises(Invalid) as error:
            queued(path, STOCK)
        assert error.value.code == "import.field_missing"
        assert error.value.field == "code"
        job = take(path, mapping={"code": 1, "on_hand": 0})
        taken = [int(str(job.result[name])) for name in ("items_added", "updated")]
        assert job.done_count == sum(taken) + job.refused_count


def test_events_wait_for_the_last_row_and_are_then_told_together(tmp_path: Path) -> None:
    rows = [HEADS, *([f"{n}", "x", "", "", n % 2, 0] for n in range(700))]
    path = table(tmp_path / "a", rows)
    job_id = queued(path, STOCK)
    attempt = claimed(job_id)
    seen: list[bool] = []

    def look(_done: int, _total: int) -> None:
        with reading() as session:
            seen.extend(session.exec(select(Event.is_held)).all())

    stock_import.run_file(attempt, path, PAGE_LIMITS, on_progress=look)
    assert seen
    assert all(seen)
    with transaction() as session:
        runs.finish(session, attempt, now=clock.now())
    with reading() as session:
        events = session.exec(select(Event).order_by(col(Event.id))).all()
        assert not any(event.is_held for event in events)
        assert {event.batch for event in events} == {f"job:{job_id}"}
        assert [event.name for event in events[-1:]] == ["stock.imported"]
        assert sum(event.name == "stock.level_changed" for event in events) == 350
        low = session.exec(select(StockItem).where(StockItem.state == StockState.LOW)).all()
        assert len(low) == 350


class Stop(Exception):
    """Stands for whatever ends a process."""


def stop_after(chunks: int) -> Callable[[int, int], None]:
    def stop(done: int, _total: int) -> None:
        if done >= chunks * 500:
            raise Stop

    return stop


def test_an_import_that_was_stopped_goes_on_where_it_stood(tmp_path: Path) -> None:
    rows = [HEADS, *([f"{n % 1200}", "x", "", "", n, 100] for n in range(1400))]
    path = table(tmp_path / "a", rows)
    job_id = queued(path, STOCK)
    first = claimed(job_id)
    with pytest.raises(Stop):
        stock_import.run_file(first, path, PAGE_LIMITS, on_progress=stop_after(2))
    with transaction() as session:
        assert runs.claim(session, job_id=job_id, now=clock.now()) is None, "it beats still"
        later = clock.now() + timedelta(minutes=3)
        second = runs.claim(session, job_id=job_id, now=later)
    assert second == Run(job_id, 2)
    child.run_here(second, memory=-1)
    job = job_now(job_id)
    assert (job.state, job.done_count, job.refused_count) == (JobState.DONE, 1400, 200)
    assert job.result["items_added"] == 1200
    with reading() as session:
        assert session.exec(select(func.count()).select_from(StockMovement)).one() == 1200
        assert len(refused(session, job_id)) == 200
    with pytest.raises(Conflict, match="lost"), transaction() as session:
        runs.continued(session, first)


def test_a_worker_that_lost_its_job_writes_nothing_more(tmp_path: Path) -> None:
    job_id = queued(table(tmp_path / "a", [HEADS, ["1", "x", "", "", 1, 0]]), STOCK)
    first = claimed(job_id)
    with transaction() as session:
        runs.claim(session, job_id=job_id, now=clock.now() + timedelta(minutes=3))

    def take_row(session: Session, _job: Job, _rows: Sequence[object]) -> Outcome:
        stock.add_item(session, administrator(), new=NewItem("no"), now=clock.now())
        return Outcome({})

    with pytest.raises(Conflict, match="lost"):
        feed(first, ["row"], take_row)
    with reading() as session:
        assert items(session) == {}


def test_an_abandoned_import_stops_and_its_file_goes(tmp_path: Path) -> None:
    job_id = queued(table(tmp_path / "a", [HEADS, ["1", "x", "", "", 1, 0]]), STOCK)
    upload = job_now(job_id).upload
    assert uploads.is_here(upload)
    with transaction() as session:
        jobs.abandon(session, administrator(), job_id=job_id, now=clock.now())
        assert uploads.is_here(upload), "not before the commit"
    assert not uploads.is_here(upload)
    with transaction() as session:
        assert runs.claim(session, job_id=job_id, now=clock.now()) is None
    with pytest.raises(Conflict, match="ended"), transaction() as session:
        jobs.abandon(session, administrator(), job_id=job_id, now=clock.now())
    assert job_now(job_id).state is JobState.ABANDONED


def test_a_running_import_can_be_abandoned_and_what_it_took_is_told(tmp_path: Path) -> None:
    path = table(tmp_path / "a", [HEADS, *([f"{n}", "x", "", "", 0, 0] for n in range(1200))])
    job_id = queued(path, STOCK)

    def abandon(_done: int, _total: int) -> None:
        with transaction() as session:
            jobs.abandon(session, administrator(), job_id=job_id, now=clock.now())

    with pytest.raises(Conflict, match="lost"):
        stock_import.run_file(claimed(job_id), path, PAGE_LIMITS, on_progress=abandon)
    with reading() as session:
        assert len(items(session)) == 500
        assert session.exec(select(Event.is_held).distinct()).all() == [False]
    assert job_now(job_id).state is JobState.ABANDONED


def test_the_file_goes_when_the_import_ends(tmp_path: Path) -> None:
    take(table(tmp_path / "a", [HEADS, ["1", "x", "", "", 1, 0]]))
    assert not list((settings().data_dir / "uploads").iterdir())


def test_a_child_runs_the_job_by_itself(tmp_path: Path) -> None:
    job_id = queued(table(tmp_path / "a", [HEADS, ["1", "x", "", "", 1, 0]]), STOCK)
    with reading() as session:
        assert runs.due_ids(session, now=clock.now()) == [job_id]
    assert child.run_in_child(job_id)
    assert job_now(job_id).state is JobState.DONE
    assert not child.run_in_child(job_id)
    with reading() as session:
        assert list(items(session)) == ["1"]


def test_a_job_without_memory_fails_and_says_why(tmp_path: Path) -> None:
    rows = [HEADS, *([f"{n}", "x", "", "", 1, 0] for n in range(2000))]
    job_id = queued(table(tmp_path / "a", rows), STOCK)
    out = MemoryError()
    attempt = claimed(job_id)
    with transaction() as session:
        runs.fail(session, attempt, child._spoken(out), now=clock.now())
    job = job_now(job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "job.out_of_memory")


def test_an_accident_is_tried_again_and_then_given_up(tmp_path: Path) -> None:
    job_id = queued(table(tmp_path / "a", [HEADS, ["1", "x", "", "", 1, 0]]), STOCK)
    for attempt in range(1, 4):
        run = claimed(job_id)
        assert run.attempt == attempt
        with transaction() as session:
            runs.retry_or_fail(session, run, Conflict("job.child_died"), now=clock.now())
    job = job_now(job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "job.child_died")


def test_a_job_that_never_moves_on_is_given_up(tmp_path: Path) -> None:
    job_id = queued(table(tmp_path / "a", [HEADS, ["1", "x", "", "", 1, 0]]), STOCK)
    later = clock.now()
    for _ in range(4):
        with transaction() as session:
            runs.claim(session, job_id=job_id, now=later)
        later += timedelta(minutes=3)
    job = job_now(job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "job.gave_up")


def test_a_file_read_in_the_wrong_encoding_fails_with_its_reason(tmp_path: Path) -> None:
    path = table(tmp_path / "a", [["code", "name"], ["1", "سلام"]], encoding="cp1256")
    job_id = queued(path, STOCK, layout=Layout(encoding=Encoding.UTF8))
    job = run(job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "file.encoding")
    assert job.result["error"] == {"encoding": "utf-8"}
    with reading() as session:
        assert items(session) == {}


def test_a_file_that_vanishes_during_the_run_fails_the_job(tmp_path: Path) -> None:
    job_id = queued(table(tmp_path / "a", [HEADS, ["1", "x", "", "", 1, 0]]), STOCK)
    uploads.remove(job_now(job_id).upload)
    job = run(job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "job.upload_missing")


def test_a_draft_left_for_a_day_is_swept_with_its_file(tmp_path: Path) -> None:
    path = table(tmp_path / "a", [HEADS, ["1", "x", "", "", 1, 0]])
    with path.open("rb") as file:
        upload = uploads.keep(file)
    draft = Draft(STOCK, "../a\r\n.csv", upload, tables.inspect(path, PAGE_LIMITS))
    with transaction() as session:
        job_id = jobs.create_draft(session, administrator(), draft=draft, now=clock.now()).id
    with transaction() as session:
        runs.sweep(session, now=clock.now() + timedelta(hours=25))
    job = job_now(job_id)
    assert (job.state, job.file_name) == (JobState.ABANDONED, "../a .csv")
    assert not uploads.is_here(upload)


def test_a_file_that_vanished_fails_the_job(tmp_path: Path) -> None:
    job_id = queued(table(tmp_path / "a", [HEADS, ["1", "x", "", "", 1, 0]]), STOCK)
    uploads.remove(job_now(job_id).upload)
    with reading() as session:
        assert runs.due_ids(session, now=clock.now()) == []
    with transaction() as session:
        runs.sweep(session, now=clock.now() + timedelta(hours=25))
    job = job_now(job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "job.upload_missing")


def test_forgotten_uploads_are_swept(tmp_path: Path) -> None:
    path = table(tmp_path / "a", [HEADS, ["1", "x", "", "", 1, 0]])
    with path.open("rb") as file:
        orphan = uploads.keep(file)
    kept = job_now(queued(path, STOCK)).upload
    with transaction() as session:
        runs.sweep(session, now=clock.now() + timedelta(hours=25))
    assert uploads.is_here(kept)
    assert not uploads.is_here(orphan)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "..", "a" * 32 + "/x", "A" * 32, "x.csv"])
def test_a_stored_name_is_never_a_path(name: str) -> None:
    assert not uploads.is_here(name)
    uploads.remove(name)


def test_an_upload_beyond_the_limit_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="too_large"):
        uploads.keep(io.BytesIO(b"x" * 2_000), limit=1_000)
    assert not list((settings().data_dir / "uploads").iterdir())


def test_who_may_not_import_sees_no_job(tmp_path: Path) -> None:
    with transaction() as session:
        viewer = actor_of(session, make_user(session, "vida", Role.VIEWER))
        operator = actor_of(session, make_user(session, "omid"))
    path = table(tmp_path / "a", [HEADS, ["1", "x", "", "", -1, 0]])
    with pytest.raises(Forbidden):
        queued(path, STOCK, actor=viewer)
    job = take(path, actor=operator)
    with reading() as session:
        assert [found.id for found in jobs.jobs(session, operator)] == [job.id]
        assert jobs.jobs(session, viewer) == []
        assert jobs.refused_reasons(session, operator, job_id=job.id) == [("number.negative", 1)]
        assert len(jobs.refused_rows(session, operator, job_id=job.id)) == 1
        with pytest.raises(Forbidden):
            jobs.job(session, viewer, job_id=job.id)


def test_items_of_another_department_are_refused(tmp_path: Path) -> None:
    with transaction() as session:
        operator = actor_of(session, make_user(session, "omid"))
        sales = department_id(session, DepartmentKind.SALES)
        new = NewItem("S", on_hand=5, department_id=sales)
        stock.add_item(session, administrator(), new=new, now=clock.now())
    path = table(tmp_path / "a", [HEADS, ["S", "x", "", "", 1, 0], ["T", "x", "", "", 1, 0]])
    job = take(path, actor=operator)
    with reading() as session:
        assert refused(session, job.id) == [(2, "stock.field.code", "stock.other_department")]
        assert {code: row[3] for code, row in items(session).items()} == {"S": 5, "T": 1}


@pytest.mark.parametrize("options", [{"known": "destroy"}])
def test_an_unknown_option_is_refused(tmp_path: Path, options: dict[str, object]) -> None:
    path = table(tmp_path / "a", [HEADS, ["1", "x", "", "", 1, 0]])
    with pytest.raises(Invalid, match="option_unknown"):
        queued(path, STOCK, options=options)


def test_an_archived_item_comes_back_with_the_list(tmp_path: Path) -> None:
    with transaction() as session:
        make_organisation(session)
        item = stock.add_item(
            session, administrator(), new=NewItem("1", on_hand=9), now=clock.now()
        )
        stock.archive_item(session, administrator(), item_id=item.id, version=1, now=clock.now())
    take(table(tmp_path / "a", [HEADS, ["1", "x", "", "", 4, 6]]))
    with reading() as session:
        found = session.exec(select(StockItem)).one()
        assert (found.is_archived, found.on_hand, found.state) == (False, 4, StockState.LOW)
        fell = session.exec(select(Event).where(Event.name == "stock.level_changed")).one()
        assert fell.properties["on_hand"] == 4
