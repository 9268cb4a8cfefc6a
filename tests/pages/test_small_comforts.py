"""What pages remember and offer: the first visit, columns, downloads, reopening, copies."""

from datetime import time

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from core import clock
from core.access.terms import DepartmentKind, Role
from core.accounts.models import UserPreference
from core.contacts.terms import Audience
from core.db import reading, transaction
from core.i18n.catalog import translate
from core.i18n.terms import Language
from core.messages.models import QuietRule
from core.operations import service as stock
from core.operations.terms import NewItem
from core.organisation import copies, instance
from core.organisation.models import Department
from core.organisation.terms import Standing
from core.templates import queries as templates
from core.templates.shipped import name_in
from tests.pages.conftest import OpenAs
from tests.support.cast import administrator, department_id, make_contact
from tests.support.page import choose, columns, go, table, texts
from tests.support.sending import queue_one

R, K = Role, DepartmentKind
UNDERSTOOD, AGAIN = "frame.help.understood", "frame.help.again"


@pytest.fixture
def goods(house: None) -> None:
    with transaction() as session:
        new = NewItem("A-1", "کارتن", "بسته", "عدد", 3, 10, department_id(session, K.OPERATIONS))
        stock.add_item(session, administrator(), new=new, now=clock.now())


def has_button(page: AppTest, key: str) -> bool:
    return any(one.key == key for one in page.button)


def within(page: AppTest, opener: str, key: str) -> AppTest:
    """Return the page after a press in a dialog: every run is a whole one, so it opens again."""
    page.button(key=key).click()
    page.button(key=opener).click().run()
    assert not page.exception, page.exception
    return page


def kept() -> dict[str, list[str]]:
    with reading() as session:
        return {one.name: one.values for one in session.exec(select(UserPreference)).all()}


@pytest.mark.spec("S106")
def test_a_page_explains_itself_on_the_first_visit_and_on_demand(
    open_as: OpenAs, goods: None
) -> None:
    page = go(open_as(), "operations/stock.py")
    assert has_button(page, UNDERSTOOD)
    assert "seen.stock" in kept()
    page.button(key=UNDERSTOOD).click().run()
    assert not has_button(page, UNDERSTOOD)
    page.button(key=AGAIN).click().run()
    assert has_button(page, UNDERSTOOD)


@pytest.mark.spec("S106")
def test_who_goes_on_without_a_word_is_not_shown_it_again(open_as: OpenAs, goods: None) -> None:
    page = go(open_as(), "operations/stock.py")
    page = go(page, "operations/episodes.py")
    assert has_button(page, UNDERSTOOD), "another page, another first visit"
    assert not has_button(go(page, "operations/stock.py"), UNDERSTOOD)
    assert set(kept()) >= {"seen.home", "seen.stock", "seen.episodes"}


def test_a_column_taken_out_stays_out_for_this_person(open_as: OpenAs, goods: None) -> None:
    page = go(open_as(), "operations/stock.py")
    assert "category" in columns(page, "stock.table")
    assert not any(one.key == "stock.column.code" for one in page.checkbox), "it names the row"
    page.checkbox(key="stock.column.category").uncheck().run()
    assert "category" not in columns(page, "stock.table")
    assert kept()["hidden.stock"] == ["category"]
    other = go(open_as(login="sara"), "operations/stock.py")
    assert "category" in columns(other, "stock.table")
    page.checkbox(key="stock.column.category").check().run()
    assert "category" in columns(page, "stock.table")


@pytest.mark.parametrize(
    ("role", "offered"), [(R.OPERATOR, True), (R.VIEWER, False), (R.AUDITOR, True)]
)
def test_a_download_is_offered_to_those_who_may(
    open_as: OpenAs, goods: None, role: Role, offered: bool
) -> None:
    page = go(open_as(role), "operations/stock.py")
    keys = {one.proto.id.rpartition("-")[2] for one in page.get("download_button")}
    assert ({"stock.download_csv", "stock.download_xlsx"} <= keys) is offered


def test_a_closed_department_is_listed_last_and_opened_again(open_as: OpenAs) -> None:
    with transaction() as session:
        closed = department_id(session, K.SALES)
        session.get_one(Department, closed).is_active = False
    page = go(open_as(R.ADMINISTRATOR), "admin/settings.py")
    last = table(page, "settings.dep.table")[-1]
    assert last["state"] == translate(Language.FA, "settings.department.state.is_closed")
    page = choose(page, "settings.dep.table", str(closed), "on")
    assert not page.exception, page.exception
    with reading() as session:
        assert session.get_one(Department, closed).is_active


def test_a_department_gets_quiet_hours_of_its_own(open_as: OpenAs) -> None:
    page = go(open_as(R.ADMINISTRATOR), "admin/caps.py")
    with transaction() as session:
        support = department_id(session, K.SUPPORT)
    for _ in range(2):
        page.button(key="caps.quiet.add").click().run()
        page.selectbox(key="caps.quiet.new.department_id").set_value(support)
        page.text_input(key="caps.quiet.starts").set_value("۲۲")
        page = within(page, "caps.quiet.add", "caps.quiet.save")
    with reading() as session:
        made = session.exec(select(QuietRule).where(QuietRule.department_id == support)).one()
    assert (made.audience, made.starts, made.ends) == (Audience.EXTERNAL, time(22), time(8))
    assert translate(Language.FA, "department.support") in texts(page)
    assert translate(Language.FA, "quiet.exists") in texts(page), "said the second time"


def test_a_copy_says_so_and_an_administrator_decides(open_as: OpenAs) -> None:
    page = open_as(R.ADMINISTRATOR)
    assert not has_button(page, "frame.restored.decide")
    instance.take_mark_off()
    page.run()
    asked = translate(Language.FA, "frame.restored.undecided").split("(", 1)[0]
    assert asked in texts(page)
    page.button(key="frame.restored.decide").click().run()
    page = within(page, "frame.restored.decide", "frame.restored.copy")
    with reading() as session:
        assert copies.standing(session) is Standing.COPY
    page.button(key="frame.restored.decide").click().run()
    page.text_input(key="frame.restored.real.word").set_value("اصلی")
    page.button(key="frame.restored.decide").click().run()
    page = within(page, "frame.restored.decide", "frame.restored.real.confirm")
    assert not has_button(page, "frame.restored.decide")
    with reading() as session:
        assert instance.may_send(session)


def test_whoever_cannot_decide_is_told_who_can(open_as: OpenAs) -> None:
    page = open_as(R.MANAGER)
    instance.take_mark_off()
    page.run()
    assert translate(Language.FA, "frame.restored.ask")[:-1] in texts(page)
    assert not has_button(page, "frame.restored.decide")


@pytest.mark.parametrize("language", list(Language))
def test_a_planned_mail_shows_the_name_of_its_template_in_the_readers_language(
    open_as: OpenAs, language: Language
) -> None:
    with transaction() as session:
        version = templates.newest_by_key(session, "welcome_employee")
        template = templates.by_key(session, "welcome_employee")
        assert version is not None
        assert template is not None
        queue_one(session, make_contact(session, "ali@example.com"), version.id, now=clock.now())
        named = name_in(template, language)
    page = go(open_as(R.ADMINISTRATOR, language=language), "workspace/messages.py")
    [line] = table(page, "messages.table")
    assert line["subject"] == named
    with transaction() as session:
        renamed = templates.by_key(session, "welcome_employee")
        assert renamed is not None
        renamed.name = "خوشامد سپهر"
        session.add(renamed)
    page.run()
    assert table(page, "messages.table")[0]["subject"] == "خوشامد سپهر"
