"""The frame in Chromium: direction, digits, phone width, sign-out, and silence to the outside."""

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import update

from core import clock
from core.accounts.models import LoginSession, User
from core.db import transaction
from core.i18n.terms import Language
from tests.support.browser import (
    PHONE,
    Site,
    act,
    complaints,
    context_of,
    fill,
    open_app,
    press,
)

pytestmark = pytest.mark.browser


def opened(browser: Browser, site: Site, user: User, path: str = "/", **more: object) -> Page:
    context = context_of(browser, site, user, **more)  # type: ignore[arg-type]
    return open_app(context, site.url + path)


def test_the_frame_is_persian_from_the_first_byte_and_talks_to_nobody_else(
    browser: Browser, site: Site, narges: User
) -> None:
    page = opened(browser, site, narges)
    assert page.locator("html").get_attribute("lang") == "fa"
    assert page.locator("html").get_attribute("dir") == "rtl"
    sidebar = page.get_by_test_id("stSidebar").bounding_box()
    assert sidebar is not None
    assert sidebar["x"] > 680
    assert page.evaluate("document.fonts.check('16px Vazirmatn')")
    assert complaints(page) == []


def test_changing_the_language_turns_the_page_around(
    browser: Browser, site: Site, narges: User
) -> None:
    page = opened(browser, site, narges)
    page.get_by_role("radio", name="English").click()
    expect(page.locator("html")).to_have_attribute("dir", "ltr", timeout=15_000)
    expect(page.get_by_role("heading", name="What needs you today")).to_be_visible(timeout=15_000)
    sidebar = page.get_by_test_id("stSidebar").bounding_box()
    assert sidebar is not None
    assert sidebar["x"] == 0


def test_a_phone_shows_the_page_and_not_the_ghost_of_the_sidebar(
    browser: Browser, site: Site, narges: User
) -> None:
    page = opened(browser, site, narges, size=PHONE)
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= PHONE[0]
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(page.get_by_test_id("stSidebar")).to_be_visible()


def test_a_name_is_saved_from_the_keyboard_and_said_with_a_toast(
    browser: Browser, site: Site, narges: User
) -> None:
    page = opened(browser, site, narges, "/account")
    fill(page, "account.name", "نرگس کریمی")
    press(page, "account.myself.save")
    expect(page.get_by_test_id("stToast")).to_be_visible()
    expect(page.get_by_text("نرگس کریمی").first).to_be_visible()


def test_a_wrong_password_is_said_at_its_field(browser: Browser, site: Site, narges: User) -> None:
    page = opened(browser, site, narges, "/account")
    fill(page, "account.current", "not my password")
    fill(page, "account.password", "vault otter cobalt mitten")
    act(page, lambda: page.locator(".st-key-account-change button").click())
    expect(page.get_by_role("alert").first).to_be_visible()


def test_a_page_that_stays_open_leads_to_the_door_once_its_visit_is_ended(
    browser: Browser, site: Site, narges: User
) -> None:
    page = opened(browser, site, narges)
    with transaction() as session:
        session.exec(update(LoginSession).values(revoked_at=clock.now()))
    page.wait_for_url("**/auth/login**", timeout=25_000)


def test_signing_out_ends_the_visit(browser: Browser, site: Site, narges: User) -> None:
    page = opened(browser, site, narges)
    page.get_by_role("button", name="نرگس احمدی").click()
    page.locator(".st-key-frame-sign_out button").click()
    page.wait_for_url("**/auth/login**", timeout=15_000)
    page.goto(site.url)
    assert "/auth/login" in page.url


@pytest.mark.parametrize("language", [Language.AR, Language.EN])
def test_the_account_page_has_no_complaint_in_other_languages(
    browser: Browser, site: Site, narges: User, language: Language
) -> None:
    with transaction() as session:
        found = session.get(User, narges.id)
        assert found is not None
        found.language = language
        session.add(found)
    page = opened(browser, site, narges, "/account", language=language)
    assert page.locator("html").get_attribute("lang") == language.value
    assert complaints(page) == []
