"""The frame: who sees what, in which language, and what happens when a visit ends."""

from datetime import timedelta

import pytest
from sqlmodel import col, select, update
from streamlit.testing.v1 import AppTest

from core import clock
from core.access.terms import DepartmentKind, Role
from core.accounts.models import LoginSession, User
from core.accounts.terms import SessionKind
from core.db import reading, transaction
from core.i18n.catalog import translate
from core.i18n.terms import Language
from core.organisation.models import Organisation
from core.organisation.terms import MailMode
from pages import registry
from tests.pages.conftest import OpenAs
from tests.support.page import go, open_shell, sign_in, texts

K, R = DepartmentKind, Role


def links(page: AppTest) -> list[str]:
    return [link.value for link in page.page_link]


@pytest.mark.parametrize("language", list(Language))
def test_the_frame_speaks_the_language_of_the_account(open_as: OpenAs, language: Language) -> None:
    page = open_as(language=language)
    assert translate(language, "home.title") in texts(page)
    assert translate(language, "page.home") in links(page)


def test_without_a_visit_the_browser_is_led_to_the_door(house: None) -> None:
    page = open_shell("0" * 64)
    assert "/auth/login" in texts(page)
    assert not page.page_link


def test_a_revoked_visit_sees_nothing_on_its_next_run(open_as: OpenAs) -> None:
    page = open_as()
    with transaction() as session:
        session.exec(update(LoginSession).values(revoked_at=clock.now()))
    page.run()
    assert "/auth/login" in texts(page)
    assert not page.metric


def test_a_button_pressed_after_revocation_changes_nothing(open_as: OpenAs) -> None:
    page = go(open_as(), "account.py")
    page.text_input(key="account.name").set_value("Somebody Else")
    with transaction() as session:
        session.exec(update(LoginSession).values(revoked_at=clock.now()))
    page.button(key="account.myself.save").click().run()
    with reading() as session:
        assert session.exec(select(User.name)).one() == "Omid Karimi"


@pytest.mark.parametrize("entry", registry.existing(), ids=lambda entry: entry.name)
def test_an_administrator_may_open_every_page(open_as: OpenAs, entry: registry.Entry) -> None:
    page = open_as(R.ADMINISTRATOR)
    if entry.name != "home":
        go(page, entry.script)
    assert not page.exception
    assert translate(Language.FA, "frame.refused.title") not in texts(page)


@pytest.mark.parametrize(
    "entry",
    [one for one in registry.existing() if one.part is registry.Part.ADMIN],
    ids=lambda entry: entry.name,
)
def test_a_hidden_page_is_refused_and_says_who_can_grant_it(
    open_as: OpenAs, entry: registry.Entry
) -> None:
    page = open_as(R.SELLER, K.SALES)
    if translate(Language.FA, f"page.{entry.name}") in links(page):
        return
    go(page, entry.script)
    assert translate(Language.FA, "frame.refused.title") in texts(page)
    assert translate(Language.FA, "frame.role.administrator") in texts(page)


def test_people_do_not_see_the_pages_of_other_departments(open_as: OpenAs) -> None:
    shown = links(open_as(R.MANAGER, K.PEOPLE))
    hidden = {one for one in registry.existing() if one.kind is K.OPERATIONS}
    assert not {translate(Language.FA, f"page.{one.name}") for one in hidden} & set(shown) - {
        translate(Language.FA, "page.rules"),
        translate(Language.FA, "page.episodes"),
    }


def test_a_banner_says_that_nothing_leaves_while_mail_is_captured(open_as: OpenAs) -> None:
    page = open_as()
    escaped = translate(Language.FA, "frame.capture.text").split(":")[0]
    assert any(escaped in one.value for one in page.markdown)
    with transaction() as session:
        session.exec(update(Organisation).values(mail_mode=MailMode.LIVE))
    page.run()
    assert not any(escaped in one.value for one in page.markdown)


def test_the_language_can_be_changed_in_the_sidebar(open_as: OpenAs) -> None:
    page = open_as()
    page.segmented_control(key="frame.language").set_value(Language.EN).run()
    assert translate(Language.EN, "home.title") in texts(page)
    with reading() as session:
        assert session.exec(select(User.language)).one() is Language.EN


def test_using_the_pages_keeps_the_visit_alive(open_as: OpenAs) -> None:
    page = open_as()
    with transaction() as session:
        long_ago = clock.now() - timedelta(minutes=5)
        session.exec(update(LoginSession).values(last_seen_at=long_ago))
    page.run()
    with reading() as session:
        seen = session.exec(select(col(LoginSession.last_seen_at))).one()
    assert (clock.now() - seen).total_seconds() < 30


def test_a_set_up_visit_sees_only_the_wizard(house: None) -> None:
    with transaction() as session:
        sid = sign_in(session, None, kind=SessionKind.SETUP)
    page = open_shell(sid)
    assert not page.page_link
    assert translate(Language.FA, "home.title") not in texts(page)


def test_every_page_has_a_title_in_every_language() -> None:
    for entry in registry.ENTRIES:
        for language in Language:
            assert translate(language, f"page.{entry.name}") != f"page.{entry.name}"
