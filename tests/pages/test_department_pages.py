"""Operations, HR and workspace: who sees which page, and one real deed on each."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, col, func, select
from streamlit.testing.v1 import AppTest

from core import clock
from core.access.terms import Actor, DepartmentKind, Role
from core.alerts.models import AlertRule, Episode
from core.alerts.service import ensure_default_rule
from core.contacts.models import Contact
from core.db import reading, transaction
from core.delivery.models import CapturedMail
from core.errors import ChaparError
from core.i18n.catalog import translate
from core.i18n.terms import Language
from core.jobs.models import Job
from core.jobs.terms import JobState
from core.messages.models import Message
from core.messages.terms import MessageClass, MessageStatus
from core.operations import service as stock
from core.operations.models import StockItem, StockMovement
from core.operations.terms import Move, MovementKind, NewItem
from core.people import service as people
from core.people.models import Employee
from core.people.steps import ensure_default_steps
from core.people.terms import EmployeeInput
from core.templates.models import Template, TemplateVersion
from tasks import events, mailbox
from tests.pages.conftest import OpenAs
from tests.support.cast import administrator, department_id, make_contact, without_limits
from tests.support.page import choose, go, press, table, texts
from tests.support.sending import make_template, queue_one

K, R = DepartmentKind, Role
STOCK, EPISODES, RULES = "operations/stock.py", "operations/episodes.py", "operations/rules.py"
IMPORT, EMPLOYEES, WELCOME = (
    "operations/import_stock.py",
    "people/employees.py",
    "people/welcome.py",
)
MESSAGES, TEMPLATES, MAILBOX = (
    "workspace/messages.py", "workspace/templates.py", "workspace/mailbox.py",
)  # fmt: skip
INSIDERS = [
    (STOCK, "stock", R.VIEWER, K.OPERATIONS),
    (EPISODES, "episodes", R.VIEWER, K.OPERATIONS),
    (RULES, "rules", R.MANAGER, K.OPERATIONS),
    (IMPORT, "import_stock", R.OPERATOR, K.OPERATIONS),
    (EMPLOYEES, "employees", R.OPERATOR, K.PEOPLE),
    (WELCOME, "welcome", R.APPROVER, K.PEOPLE),
    (MESSAGES, "messages", R.VIEWER, K.MARKETING),
    (TEMPLATES, "templates", R.AUTHOR, K.MARKETING),
    (MAILBOX, "mailbox", R.VIEWER, K.SUPPORT),
]
OUTSIDERS = [
    (STOCK, R.MANAGER, K.PEOPLE),
    (EPISODES, R.SELLER, K.SALES),
    (RULES, R.SELLER, K.SALES),
    (IMPORT, R.VIEWER, K.OPERATIONS),
    (EMPLOYEES, R.MANAGER, K.OPERATIONS),
    (WELCOME, R.MANAGER, K.SALES),
]
LETTER = (
    b"From: Chapar <chapar@example.com>\r\nTo: sara@example.com\r\nSubject: Hello Sara\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nThe goods are here.\r\n"
)


@pytest.fixture
def goods(house: None) -> int:
    """A carton above its reorder point and the usual alert rule; return the carton's id."""
    with transaction() as session:
        without_limits(session)
        ensure_default_rule(session, now=clock.now())
        return add_item(session, "A-4", "Carton A4", on_hand=30)


@pytest.fixture
def newcomer(house: None) -> int:
    """Somebody who begins in five days; return the employee's id."""
    with transaction() as session:
        without_limits(session)
        ensure_default_steps(session, now=clock.now())
        start = (clock.now() + timedelta(days=5)).date().isoformat()
        return add_employee(session, "نیما", "رضایی", start=start)


@pytest.fixture
def naughty(corpora: Path) -> Iterator[list[str]]:
    """Sixty strings that were the end of some other program."""
    path = corpora / "attacks" / "naughty_strings.json"
    yield json.loads(path.read_text(encoding="utf-8"))[:60]


def boss(session: Session, kind: DepartmentKind) -> Actor:
    """Return somebody with every right, at home in this department."""
    known = administrator()
    grant = known.grants[0]
    place = type(grant)(department_id(session, kind), kind, grant.role)
    return Actor(kind="user", id=None, name="Boss", grants=(place,))


def add_item(session: Session, code: str, name: str, *, on_hand: int) -> int:
    new = NewItem(code, name, "Paper", "box", on_hand, 10, department_id(session, K.OPERATIONS))
    return stock.add_item(session, boss(session, K.OPERATIONS), new=new, now=clock.now()).id


def add_employee(session: Session, first: str, last: str, *, start: str, email: str = "") -> int:
    given = EmployeeInput(first_name=first, last_name=last, language="fa", start_date=start,
                          email=email or "nima@example.com")  # fmt: skip
    made = people.add_employee(session, boss(session, K.PEOPLE), given=given, now=clock.now())
    session.flush()
    return made.id


def sink(item_id: int, *, left: int) -> None:
    """Take the item down to this count and let the alert open."""
    with transaction() as session:
        item = session.get(StockItem, item_id)
        assert item is not None
        made = Move(MovementKind.ISSUE, item.on_hand - left)
        stock.move_stock(session, boss(session, K.OPERATIONS), item_id=item_id, move=made,
                         now=clock.now())  # fmt: skip
    events.drain_events()


def only(kind: type[object]) -> int:
    """Return how many rows of this table there are."""
    with reading() as session:
        return session.exec(select(func.count()).select_from(kind)).one()


def said(page: AppTest, code: str, language: Language = Language.FA, **params: object) -> bool:
    return translate(language, code, **params) in texts(page)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(("script", "name", "role", "kind"), INSIDERS, ids=lambda one: str(one))
def test_a_page_opens_for_its_people_in_their_language(
    open_as: OpenAs, goods: int, newcomer: int, *, script: str, name: str, role: Role,
    kind: DepartmentKind, language: Language,
) -> None:  # fmt: skip
    page = go(open_as(role, kind, language=language), script)
    assert not page.exception
    assert said(page, f"{name}.title", language)
    assert len([one for one in page.button if one.proto.type == "primary"]) <= 1


@pytest.mark.parametrize(("script", "role", "kind"), OUTSIDERS, ids=lambda one: str(one))
def test_a_page_is_refused_to_others(
    open_as: OpenAs, script: str, role: Role, kind: DepartmentKind
) -> None:
    page = go(open_as(role, kind), script)
    assert said(page, "frame.refused.title")


def test_who_may_only_look_finds_no_button_that_changes_something(
    open_as: OpenAs, goods: int, newcomer: int
) -> None:
    page = open_as(R.VIEWER, K.OPERATIONS)
    for script in (STOCK, RULES, TEMPLATES):
        go(page, script)
        keys = {str(one.key) for one in page.button}
        assert not keys & {"stock.add", "rules.add", "rules.edit.1", "templates.new"}


def test_an_item_is_added_by_its_form(open_as: OpenAs, house: None) -> None:
    page = go(open_as(R.OPERATOR), STOCK)
    page.button(key="stock.begin").click().run()
    in_dialog(page, "stock.adding", {"item.new.code": "B-1", "item.new.name": "ماگ سفید",
              "item.new.on_hand": "۴۰", "item.new.reorder_point": "12"}, "item.new.save")  # fmt: skip
    assert [row["name"] for row in table(page, "stock.table")] == ["ماگ سفید"]
    with reading() as session:
        item = session.exec(select(StockItem)).one()
    assert (item.on_hand, item.reorder_point) == (40, 12)


def in_dialog(page: AppTest, flag: str, fields: dict[str, str], save: str) -> None:
    """Fill in a dialog and save it; the flag keeps it open for a run, as a browser would."""
    page.session_state[flag] = True
    page.run()
    for key, value in fields.items():
        page.text_input(key=key).set_value(value)
    page.session_state[flag] = True
    page.button(key=save).click().run()
    assert not page.exception


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
    assert page.button(key="item.new.save").disabled
    assert only(StockItem) == 0


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
    assert [row["after"] for row in table(page, "item.movements")] == ["۷", "۳۰"]


def test_an_alert_is_taken_in_hand_from_its_row(open_as: OpenAs, goods: int) -> None:
    sink(goods, left=3)
    page = go(open_as(R.OPERATOR), EPISODES)
    [row] = table(page, "episodes.table")
    assert row["item"] == "Carton A4"
    choose(page, "episodes.table", row["id"], "take")
    assert said(page, "alert.state.acknowledged") or "Omid" in json.dumps(
        table(page, "episodes.table")
    )
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
    assert only(AlertRule) == 1


def test_a_rule_for_an_unknown_code_is_refused_at_the_codes(open_as: OpenAs, goods: int) -> None:
    page = go(open_as(R.MANAGER), RULES)
    page.button(key="rules.add").click().run()
    page.multiselect(key="rules.form.people").set_value([f"d:{operations()}"]).run()
    page.text_input(key="rules.form.codes").set_value("A-4، ZZ-9").run()
    page.button(key="rules.form.save").click().run()
    assert said(page, "alert.unknown_code", item_code="ZZ-9")
    assert only(AlertRule) == 1


def operations() -> int:
    with reading() as session:
        return department_id(session, K.OPERATIONS)


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
    assert only(Job) == 0


def test_an_employee_is_added_with_a_plan(open_as: OpenAs, house: None) -> None:
    with transaction() as session:
        ensure_default_steps(session, now=clock.now())
    page = go(open_as(R.OPERATOR, K.PEOPLE), EMPLOYEES)
    in_dialog(page, "employees.adding", {"employee.new.first_name": "سمیه",
              "employee.new.last_name": "نوری", "employee.new.email": "somayeh@example.com",
              "employee.new.start_date": "۱۴۰۵/۱۲/۰۱"}, "employee.new.save")  # fmt: skip
    assert [row["name"] for row in table(page, "employees.table")] == ["سمیه نوری"]
    assert only(Message) > 0


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
    page.button(key="employees.paste.save").click().run()
    assert only(Employee) == 1


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


@pytest.fixture
def waiting(house: None) -> str:
    """A message that waits for tomorrow; return its public id."""
    with transaction() as session:
        without_limits(session)
        version = make_template(session, MessageClass.RELATIONSHIP, "یادداشت")
        person = make_contact(session, "sara@example.com")
        later = clock.now() + timedelta(days=1)
        return queue_one(session, person, version, send_at=later).public_id


def test_a_waiting_message_says_so_and_is_taken_back(open_as: OpenAs, waiting: str) -> None:
    page = go(open_as(R.MANAGER, K.MARKETING), MESSAGES)
    press(page, "messages.table", "open", waiting)
    assert said(page, "messages.planned")
    assert translate(Language.FA, "reason.sent.long") not in texts(page)
    page.button(key="messages.recall").click()
    press(page, "messages.table", "open", waiting)
    with reading() as session:
        assert session.exec(select(Message.status)).one() is MessageStatus.CANCELLED


def test_a_message_is_opened_from_its_address(open_as: OpenAs, waiting: str) -> None:
    page = open_as(R.VIEWER, K.MARKETING, query={"open": waiting})
    go(page, MESSAGES)
    assert said(page, "messages.checks")


def test_a_template_is_written_and_a_new_version_follows(open_as: OpenAs, house: None) -> None:
    before = only(Template)
    page = go(open_as(R.AUTHOR, K.MARKETING), TEMPLATES)
    page.button(key="templates.new").click().run()
    page.text_input(key="templates.edit.name").set_value("خبر تازه")
    page.text_input(key="templates.edit.fa.subject").set_value("سلام {{ contact.first_name }}")
    page.text_area(key="templates.edit.fa.body").set_value("متن خبر")
    page.button(key="templates.edit.save.save").click().run()
    assert only(Template) == before + 1
    page.text_area(key="templates.edit.fa.body").set_value("متن تازهٔ خبر")
    page.button(key="templates.edit.save.save").click().run()
    assert not page.exception
    with reading() as session:
        newest = session.exec(
            select(TemplateVersion).order_by(col(TemplateVersion.id).desc())
        ).first()
    assert newest is not None
    assert (newest.number, newest.texts["fa"]["body"].strip()) == (2, "متن تازهٔ خبر")


def test_a_template_that_cannot_be_read_is_refused_at_its_text(
    open_as: OpenAs, house: None
) -> None:
    before = only(Template)
    page = go(open_as(R.AUTHOR, K.MARKETING), TEMPLATES)
    page.button(key="templates.new").click().run()
    page.text_input(key="templates.edit.name").set_value("خبر تازه")
    page.text_input(key="templates.edit.fa.subject").set_value("سلام")
    page.text_area(key="templates.edit.fa.body").set_value("{{ contact.first_name")
    page.button(key="templates.edit.save.save").click().run()
    assert not page.exception
    assert only(Template) == before


def test_a_captured_letter_can_be_read(open_as: OpenAs, house: None) -> None:
    letter = mailbox.CapturedLetter("chapar@example.com", ("sara@example.com",), LETTER,
                                    clock.now())  # fmt: skip
    mailbox.store(letter)
    page = go(open_as(R.VIEWER, K.SUPPORT), MAILBOX)
    [row] = table(page, "mailbox.table")
    assert (row["to"], row["subject"]) == ("sara@example.com", "Hello Sara")
    press(page, "mailbox.table", "open", row["id"])
    assert "The goods are here." in texts(page)
    assert only(CapturedMail) == 1


def taken(strings: list[str], write: Callable[[Session, int, str], object]) -> int:
    """Write each string in a transaction of its own; return how many were taken."""
    count = 0
    for number, text in enumerate(strings):
        try:
            with transaction() as session:
                write(session, number, text)
        except ChaparError:
            continue
        count += 1
    return count


@pytest.mark.parametrize("language", list(Language))
def test_naughty_names_of_items_break_no_page(
    open_as: OpenAs, house: None, naughty: list[str], language: Language
) -> None:
    with transaction() as session:
        ensure_default_rule(session, now=clock.now())
    count = taken(naughty, lambda session, number, text: add_item(
        session, f"N-{number}", text, on_hand=3))  # fmt: skip
    assert count > 50
    events.drain_events()
    page = open_as(R.MANAGER, language=language)
    for script in (STOCK, EPISODES, RULES, MESSAGES):
        assert not go(page, script).exception
    go(page, STOCK)
    for row in table(page, "stock.table")[::7]:
        assert not press(page, "stock.table", "open", row["id"]).exception


@pytest.mark.parametrize("language", list(Language))
def test_naughty_names_of_employees_break_no_page(
    open_as: OpenAs, house: None, naughty: list[str], language: Language
) -> None:
    start = (clock.now() + timedelta(days=2)).date().isoformat()
    with transaction() as session:
        ensure_default_steps(session, now=clock.now())
    count = taken(naughty, lambda session, number, text: add_employee(
        session, text, "نوری", start=start, email=f"n{number}@example.com"))  # fmt: skip
    assert count > 50
    page = open_as(R.MANAGER, K.PEOPLE, language=language)
    for script in (EMPLOYEES, WELCOME, MESSAGES):
        assert not go(page, script).exception
    with reading() as session:
        known = session.exec(select(Employee.id).join(Contact)).all()
    go(page, WELCOME)
    for employee in known[::9]:
        assert not page.selectbox(key="welcome.who").set_value(employee).run().exception
