"""Lists as files: only for those who may take them out, as far as they may, and never a formula."""

import csv
import io
from collections.abc import Callable
from datetime import datetime

import fastexcel
import pytest
from sqlmodel import Session, select

from core.access.terms import Actor, DepartmentKind, Role
from core.accounts import exports as accounts
from core.accounts.models import Membership, User
from core.alerts import exports as alerts
from core.alerts.terms import EpisodeFilter
from core.audit.models import AuditEntry
from core.db import reading, transaction
from core.errors import Forbidden
from core.jobs.cells import unguarded
from core.jobs.export_file import ExportFormat, written
from core.messages import exports as messages
from core.messages.service import MessageFilter
from core.operations import exports as operations
from core.operations import service as stock
from core.operations.terms import NewItem, StockFilter
from core.people import exports as people
from tests.support.cast import (
    actor_of,
    administrator,
    department_id,
    make_contact,
    make_organisation,
    make_user,
)
from tests.support.sending import make_template, queue_one

K, R = DepartmentKind, Role
MANY = 1_000


def exports(session: Session, actor: Actor, now: datetime) -> dict[str, Callable[[], object]]:
    more = {"limit": MANY, "now": now}
    return {
        "stock.exported": lambda: operations.export_items(
            session, actor, wanted=StockFilter(), **more
        ),
        "alert.exported": lambda: alerts.export_episodes(
            session, actor, wanted=EpisodeFilter(), **more
        ),
        "employees.exported": lambda: people.export_employees(session, actor, search="", **more),
        "messages.exported": lambda: messages.export_messages(
            session, actor, where=MessageFilter(), **more
        ),
        "users.exported": lambda: accounts.export_staff(session, actor, now=now),
    }


EVERYTHING = {"stock.exported", "alert.exported", "employees.exported", "messages.exported",
              "users.exported"}  # fmt: skip


@pytest.fixture
def house(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session)


@pytest.mark.spec("U58")
@pytest.mark.parametrize(
    ("role", "kind", "allowed"),
    [
        (R.ADMINISTRATOR, K.MARKETING, EVERYTHING),
        (R.AUDITOR, K.MARKETING, EVERYTHING),
        (R.MANAGER, K.OPERATIONS, {"stock.exported", "alert.exported", "messages.exported"}),
        (R.MANAGER, K.PEOPLE, {"alert.exported", "messages.exported", "employees.exported"}),
        (R.OPERATOR, K.OPERATIONS, {"stock.exported", "alert.exported"}),
        (R.OPERATOR, K.PEOPLE, {"alert.exported"}),
        (R.VIEWER, K.OPERATIONS, set()),
        (R.SELLER, K.SALES, set()),
    ],
)
def test_a_list_is_taken_out_by_those_who_may_and_the_log_says_so(
    house: None, now: datetime, role: Role, kind: DepartmentKind, allowed: set[str]
) -> None:
    with transaction() as session:
        actor = actor_of(session, make_user(session, "omid", role, kind))
        opened = set()
        for act, export in exports(session, actor, now).items():
            try:
                export()
            except Forbidden:
                continue
            opened.add(act)
    assert opened == allowed
    with reading() as session:
        noted = {one.action for one in session.exec(select(AuditEntry)).all()}
    assert noted & EVERYTHING == allowed


@pytest.mark.spec("N17")
def test_looking_on_in_one_department_takes_nothing_out_of_it(house: None, now: datetime) -> None:
    with transaction() as session:
        user = make_user(session, "omid", R.VIEWER, K.OPERATIONS)
        there = department_id(session, K.PEOPLE)
        session.add(Membership(user_id=user.id, department_id=there, role=R.MANAGER))
        session.flush()
        actor = actor_of(session, user)
        assert stock.list_items(session, actor).count == 0
        with pytest.raises(Forbidden):
            operations.export_items(session, actor, wanted=StockFilter(), limit=MANY, now=now)


@pytest.mark.spec("N17")
def test_only_rows_of_the_departments_that_allow_it_are_taken_out(
    house: None, now: datetime
) -> None:
    with transaction() as session:
        operator = actor_of(session, make_user(session, "omid", R.OPERATOR, K.OPERATIONS))
        for code, place in (("A-1", department_id(session, K.OPERATIONS)),
                            ("A-2", department_id(session, K.SUPPORT)), ("A-3", None)):  # fmt: skip
            new = NewItem(code, "کارتن", "", "", 3, 1, place)
            stock.add_item(session, administrator(), new=new, now=now)
        found = operations.export_items(
            session, operator, wanted=StockFilter(), limit=MANY, now=now
        )
    assert [one.code for one in found] == ["A-1", "A-3"]


def test_a_list_comes_whole_with_its_movements_and_filters(house: None, now: datetime) -> None:
    with transaction() as session:
        version = make_template(session, "relationship", "یادداشت")
        for number in range(60):
            contact = make_contact(session, f"p{number}@example.com")
            queue_one(session, contact, version, key=str(number), now=now)
        new = NewItem("A-1", "کارتن", "", "", 3, 1, None)
        item = stock.add_item(session, administrator(), new=new, now=now)
        stock.adjust_stock(session, administrator(), item_id=item.id, counted=9, now=now)
        sent = messages.export_messages(
            session, administrator(), where=MessageFilter(), limit=MANY, now=now
        )
        moved = operations.export_movements(
            session, administrator(), item_id=item.id, limit=MANY, now=now
        )
        none = operations.export_items(
            session, administrator(), wanted=StockFilter(search="میخ"), limit=MANY, now=now
        )
    assert len(sent) == 60
    assert {one.template.name for one in sent if one.template} == {"یادداشت"}
    assert [movement.on_hand_after for movement, _ in moved] == [9, 3]
    assert list(none) == []


def test_a_file_of_users_holds_everybody_once(house: None, now: datetime) -> None:
    with transaction() as session:
        make_user(session, "omid")
        make_user(session, "sara", R.AUDITOR)
        found = accounts.export_staff(session, administrator(), now=now)
        assert len(found) == len(session.exec(select(User)).all()) == 2


FORMULAS = ["=1+1", "+98912", "-5", "@x", "\tx", "\rx", "＝1", '=HYPERLINK("http://x")', "'=1"]  # noqa: RUF001 - a full-width sign is read as a formula too
HEADS = ("نام", "=مانده")


@pytest.mark.spec("T36")
@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_a_file_is_a_formula_and_an_import_reads_it_back(text: str) -> None:
    made = written(ExportFormat.CSV, HEADS, [(text, -5)], name="x", is_rtl=True)
    assert made.startswith(b"\xef\xbb\xbf")
    [heads, row] = csv.reader(io.StringIO(made.decode("utf-8-sig"), newline=""))
    assert heads == ["نام", "'=مانده"]
    assert row[0].startswith("'")
    assert unguarded(row[0]) == text
    assert row[1] == "-5"
    made = written(ExportFormat.XLSX, HEADS, [(text, -5)], name="x", is_rtl=True)
    assert b"<f>" not in made
    found = fastexcel.read_excel(made).load_sheet(0).to_polars().row(0)
    assert unguarded(str(found[0])).strip() == text.strip()
    assert found[1] == -5


def test_a_spreadsheet_keeps_numbers_and_takes_any_name() -> None:
    made = written(ExportFormat.XLSX, ("الف",), [(12,), ("ب",)], name="[a]:*?/\\'" + "x" * 60,
                   is_rtl=False)  # fmt: skip
    assert fastexcel.read_excel(made).sheet_names == ["a" + "x" * 30]
    made = written(ExportFormat.XLSX, ("الف",), [], name="[]", is_rtl=True)
    assert fastexcel.read_excel(made).sheet_names == ["Sheet1"]
