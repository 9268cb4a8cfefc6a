"""The frame: who sees what, in which language, and what happens when a visit ends."""

from datetime import timedelta

import pyotp
import pytest
from sqlmodel import col, select, update
from streamlit.testing.v1 import AppTest

from components.i18n import plain
from core import clock
from core.access.terms import DepartmentKind, Role
from core.accounts.models import LoginSession, User
from core.accounts.terms import SessionKind
from core.contacts.terms import Audience
from core.db import reading, transaction
from core.i18n.catalog import translate
from core.i18n.terms import Language
from core.messages.models import Message
from core.messages.terms import Lane, MessageClass, MessageStatus
from core.organisation.models import Organisation
from core.organisation.terms import MailMode
from pages import registry
from tests.pages.conftest import OpenAs
from tests.support.cast import department_id, make_contact
from tests.support.page import choose, go, open_shell, sign_in, table, texts

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


def test_people_do_not_see_the_stock_of_another_department(open_as: OpenAs) -> None:
    shown = links(open_as(R.MANAGER, K.PEOPLE))
    assert translate(Language.FA, "page.stock") not in shown
    assert translate(Language.FA, "page.messages") in shown


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


@pytest.mark.spec("S129")
def test_a_mail_sent_by_hand_can_be_called_back_from_any_page(open_as: OpenAs) -> None:
    page = open_as()
    with transaction() as session:
        user = session.exec(select(User)).one()
        found = make_contact(session, "sara@example.com")
        mail = Message(
            public_id="msg_1",
            dedup_key="hand:1",
            lane=Lane.NORMAL,
            klass=MessageClass.RELATIONSHIP,
            audience=Audience.EXTERNAL,
            contact_id=found.id,
            department_id=department_id(session, K.OPERATIONS),
            subject_text="خوش آمدید",
            created_by_id=user.id,
            is_manual=True,
            due_at=clock.now() + timedelta(seconds=60),
            recall_until=clock.now() + timedelta(seconds=60),
        )
        session.add(mail)
    go(page, "account.py")
    assert any("خوش آمدید" in one.value for one in page.markdown)
    page.button(key="frame.recall").click().run()
    with reading() as session:
        assert session.exec(select(Message.status)).one() is MessageStatus.CANCELLED
    assert "frame.recall" not in {button.key for button in page.button}
    said = plain(translate(Language.FA, "frame.recall.done"))
    assert said in [one.value for one in page.toast]


def test_a_refusal_is_said_at_its_field_and_nothing_is_written(open_as: OpenAs) -> None:
    page = go(open_as(), "account.py")
    page.text_input(key="account.name").set_value("   ").run()
    page.button(key="account.myself.save").click().run()
    assert "ch-field-error" in texts(page)
    assert not page.toast
    with reading() as session:
        assert session.exec(select(User.name)).one() == "Omid Karimi"


def test_a_refusal_goes_away_when_its_field_is_changed(open_as: OpenAs) -> None:
    page = go(open_as(), "account.py")
    page.text_input(key="account.name").set_value("   ").run()
    page.button(key="account.myself.save").click().run()
    page.text_input(key="account.name").set_value("Omid").run()
    assert "ch-field-error" not in texts(page)


def test_what_was_saved_is_said_even_though_the_page_ran_again(open_as: OpenAs) -> None:
    page = go(open_as(), "account.py")
    page.text_input(key="account.name").set_value("Omid Rezaei").run()
    page.button(key="account.myself.save").click().run()
    assert [one.value for one in page.toast] == [translate(Language.FA, "common.saved")]
    page.run()
    assert not page.toast


def test_another_visit_can_be_ended_from_my_account(open_as: OpenAs) -> None:
    page = open_as()
    with transaction() as session:
        user = session.exec(select(User)).one()
        sign_in(session, user)
    go(page, "account.py")
    others = [row["id"] for row in table(page, "account.visits")]
    assert len(others) == 2
    here = min(others, key=int)
    choose(page, "account.visits", max(others, key=int), "end")
    assert [row["id"] for row in table(page, "account.visits")] == [here]


def test_a_second_factor_is_turned_on_with_a_code_that_fits(open_as: OpenAs) -> None:
    page = go(open_as(), "account.py")
    page.button(key="account.begin").click().run()
    [secret] = [one.value for one in page.code]
    page.text_input(key="account.code").set_value("000000").run()
    page.button(key="account.confirm").click().run()
    assert "ch-field-error" in texts(page)
    page.text_input(key="account.code").set_value(pyotp.TOTP(secret).now()).run()
    page.button(key="account.confirm").click().run()
    with reading() as session:
        assert session.exec(select(User.totp_sealed)).one()
    assert translate(Language.FA, "account.factor.on.title") in texts(page)
