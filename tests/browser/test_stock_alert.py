"""The first job in Chromium: a movement, the alert in the mailbox, its link, and taken in hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlmodel import select

from core import clock
from core.access.terms import DepartmentKind
from core.accounts.models import User
from core.alerts.models import Episode
from core.db import reading, transaction
from core.i18n.catalog import translate
from core.i18n.digits import localise
from core.i18n.terms import Language
from core.operations import service as stock
from core.operations.models import StockItem
from core.operations.terms import NewItem
from tests.support.browser import Site, act, complaints, context_of, open_app
from tests.support.cast import actor_of, department_id, without_limits
from tests.support.installation import (
    ARRIVES_S,
    click,
    enter,
    go,
    letters,
    menu,
    person,
    running_installation,
)
from tests.support.waiting import eventually

pytestmark = pytest.mark.browser
K = DepartmentKind


@pytest.fixture(scope="module")
def site(data_dir: Path, house: None) -> Iterator[Site]:
    """Everything `chapar run` starts, over the store of these stories."""
    with running_installation(data_dir) as started:
        yield started


NAMES = {Language.FA: "ماگ سفید", Language.EN: "White mug"}


def a_mug(user: User, language: Language) -> str:
    """An item well above its reorder point; return its code."""
    code = f"M-{language.value}"
    with transaction() as session:
        without_limits(session)
        actor, place = actor_of(session, user), department_id(session, K.OPERATIONS)
        new = NewItem(code, NAMES[language], "Cups", "pcs", 30, 10, place)
        stock.add_item(session, actor, new=new, now=clock.now())
    return code


def take_out(page: Page, code: str, language: Language, count: str) -> None:
    """Issue some pieces by the form of a movement."""
    act(page, lambda: menu(page, code, translate(language, "stock.move")))
    enter(page, "item.move.quantity", count)
    left = translate(language, "stock.will_be", count=5)
    expect(page.get_by_text(left)).to_be_visible()
    click(page, "item.move.save")
    expect(page.get_by_test_id("stToast")).to_contain_text(translate(language, "stock.moved"))
    expect(page.get_by_role("dialog")).to_be_hidden()


def read_letter(page: Page, site: Site, to: str, language: Language) -> str:
    """Open the newest mail to this address in the practice mailbox; return its button's link."""
    go(page, f"{site.url}/mailbox")
    line = page.locator("tbody tr", has_text=to).first
    expect(line).to_contain_text(NAMES[language])
    act(page, line.locator("button.open").click)
    letter = page.frame_locator("iframe")
    button = letter.get_by_role("link", name=translate(language, "alert.acknowledge"))
    expect(button).to_be_visible()
    link = button.get_attribute("href")
    assert link is not None
    return link


def follow(context: BrowserContext, link: str, language: Language) -> None:
    """Open the link as from a mail program, and press the only button there is."""
    visit = context.new_page()
    visit.goto(link)
    expect(visit.locator("html")).to_have_attribute("lang", language.value)
    visit.get_by_role("button", name=translate(language, "alert.acknowledge")).click()
    expect(visit.get_by_role("status")).to_contain_text(translate(language, "alert.page.done"))
    visit.close()


@pytest.mark.parametrize("language", [Language.FA, Language.EN])
def test_a_movement_under_the_point_becomes_a_mail_that_can_be_acknowledged(
    browser: Browser, site: Site, language: Language
) -> None:
    user = person(f"mina{language.value}", K.OPERATIONS, language)
    to, code = f"{user.login}@example.com", a_mug(user, language)
    context = context_of(browser, site, user, language=language)
    page = open_app(context, f"{site.url}/stock")
    take_out(page, code, language, localise("25", language))
    eventually(lambda: bool(letters(to)), deadline_s=ARRIVES_S)
    link = read_letter(page, site, to, language)
    assert acknowledged(code) is False
    follow(context, link, language)
    assert acknowledged(code) is True
    go(page, f"{site.url}/episodes")
    row = page.locator("tbody tr", has_text=code)
    expect(row).to_contain_text(translate(language, "alert.state.acknowledged"))
    expect(row).to_contain_text(user.name)
    assert complaints(page) == []


def acknowledged(code: str) -> bool:
    """Return whether somebody has the alert about this item in hand."""
    with reading() as session:
        wanted = select(Episode).join(StockItem).where(StockItem.code == code)
        return session.exec(wanted).one().acknowledged_at is not None
