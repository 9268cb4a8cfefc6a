"""The second job in Chromium: somebody new, the mail as they will see it, sent, undone, arrived."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import col, select

from core import clock
from core.access.terms import DepartmentKind
from core.accounts.models import User
from core.db import reading, transaction
from core.i18n import formats
from core.i18n.calendar import parts
from core.i18n.catalog import translate
from core.i18n.terms import Calendar, DateStyle, Language, Reader
from core.messages.models import Message
from core.messages.terms import MessageStatus
from core.organisation.models import Organisation
from tests.support.browser import Site, act, complaints, context_of, open_app, press
from tests.support.cast import without_limits
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
K, FA = DepartmentKind, Language.FA


@pytest.fixture(scope="module")
def site(data_dir: Path, house: None) -> Iterator[Site]:
    """Everything `chapar run` starts, over the store of these stories."""
    with running_installation(data_dir) as started:
        yield started


RECALL_S = 12
FIRST = {Language.FA: "نیلوفر", Language.EN: "Grace"}
LAST = {Language.FA: "شریفی", Language.EN: "Hopper"}


@pytest.fixture(scope="module", autouse=True)
def _shorter_wait(house: None) -> None:
    """A manual send waits twelve seconds instead of thirty, and no hour is quiet."""
    with transaction() as session:
        made = session.get(Organisation, 1)
        assert made is not None
        made.recall_seconds = RECALL_S
        session.add(made)
        without_limits(session)


def begin(page: Page, site: Site, language: Language, email: str) -> None:
    """Add somebody who begins in ten days, by the form, with the day as it is written here."""
    calendar = Calendar.JALALI if language is Language.FA else Calendar.GREGORIAN
    there = Reader(language, calendar, "Asia/Tehran")
    start = (clock.now() + timedelta(days=10)).date()
    act(page, lambda: click(page, "employees.add"))
    enter(page, "employee.new.first_name", FIRST[language])
    enter(page, "employee.new.last_name", LAST[language])
    enter(page, "employee.new.email", email)
    enter(page, "employee.new.start_date", formats.date(start, there, DateStyle.SHORT))
    click(page, "employee.new.save")
    expect(page.get_by_role("dialog")).to_be_hidden(timeout=15_000)
    expect(page.locator("tbody tr", has_text=email)).to_contain_text(FIRST[language])


def open_welcome(page: Page, language: Language, email: str) -> None:
    """Go from the row of the employee to the first days, and see the mail as they will."""
    menu(page, email, translate(language, "employees.welcome"))
    page.wait_for_url("**/welcome")
    letter = page.frame_locator("iframe")
    expect(letter.locator("html")).to_have_attribute("dir", language.direction, timeout=15_000)
    expect(letter.get_by_text(FIRST[language]).first).to_be_visible()
    expect(page.get_by_role("list", name=translate(language, "welcome.strip"))).to_be_visible()


def sent_by(user: User) -> Message:
    """Return what this person sent by hand last."""
    newest = col(Message.id).desc()
    with reading() as session:
        wanted = select(Message).where(Message.created_by_id == user.id, col(Message.is_manual))
        found = session.exec(wanted.order_by(newest)).first()
    assert found is not None
    return found


@pytest.mark.parametrize("language", [Language.FA, Language.EN])
def test_a_welcome_mail_is_previewed_sent_and_seen_to_arrive(
    browser: Browser, site: Site, language: Language
) -> None:
    user = person(f"hr{language.value}", K.PEOPLE, language)
    to = f"new.{language.value}@example.com"
    context = context_of(browser, site, user, language=language)
    page = open_app(context, f"{site.url}/employees")
    begin(page, site, language, to)
    open_welcome(page, language, to)
    click(page, "welcome.send.save")
    undo = page.locator(".st-key-frame-recall button")
    expect(undo).to_be_visible()
    expect(undo).to_contain_text(translate(language, "common.undo"))
    assert letters(to) == []
    eventually(lambda: bool(letters(to)), deadline_s=RECALL_S + ARRIVES_S)
    expect(undo).to_be_hidden(timeout=10_000)
    go(page, f"{site.url}/mailbox")
    expect(page.locator("tbody tr", has_text=to)).to_contain_text(FIRST[language])
    assert complaints(page) == []


def test_a_mail_that_is_taken_back_in_time_never_leaves(browser: Browser, site: Site) -> None:
    user = person("hurried", K.PEOPLE, Language.EN)
    page = open_app(context_of(browser, site, user, language=Language.EN), f"{site.url}/employees")
    begin(page, site, Language.EN, "too.soon@example.com")
    open_welcome(page, Language.EN, "too.soon@example.com")
    click(page, "welcome.send.save")
    undo = page.locator(".st-key-frame-recall button")
    undo.click()
    expect(undo).to_be_hidden(timeout=10_000)
    assert sent_by(user).status is MessageStatus.CANCELLED
    assert letters("too.soon@example.com") == []


def test_a_welcome_mail_is_placed_with_the_jalali_picker(browser: Browser, site: Site) -> None:
    user = person("planner", K.PEOPLE, Language.FA)
    page = open_app(context_of(browser, site, user), f"{site.url}/employees")
    begin(page, site, Language.FA, "later@example.com")
    open_welcome(page, FA, "later@example.com")
    act(page, page.get_by_role("radio", name=translate(FA, "welcome.when.later")).click)
    press(page, "welcome.day.open")
    after = page.get_by_role("button", name=translate(FA, "frame.date.after"))
    act(page, after.click)
    act(page, page.get_by_role("gridcell").nth(14).click)
    field = page.locator(".st-key-welcome-day input")
    expect(field).to_have_value(re.compile("۱۵$"))
    click(page, "welcome.plan.save")
    eventually(lambda: (15, 9) in planned_by(user))
    assert complaints(page) == []


def planned_by(user: User) -> list[tuple[int, int]]:
    """Return the Jalali day and the hour in Tehran of everything this person has planned."""
    with reading() as session:
        wanted = select(Message.due_at).where(Message.created_by_id == user.id)
        local = [at.astimezone(ZoneInfo("Asia/Tehran")) for at in session.exec(wanted)]
    return [(parts(at.date(), Calendar.JALALI).day, at.hour) for at in local]
