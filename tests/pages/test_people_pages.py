"""HR: employees by form and from a spreadsheet, and the welcome mail."""

import pytest
from sqlmodel import col, select

from core import clock
from core.access.terms import DepartmentKind, Role
from core.db import reading, transaction
from core.i18n.catalog import translate
from core.i18n.terms import Language
from core.messages.models import Message
from core.messages.terms import MessageStatus
from core.people.models import Employee
from core.people.steps import ensure_default_steps
from tests.pages.conftest import OpenAs
from tests.support.departments import (
    EMPLOYEES,
    WELCOME,
    a_newcomer,
    in_dialog,
    row_count,
    said,
)
from tests.support.page import go, table, texts

K, R = DepartmentKind, Role


@pytest.fixture
def newcomer(house: None) -> int:
    return a_newcomer()


def test_an_employee_is_added_with_a_plan(open_as: OpenAs, house: None) -> None:
    with transaction() as session:
        ensure_default_steps(session, now=clock.now())
    page = go(open_as(R.OPERATOR, K.PEOPLE), EMPLOYEES)
    in_dialog(page, "employees.adding", {"employee.new.first_name": "سمیه",
              "employee.new.last_name": "نوری", "employee.new.email": "somayeh@example.com",
              "employee.new.start_date": "۱۴۰۵/۱۲/۰۱"}, "employee.new.save")  # fmt: skip
    assert [row["name"] for row in table(page, "employees.table")] == ["سمیه نوری"]
    assert row_count(Message) > 0


def test_a_day_the_jalali_year_does_not_have_is_refused_at_its_field(
    open_as: OpenAs, house: None
) -> None:
    page = go(open_as(R.OPERATOR, K.PEOPLE), EMPLOYEES)
    in_dialog(page, "employees.adding", {"employee.new.first_name": "سمیه",
              "employee.new.start_date": "۱۴۰۴/۱۲/۳۰"}, "employee.new.save")  # fmt: skip
    page.session_state["employees.adding"] = True
    page.run()
    assert "ch-field-error" in texts(page)


def test_pasted_rows_are_shown_first_and_only_good_ones_are_taken(
    open_as: OpenAs, house: None
) -> None:
    page = go(open_as(R.OPERATOR, K.PEOPLE), EMPLOYEES)
    page.segmented_control(key="employees.way").set_value("paste").run()
    rows = (
        "نام\tنام خانوادگی\tایمیل\tتاریخ شروع\nرضا\tکریمی\treza@example.com\t1405/11/20\n"
        "سمیه\tنوری\tno address\t1405/11/20\n"
    )
    page.text_area(key="employees.paste.text").set_value(rows).run()
    assert said(page, "paste.refused_count", count=1)
    good = translate(Language.FA, "employees.paste.good")
    assert [row["state"] == good for row in table(page, "employees.paste.rows")] == [True, False]
    page.button(key="employees.paste.save").click().run()
    assert row_count(Employee) == 1


def test_a_welcome_mail_is_sent_now_and_can_be_called_back(open_as: OpenAs, newcomer: int) -> None:
    page = go(open_as(R.APPROVER, K.PEOPLE), WELCOME)
    page.selectbox(key="welcome.who").set_value(newcomer).run()
    assert any("نیما" in one.value for one in page.caption)
    page.button(key="welcome.send.save").click().run()
    assert "frame.recall" in {one.key for one in page.button}
    with reading() as session:
        sent = session.exec(select(Message).where(col(Message.is_manual))).all()
    assert [one.status for one in sent] == [MessageStatus.QUEUED]


def test_a_welcome_mail_is_placed_on_a_jalali_day(open_as: OpenAs, newcomer: int) -> None:
    page = go(open_as(R.APPROVER, K.PEOPLE), WELCOME)
    page.selectbox(key="welcome.who").set_value(newcomer).run()
    page.segmented_control(key="welcome.when").set_value("later").run()
    page.text_input(key="welcome.day").set_value("۱۴۰۶/۰۲/۱۵").run()
    page.text_input(key="welcome.at").set_value("۱۰:۳۰").run()
    page.button(key="welcome.plan.save").click().run()
    assert not page.exception
    with reading() as session:
        dues = session.exec(select(Message.due_at)).all()
    assert "2027-05-05T07:00" in [one.isoformat()[:16] for one in dues]


def test_who_may_not_send_is_told_who_may(open_as: OpenAs, newcomer: int) -> None:
    page = go(open_as(R.OPERATOR, K.PEOPLE), WELCOME)
    page.selectbox(key="welcome.who").set_value(newcomer).run()
    assert said(page, "welcome.may_not_send")
    assert "welcome.send.save" not in {one.key for one in page.button}
