"""My account: recovery codes on their one showing, and a password that is asked for again."""

import pyotp
import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from core.accounts import passwords
from core.accounts.models import RecoveryCode, User
from core.accounts.rules import FREE_TRIES, RECOVERY_COUNT
from core.db import reading, transaction
from core.i18n.catalog import translate
from core.i18n.terms import Language
from tests.pages.conftest import OpenAs
from tests.support.page import go, texts

PASSWORD = "vault otter cobalt mitten"


@pytest.fixture
def account(open_as: OpenAs) -> AppTest:
    """The page of somebody with PASSWORD."""
    page = open_as()
    with transaction() as session:
        user = session.exec(select(User)).one()
        user.password_hash = passwords.hashed(PASSWORD)
    return go(page, "account.py")


def turned_on(page: AppTest) -> list[str]:
    """The codes that the page shows once the second factor is on."""
    page.button(key="account.begin").click().run()
    [secret] = [one.value for one in page.code]
    page.text_input(key="account.code").set_value(pyotp.TOTP(secret).now()).run()
    page.button(key="account.confirm").click().run()
    return codes_on(page)


def codes_on(page: AppTest) -> list[str]:
    return [line for one in page.code for line in one.value.splitlines()]


def hashes() -> set[str]:
    with reading() as session:
        return set(session.exec(select(RecoveryCode.hash)))


def test_the_codes_are_shown_once_with_a_file_to_keep(account: AppTest) -> None:
    codes = turned_on(account)
    assert len(codes) == RECOVERY_COUNT
    assert translate(Language.FA, "account.codes.title") in texts(account)
    assert len(account.get("download_button")) == 1
    account.button(key="account.codes_kept").click().run()
    assert codes_on(account) == []
    left = translate(Language.FA, "account.codes.left", count=RECOVERY_COUNT)
    assert left in texts(account)


def test_new_codes_are_made_with_the_password_and_not_without(account: AppTest) -> None:
    old = turned_on(account)
    account.button(key="account.codes_kept").click().run()
    before = hashes()
    account.text_input(key="account.codes_proof").set_value("wrong").run()
    account.button(key="account.renew").click().run()
    assert "ch-field-error" in texts(account)
    assert hashes() == before
    account.text_input(key="account.codes_proof").set_value(PASSWORD).run()
    account.button(key="account.renew").click().run()
    new = codes_on(account)
    assert len(new) == RECOVERY_COUNT
    assert not set(new) & set(old)
    assert not hashes() & before


def test_guessing_the_present_password_on_the_page_has_to_wait(account: AppTest) -> None:
    for _ in range(FREE_TRIES + 1):
        account.text_input(key="account.current").set_value("wrong").run()
        account.text_input(key="account.password").set_value("lantern walnut drizzle").run()
        account.button(key="account.change").click().run()
        assert "ch-field-error" in texts(account)
    assert translate(Language.FA, "password.wrong") not in texts(account)
    account.text_input(key="account.current").set_value(PASSWORD).run()
    account.button(key="account.change").click().run()
    with reading() as session:
        kept = session.exec(select(User.password_hash)).one()
    assert passwords.matches(kept, PASSWORD), "nothing was changed: it was not looked at"
