"""Operations: a real deed on each page changes the store."""

import pytest
from sqlmodel import col, select

from core.access.terms import DepartmentKind, Role
from core.alerts.models import AlertRule, Episode
from core.db import reading
from core.i18n.catalog import translate
from core.i18n.digits import localise
from core.i18n.terms import Language
from core.jobs.models import Job
from core.jobs.terms import JobState
from core.operations.models import StockItem, StockMovement
from tests.pages.conftest import OpenAs
from tests.support.departments import (
    EPISODES,
    IMPORT,
    RULES,
    STOCK,
    a_carton,
    in_dialog,
    operations,
    row_count,
    said,
    sink,
)
from tests.support.page import choose, go, press, table, texts

K, R = DepartmentKind, Role


@pytest.fixture
def goods(house: None) -> int:
    return a_carton()


def test_an_item_is_added_by_its_form(open_as: OpenAs, house: None) -> None:
    page = go(open_as(R.OPERATOR), STOCK)
    page.button(key="stock.begin").click().run()
    typed = {
        "item.new.code": "B-1",
        "item.new.name": "ماگ سفید",
        "item.new.on_hand": "۴۰",
        "item.new.reorder_point": "12",
    }
    in_dialog(page, "stock.adding", typed, "item.new.save")
    assert [row["name"] for row in table(page, "stock.table")] == ["ماگ سفید"]
    with reading() as session:
        item = session.exec(select(StockItem)).one()
    assert (item.on_hand, item.reorder_point) == (40, 12)


@pytest.mark.parametrize("typed", ["-3", "2.5", "دوازده"])
def test_a_count_that_is_none_is_refused_at_its_field(
    open_as: OpenAs, house: None, typed: str
) -> None:
    page = go(open_as(R.OPERATOR), STOCK)
    page.session_state["stock.adding"] = True
    page.run()
    page.text_input(key="item.new.on_hand").set_value(typed)
    page.session_state["stock.adding"] = True
    page.run()
    assert "ch-field-error" in texts(page)
    page.session_state["stock.adding"] = True
    page.button(key="item.new.save").click().run()
    assert said(page, "frame.not_filled")
    assert row_count(StockItem) == 0


def test_a_movement_is_written_and_says_before_what_will_be_left(
    open_as: OpenAs, goods: int
) -> None:
    page = go(open_as(R.OPERATOR), STOCK)
    choose(page, "stock.table", str(goods), "move")
    page.text_input(key="item.move.quantity").set_value("۲۵")
    choose(page, "stock.table", str(goods), "move")
    assert said(page, "stock.will_be", count=5)
    page.button(key="item.move.save").click()
    choose(page, "stock.table", str(goods), "move")
    assert [row["on_hand"] for row in table(page, "stock.table")] == ["۵"]
    with reading() as session:
        last = session.exec(select(StockMovement).order_by(col(StockMovement.id).desc())).first()
    assert last is not None
    assert (last.quantity, last.on_hand_after) == (-25, 5)


def test_the_card_of_an_item_shows_its_movements(open_as: OpenAs, goods: int) -> None:
    sink(goods, left=7)
    page = go(open_as(R.VIEWER), STOCK)
    press(page, "stock.table", "open", str(goods))
    assert [row["after"] for row in table(page, "item.movements")] == [
        localise("7", Language.FA),
        "۳۰",
    ]


def test_an_alert_is_taken_in_hand_from_its_row(open_as: OpenAs, goods: int) -> None:
    sink(goods, left=3)
    page = go(open_as(R.OPERATOR), EPISODES)
    [row] = table(page, "episodes.table")
    assert row["item"] == "Carton A4"
    choose(page, "episodes.table", row["id"], "take")
    [row] = table(page, "episodes.table")
    assert row["state"] == translate(Language.FA, "alert.state.acknowledged")
    with reading() as session:
        assert session.exec(select(Episode.acknowledged_at)).one() is not None


def test_a_rule_says_what_it_would_do_today_and_is_saved(open_as: OpenAs, goods: int) -> None:
    page = go(open_as(R.MANAGER), RULES)
    with reading() as session:
        rule = session.exec(select(AlertRule.id)).one()
    page.button(key=f"rules.edit.{rule}").click().run()
    page.selectbox(key="rules.form.level").set_value("number").run()
    page.text_input(key="rules.form.number").set_value("50").run()
    assert said(page, "alert.explain.today", count=1, people=["Omid Karimi"])
    page.button(key="rules.form.save").click().run()
    with reading() as session:
        assert session.exec(select(AlertRule.number)).one() == 50
    assert said(page, "alert.rule.saved")


def test_a_rule_without_people_is_refused_where_people_are_chosen(
    open_as: OpenAs, goods: int
) -> None:
    page = go(open_as(R.MANAGER), RULES)
    page.button(key="rules.add").click().run()
    page.multiselect(key="rules.form.people").set_value([]).run()
    page.button(key="rules.form.save").click().run()
    assert said(page, "alert.nobody_to_tell")
    assert "ch-field-error" in texts(page)
    assert row_count(AlertRule) == 1


def test_a_rule_for_an_unknown_code_is_refused_at_the_codes(open_as: OpenAs, goods: int) -> None:
    page = go(open_as(R.MANAGER), RULES)
    page.button(key="rules.add").click().run()
    page.multiselect(key="rules.form.people").set_value([f"d:{operations()}"]).run()
    page.text_input(key="rules.form.codes").set_value("A-4، ZZ-9").run()
    page.button(key="rules.form.save").click().run()
    assert said(page, "alert.unknown_code", item_code="ZZ-9")
    assert row_count(AlertRule) == 1


def test_a_rule_is_switched_off_and_says_so(open_as: OpenAs, goods: int) -> None:
    page = go(open_as(R.MANAGER), RULES)
    with reading() as session:
        rule = session.exec(select(AlertRule.id)).one()
    page.button(key=f"rules.switch.{rule}").click().run()
    assert said(page, "rules.off")
    with reading() as session:
        assert session.exec(select(AlertRule.is_enabled)).one() is False


def test_a_file_of_stock_becomes_a_job_with_its_columns(open_as: OpenAs, house: None) -> None:
    page = go(open_as(R.OPERATOR), IMPORT)
    rows = "کد,نام,موجودی,نقطه سفارش\nZ-1,صندلی,۱۲,5\nZ-2,میز,3,5\n"
    page.file_uploader[0].set_value(("stock.csv", rows.encode(), "text/csv")).run()
    assert page.selectbox(key="import.import_stock.column.code").value == 0
    assert said(page, "importing.start", count=2)
    page.button(key="import.import_stock.save").click().run()
    assert not page.exception
    with reading() as session:
        job = session.exec(select(Job)).one()
    assert job.state is not JobState.DRAFT
    assert job.total_count == 2


def test_a_file_that_is_no_table_is_refused_in_words(open_as: OpenAs, house: None) -> None:
    page = go(open_as(R.OPERATOR), IMPORT)
    page.file_uploader[0].set_value(("stock.xlsx", b"not a workbook", "text/csv")).run()
    assert not page.exception
    assert page.error
    assert row_count(Job) == 0
