"""Operations, HR and workspace: who sees which page; the deeds of the workspace; hostile names."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from core import clock
from core.access.terms import DepartmentKind, Role
from core.alerts.service import ensure_default_rule
from core.contacts.models import Contact
from core.db import reading, transaction
from core.delivery.capture import CapturedLetter
from core.delivery.models import CapturedMail
from core.errors import ChaparError
from core.i18n.catalog import translate
from core.i18n.terms import Language
from core.messages.models import Message
from core.messages.terms import MessageClass, MessageStatus
from core.people.models import Employee
from core.people.steps import ensure_default_steps
from core.templates.models import Template, TemplateVersion
from tasks import events, mailbox
from tests.pages.conftest import OpenAs
from tests.support.cast import make_contact, without_limits
from tests.support.departments import (
    EMPLOYEES,
    EPISODES,
    IMPORT,
    MAILBOX,
    MESSAGES,
    RULES,
    STOCK,
    TEMPLATES,
    WELCOME,
    a_carton,
    a_newcomer,
    add_employee,
    add_item,
    row_count,
    said,
)
from tests.support.page import go, press, table, texts
from tests.support.sending import make_template, queue_one

K, R = DepartmentKind, Role
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
    return a_carton()


@pytest.fixture
def newcomer(house: None) -> int:
    return a_newcomer()


@pytest.fixture
def naughty(corpora: Path) -> list[str]:
    """Sixty strings that were the end of some other program."""
    path = corpora / "attacks" / "naughty_strings.json"
    found: list[str] = json.loads(path.read_text(encoding="utf-8"))[:60]
    return found


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(("script", "name", "role", "kind"), INSIDERS, ids=str)
def test_a_page_opens_for_its_people_in_their_language(
    open_as: OpenAs, goods: int, newcomer: int, *, script: str, name: str, role: Role,
    kind: DepartmentKind, language: Language,
) -> None:  # fmt: skip
    page = go(open_as(role, kind, language=language), script)
    assert not page.exception
    assert said(page, f"{name}.title", language)
    assert len([one for one in page.button if one.proto.type == "primary"]) <= 1


@pytest.mark.parametrize(("script", "role", "kind"), OUTSIDERS, ids=str)
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


@pytest.fixture
def waiting(house: None) -> str:
    """A message that waits for tomorrow; return its public id."""
    with transaction() as session:
        without_limits(session)
        version = make_template(session, MessageClass.RELATIONSHIP, "یادداشت")
        person = make_contact(session, "sara@example.com")
        later = clock.now() + timedelta(days=1)
        return queue_one(session, person, version, due_at=later).public_id


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
    before = row_count(Template)
    page = go(open_as(R.AUTHOR, K.MARKETING), TEMPLATES)
    page.button(key="templates.new").click().run()
    page.text_input(key="templates.edit.name").set_value("خبر تازه")
    page.text_input(key="templates.edit.fa.subject").set_value("سلام {{ contact.first_name }}")
    page.text_area(key="templates.edit.fa.body").set_value("متن خبر")
    page.button(key="templates.edit.save.save").click().run()
    assert row_count(Template) == before + 1
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
    before = row_count(Template)
    page = go(open_as(R.AUTHOR, K.MARKETING), TEMPLATES)
    page.button(key="templates.new").click().run()
    page.text_input(key="templates.edit.name").set_value("خبر تازه")
    page.text_input(key="templates.edit.fa.subject").set_value("سلام")
    page.text_area(key="templates.edit.fa.body").set_value("{{ contact.first_name")
    page.button(key="templates.edit.save.save").click().run()
    assert not page.exception
    assert row_count(Template) == before


def test_a_captured_letter_can_be_read(open_as: OpenAs, house: None) -> None:
    letter = CapturedLetter("chapar@example.com", ("sara@example.com",), LETTER,
                                    clock.now())  # fmt: skip
    mailbox.store(letter)
    page = go(open_as(R.VIEWER, K.SUPPORT), MAILBOX)
    [row] = table(page, "mailbox.table")
    assert (row["to"], row["subject"]) == ("sara@example.com", "Hello Sara")
    press(page, "mailbox.table", "open", row["id"])
    assert "The goods are here." in texts(page)
    assert row_count(CapturedMail) == 1


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
