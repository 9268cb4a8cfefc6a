"""Order files: real lines become orders, customers, stock and the level changes they demand."""

import csv
import os
import re
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session, SQLModel, col, func, select

from core import clock
from core.access.terms import SYSTEM, Actor, DepartmentKind, Role
from core.commerce.models import Order, OrderLine
from core.contacts.models import Contact, ContactIdentity
from core.db import reading, transaction
from core.errors import Conflict, Forbidden, Invalid
from core.events.models import Event
from core.i18n.terms import Language
from core.jobs import child, runs, uploads
from core.jobs import service as jobs
from core.jobs.look import start_child
from core.jobs.models import Job
from core.jobs.terms import JobKind, JobState, Plan
from core.operations import service as stock
from core.operations.models import StockItem, StockMovement
from core.operations.order_import import import_orders
from core.operations.terms import NewItem
from tests.support.cast import actor_of, administrator, make_user
from tests.support.imports import (
    claimed,
    found_organisation,
    job_now,
    queued,
    refused,
    run,
    table,
)

ORDERS = JobKind.IMPORT_ORDERS
ZONE = ZoneInfo("Asia/Tehran")
OPTIONS: dict[str, object] = {"opening_stock": 100, "reorder_point": 20, "currency": "GBP"}
HEADS = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
         "CustomerID", "Country"]  # fmt: skip


@pytest.fixture(autouse=True)
def organised(store: str) -> None:
    found_organisation()


@pytest.fixture
def orders_csv(corpora: Path) -> Path:
    return corpora / "retail" / "orders.csv"


def part_of(path: Path, target: Path, *, lines: int) -> Path:
    """The first lines of the real file."""
    with path.open(encoding="utf-8", newline="") as file:
        target.write_text("".join(line for line, _ in zip(file, range(lines + 1), strict=False)))
    return target


class Expected:
    """What a file demands, reckoned line by line without any of our code."""

    def __init__(self, path: Path, opening: int, point: int) -> None:
        self.on_hand: dict[str, int] = {}
        self.crossings: list[tuple[str, str, int, datetime]] = []
        self.lines = self.services = 0
        self.invoices: set[str] = set()
        self.customers: set[str] = set()
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                self._take(row, opening, point)

    def _take(self, row: dict[str, str], opening: int, point: int) -> None:
        self.lines += 1
        self.invoices.add(row["InvoiceNo"])
        if row["CustomerID"]:
            self.customers.add(row["CustomerID"].removesuffix(".0"))
        code = row["StockCode"]
        if not re.match("[0-9]{5}", code):
            self.services += 1
            return
        if code not in self.on_hand:
            self.on_hand[code] = opening
            if opening <= point:
                self.crossings.append((code, "low", opening, at(row)))
        before = self.on_hand[code]
        after = self.on_hand[code] = before - int(row["Quantity"])
        if before > point >= after:
            self.crossings.append((code, "low", after, at(row)))
        if before <= point < after:
            self.crossings.append((code, "ok", after, at(row)))


def at(row: dict[str, str]) -> datetime:
    return datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=ZONE).astimezone(UTC)


def crossings(session: Session) -> list[tuple[str, str, int, datetime]]:
    events = session.exec(
        select(Event).where(Event.name == "stock.level_changed").order_by(col(Event.id))
    )
    return [
        (str(e.properties["code"]), str(e.properties["to"]), int(str(e.properties["on_hand"])),
         e.occurred_at)
        for e in events
    ]  # fmt: skip


def counts(session: Session) -> dict[str, int]:
    return dict(session.exec(select(StockItem.code, StockItem.on_hand)).all())


def size(session: Session, table: type) -> int:
    return session.exec(select(func.count()).select_from(table)).one()


LEFT = {
    "stock_item": "code name on_hand reorder_point state low_since version",
    "stock_movement": "source source_key kind quantity on_hand_after at",
    "event": "name source dedup_key occurred_at is_held",
    "order": "source reference customer_ref country currency placed_at",
    "order_line": "line code description quantity unit_price_minor",
    "contact_identity": "kind source raw normalised",
    "contact": "kind source",
}
Left = dict[str, list[tuple[str, ...]]]


def snapshot(session: Session) -> Left:
    """Everything an import leaves, but for ids, stamps and the job it was."""
    found = {}
    for name, columns in LEFT.items():
        table = SQLModel.metadata.tables[name]
        chosen = table.select().with_only_columns(*(table.c[column] for column in columns.split()))
        rows = [tuple(map(str, row)) for row in session.execute(chosen)]
        found[name] = sorted(row for row in rows if "stock.imported" not in row)
    return found


def agrees(session: Session, expected: Expected) -> None:
    assert counts(session) == expected.on_hand
    assert crossings(session) == expected.crossings
    assert size(session, OrderLine) == expected.lines
    assert size(session, Order) == len(expected.invoices)
    goods = expected.lines - expected.services
    assert size(session, StockMovement) == goods + len(expected.on_hand)
    numbers = session.exec(select(ContactIdentity.normalised)).all()
    assert expected.customers <= set(numbers)
    low = {code for code, left in expected.on_hand.items() if left <= 20}
    found = session.exec(select(StockItem.code).where(StockItem.state == "low")).all()
    assert set(found) == low


@pytest.mark.spec("S86")
@pytest.mark.sqlite_only
def test_the_real_file_makes_exactly_the_changes_its_arithmetic_demands(orders_csv: Path) -> None:
    start = time.monotonic()
    job = import_orders(SYSTEM, orders_csv, options=OPTIONS)
    took = time.monotonic() - start
    expected = Expected(orders_csv, 100, 20)
    assert (job.state, job.done_count, job.refused_count) == (JobState.DONE, 42_481, 0)
    with reading() as session:
        agrees(session, expected)
        assert not session.exec(select(Event.id).where(col(Event.is_held).is_(True))).all()
        before = snapshot(session)
    assert job.result["became_low"] == sum(to == "low" for _, to, _, _ in expected.crossings)
    again = import_orders(SYSTEM, orders_csv, options=OPTIONS)
    assert again.result["known"] == 42_481
    assert again.result["lines"] == again.result["movements"] == again.result["contacts"] == 0
    with reading() as session:
        assert snapshot(session) == before
    assert took < 60, "20 s on a machine of its own"


@pytest.mark.parametrize(("opening", "point"), [(100, 20), (30, 30), (0, 5)])
def test_a_part_of_the_real_file_agrees_on_both_stores(
    orders_csv: Path, tmp_path: Path, opening: int, point: int
) -> None:
    path = part_of(orders_csv, tmp_path / "part.csv", lines=2_600)
    options = {**OPTIONS, "opening_stock": opening, "reorder_point": point}
    import_orders(SYSTEM, path, options=options)
    expected = Expected(path, opening, point)
    with reading() as session:
        assert counts(session) == expected.on_hand
        assert crossings(session) == expected.crossings


def test_a_line_keeps_what_the_file_says(orders_csv: Path, tmp_path: Path) -> None:
    path = part_of(orders_csv, tmp_path / "part.csv", lines=1_500)
    import_orders(SYSTEM, path, options=OPTIONS)
    with reading() as session:
        order = session.exec(select(Order).where(Order.reference == "536365")).one()
        assert order.placed_at == datetime(2010, 12, 1, 4, 56, tzinfo=UTC)
        assert (order.currency, order.country, order.customer_ref) == (
            "GBP", "United Kingdom", "17850"
        )  # fmt: skip
        lines = session.exec(
            select(OrderLine).where(OrderLine.order_id == order.id).order_by(col(OrderLine.line))
        ).all()
        assert [line.line for line in lines] == list(range(1, 8))
        assert (lines[0].code, lines[0].quantity, lines[0].unit_price_minor) == ("85123A", 6, 255)
        contact = session.get(Contact, order.contact_id)
        assert contact is not None
        assert (contact.kind, contact.source) == ("customer", "orders")
        orphan = session.exec(select(Order).where(Order.reference == "536414")).one()
        assert (orphan.contact_id, orphan.customer_ref) == (None, "")
        nameless = session.exec(select(StockItem).where(StockItem.code == "22139")).one()
        assert nameless.name == "RETROSPOT TEA SET CERAMIC 11 PC"
        credit = session.exec(select(StockMovement).where(StockMovement.kind == "return")).first()
        assert credit is not None
        assert credit.quantity > 0


def rows(*lines: tuple[object, ...]) -> list[list[object]]:
    made: list[list[object]] = [list(HEADS)]
    for invoice, code, quantity, *rest in lines:
        price, customer, when = (*rest, *["1", "", "2026-01-05 10:00"][len(rest) :])
        made.append([invoice, code, "thing", quantity, when, price, customer, "Iran"])
    return made


def take(path: Path, **given: object) -> Job:
    return run(queued(path, ORDERS, options=OPTIONS, **given))  # type: ignore[arg-type]


def test_sales_may_go_below_zero_and_returns_raise_the_count(tmp_path: Path) -> None:
    lines = rows(("1", "10000", 130), ("2", "10000", -5), ("C3", "10000", "-۱۰۰"), ("4", "POST", 3))
    job = take(table(tmp_path / "a", lines))
    with reading() as session:
        assert counts(session) == {"10000": 75}
        assert [event[1:3] for event in crossings(session)] == [("low", -30), ("ok", 75)]
        after = session.exec(
            select(StockMovement.on_hand_after).order_by(col(StockMovement.id))
        ).all()
        assert after == [100, -30, -25, 75]
    assert job.result["services"] == 1


def test_what_is_in_stock_is_sold_from_stock_whatever_its_code(tmp_path: Path) -> None:
    with transaction() as session:
        new = NewItem("B-101", name="Mine", on_hand=12, reorder_point=10)
        stock.add_item(session, administrator(), new=new, now=clock.now())
    job = take(table(tmp_path / "a", rows(("1", "B-101", 4), ("1", "POST", 1))))
    with reading() as session:
        assert counts(session) == {"B-101": 8}
    assert job.result["services"] == 1


def test_codes_are_compared_exactly(tmp_path: Path) -> None:
    take(table(tmp_path / "a", rows(("1", "10000a", 1), ("1", "10000A", 2), ("1", "۱۰۰۰۰A", 3))))
    with reading() as session:
        assert counts(session) == {"10000a": 99, "10000A": 95}


def test_known_items_keep_their_count_and_point(tmp_path: Path) -> None:
    with transaction() as session:
        new = NewItem("10000", name="Mine", on_hand=7, reorder_point=5)
        stock.add_item(session, administrator(), new=new, now=clock.now())
    take(table(tmp_path / "a", rows(("1", "10000", 3))))
    with reading() as session:
        item = session.exec(select(StockItem)).one()
        assert (item.name, item.on_hand, item.reorder_point) == ("Mine", 4, 5)
        assert [event[:3] for event in crossings(session)] == [("10000", "low", 4)]


def test_a_longer_file_adds_only_what_is_new(tmp_path: Path) -> None:
    first = [("1", "10000", 1), ("1", "10001", 1), ("2", "10000", 1)]
    take(table(tmp_path / "a", rows(*first)))
    more = [*first[:2], ("1", "10000", 5), first[2], ("3", "10000", 2)]
    job = take(table(tmp_path / "b", rows(*more)))
    assert (job.result["lines"], job.result["known"], job.result["orders"]) == (2, 3, 1)
    with reading() as session:
        assert counts(session) == {"10000": 91, "10001": 99}


def test_an_order_gets_its_customer_when_a_later_file_names_one(tmp_path: Path) -> None:
    take(table(tmp_path / "a", rows(("1", "10000", 1, "1", ""))))
    take(table(tmp_path / "b", rows(("1", "10000", 1, "1", "77.0"), ("1", "10000", 1, "1", "77"))))
    with reading() as session:
        order = session.exec(select(Order)).one()
        identity = session.exec(select(ContactIdentity)).one()
        assert (order.contact_id, order.customer_ref) == (identity.contact_id, "77")
        assert (identity.kind, identity.source) == ("external", "orders")


REFUSED = [
    (("", "10000", 1), "order.field.reference", "order.reference_missing"),
    (("9", "", 1), "order.field.code", "order.code_missing"),
    (("9", "10000", "1.5"), "order.field.quantity", "number.not_whole"),
    (("9", "10000", ""), "order.field.quantity", "number.invalid"),
    (("9", "10000", 10**10), "order.field.quantity", "number.too_large"),
    (("9", "10000", 1, "cheap"), "order.field.price", "number.invalid"),
    (("9", "10000", 1, "1", "", "yesterday"), "order.field.at", "order.time_invalid"),
    (("9", "10000", 1, "1", "", "2026-02-30 10:00"), "order.field.at", "date.no_such_day"),
    (("9", "10000", 1, "1", "", "1404-12-30 10:00"), "order.field.at", "date.no_such_day"),
    (("9", "10000", 1, "1", "", "2026-01-05 25:00"), "order.field.at", "order.time_invalid"),
    (("9", "10000", 1, "1", "x" * 81), "order.field.customer", "import.text_too_long"),
]


def test_bad_lines_are_refused_and_leave_nothing_behind(tmp_path: Path) -> None:
    path = table(tmp_path / "a", rows(("1", "20000", 1), *(line for line, _, _ in REFUSED)))
    job = take(path)
    with reading() as session:
        assert refused(session, job.id) == [
            (line, label, code) for line, (_, label, code) in enumerate(REFUSED, start=3)
        ]
        assert counts(session) == {"20000": 99}
        assert size(session, Order) == size(session, OrderLine) == 1


def test_refused_lines_put_right_keep_their_place_in_the_order(tmp_path: Path) -> None:
    lines = rows(("1", "10000", 1), ("1", "10000", "x"), ("1", "10000", 3))
    job = take(table(tmp_path / "a", lines))
    with transaction() as session:
        content = jobs.refused_file(session, administrator(), job_id=job.id, language=Language.FA,
                                    now=clock.now())  # fmt: skip
    back = tmp_path / "back.csv"
    back.write_bytes(content.replace(b",x,", b",2,"))
    take(back)
    take(back)
    with reading() as session:
        assert counts(session) == {"10000": 94}
        keys = session.exec(select(StockMovement.source_key)).all()
        assert set(keys) == {"opening:10000", "1:1", "1:2", "1:3"}


class Stop(Exception):
    """Stands for whatever ends a process."""


def stop_at(done: int) -> Callable[[int, int], None]:
    def stop(now_done: int, _total: int) -> None:
        if now_done >= done:
            raise Stop

    return stop


@pytest.fixture
def straight(orders_csv: Path, tmp_path: Path) -> tuple[Path, Left]:
    """A part of the real file, and what a run without accidents leaves of it."""
    path = part_of(orders_csv, tmp_path / "part.csv", lines=2_600)
    import_orders(SYSTEM, path, options=OPTIONS)
    with transaction() as session:
        left = snapshot(session)
        for name in ("refused_row", *reversed(LEFT), "job"):
            session.execute(SQLModel.metadata.tables[name].delete())
    return path, left


@pytest.mark.parametrize("done", [500, 1_500])
def test_a_command_stopped_half_way_and_typed_again_leaves_the_same(
    straight: tuple[Path, Left], done: int
) -> None:
    path, left = straight
    with pytest.raises(Stop):
        import_orders(SYSTEM, path, options=OPTIONS, on_progress=stop_at(done))
    with reading() as session:
        stopped = session.exec(select(Job)).one()
        assert (stopped.state, stopped.error_code) == (JobState.FAILED, "job.interrupted")
        assert not session.exec(select(Event.id).where(col(Event.is_held).is_(True))).all()
    import_orders(SYSTEM, path, options=OPTIONS)
    with reading() as session:
        assert snapshot(session) == left


def test_a_killed_worker_is_replaced_and_leaves_the_same(
    straight: tuple[Path, Left],
) -> None:
    path, left = straight
    job_id = queued(path, ORDERS, options=OPTIONS)
    first = claimed(job_id)
    process = start_child("core.jobs.child", str(first.job_id), str(first.attempt))
    deadline = time.monotonic() + 60
    while job_now(job_id).done_count < 500 and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = job_now(job_id).done_count
    assert 500 <= done <= 2_600
    if done < 2_600:
        assert job_now(job_id).state is JobState.RUNNING
        with reading() as session:
            assert not session.exec(select(Event.id).where(col(Event.is_held).is_(False))).all()
    later = clock.now() + timedelta(minutes=3)
    with transaction() as session:
        second = runs.claim(session, job_id=job_id, now=later)
    if second is not None:
        child.run_here(second, memory=-1)
    job = job_now(job_id)
    assert (job.state, job.done_count) == (JobState.DONE, 2_600)
    with reading() as session:
        assert snapshot(session) == left
    assert not uploads.names()


def test_a_died_command_is_ended_and_its_events_are_told(orders_csv: Path, tmp_path: Path) -> None:
    path = part_of(orders_csv, tmp_path / "part.csv", lines=1_200)

    def die(_done: int, _total: int) -> None:
        with transaction() as session:  # as if another process had taken the job from us
            job = session.exec(select(Job)).one()
            job.attempt_count += 1

    with pytest.raises(Conflict, match="lost"):
        import_orders(SYSTEM, path, options={**OPTIONS, "opening_stock": 30}, on_progress=die)
    with transaction() as session:
        assert session.exec(select(Job.state)).one() == JobState.RUNNING
        runs.sweep(session, now=clock.now() + timedelta(minutes=3))
    with reading() as session:
        job = session.exec(select(Job)).one()
        assert (job.state, job.error_code) == (JobState.FAILED, "job.interrupted")
        held = session.exec(select(Event.is_held)).all()
        assert held
        assert not any(held)


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"opening_stock": -1}, "opening_stock", "number.negative"),
        ({"reorder_point": "۱٫۵"}, "reorder_point", "number.not_whole"),
        ({"currency": "XXY"}, "currency", "organisation.currency_unknown"),
        ({"source": "s" * 41}, "source", "import.text_too_long"),
    ],
)
def test_bad_options_are_refused_before_anything_is_taken(
    tmp_path: Path, change: dict[str, object], field: str, code: str
) -> None:
    path = table(tmp_path / "a", rows(("1", "10000", 1)))
    with pytest.raises(Invalid) as error:
        import_orders(SYSTEM, path, options={**OPTIONS, **change})
    assert (error.value.field, error.value.code) == (field, code)
    with reading() as session:
        assert size(session, Job) == size(session, StockItem) == 0


def test_columns_that_cannot_be_found_are_named(tmp_path: Path) -> None:
    path = table(tmp_path / "a", [["InvoiceNo", "Quantity", "Date"], ["1", "2", "2026-01-05"]])
    with pytest.raises(Invalid) as error:
        import_orders(SYSTEM, path, options=OPTIONS)
    assert (error.value.field, error.value.code) == ("code", "import.field_missing")


def test_who_may_not_import_orders_is_refused(tmp_path: Path) -> None:
    def actor(login: str, role: Role, kind: DepartmentKind) -> Actor:
        with transaction() as session:
            return actor_of(session, make_user(session, login, role, kind))

    path = table(tmp_path / "a", rows(("1", "10000", 1)))
    with pytest.raises(Forbidden):
        import_orders(actor("vida", Role.VIEWER, DepartmentKind.OPERATIONS), path, options=OPTIONS)
    job = import_orders(actor("omid", Role.OPERATOR, DepartmentKind.SALES), path, options=OPTIONS)
    assert job.result["lines"] == 1


def test_prices_are_minor_units_of_the_chosen_currency(tmp_path: Path) -> None:
    for number, (currency, minor) in enumerate({"GBP": 255, "IRR": 3, "KWD": 2550}.items()):
        options = {**OPTIONS, "currency": currency, "source": f"s{number}"}
        import_orders(SYSTEM, table(tmp_path / "a", rows(("1", "P", 1, "2.55"))), options=options)
        with reading() as session:
            newest = select(OrderLine.unit_price_minor).order_by(col(OrderLine.id).desc())
            assert session.exec(newest).first() == minor


def test_a_started_job_is_not_started_twice(tmp_path: Path) -> None:
    job_id = queued(table(tmp_path / "a", rows(("1", "10000", 1))), ORDERS, options=OPTIONS)
    plan = Plan({}, OPTIONS)
    with pytest.raises(Conflict, match="not_draft"), transaction() as session:
        jobs.start(session, administrator(), job_id=job_id, plan=plan, now=clock.now())
