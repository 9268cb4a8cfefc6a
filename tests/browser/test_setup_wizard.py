"""The first hour in Chromium: from the one-time link on a fresh machine to Home."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from sqlmodel import select

from core import db
from core.accounts.models import User
from core.db import reading
from core.delivery.models import Sender, Transport
from core.i18n.catalog import translate
from core.i18n.terms import Calendar, Language
from core.organisation.models import Holiday, Office, Organisation
from core.organisation.terms import MailMode, SetupStep
from core.practice import service as practice
from tests.support.browser import ROOT, act, complaints, css, fill, open_app, press, stop
from tests.support.stores import forget_process_state, free_port

pytestmark = pytest.mark.browser
PASSWORD = "vault otter cobalt mitten"
LINK = re.compile(r"http://\S+/auth/setup/\S+")
PATIENCE_S = 90
FA, EN, S = Language.FA, Language.EN, SetupStep
PART = {S.ORGANISATION: "org", S.CALENDAR: "cal", S.ADMINISTRATOR: "adm", S.SENDER: "snd"}
SLOWLY = 30_000


@dataclass
class FreshHouse:
    """A machine on which the program has just been started: its address and its one-time link."""

    url: str
    link: str


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[FreshHouse]:
    """Migrate an empty folder and run everything over it, as the README says."""
    url = f"http://127.0.0.1:{free_port()}"
    ours = {
        "CHAPAR_DATA_DIR": str(tmp_path),
        "CHAPAR_PORT": url.rpartition(":")[2],
        "CHAPAR_BASE_URL": url,
        "CHAPAR_CAPTURE_PORT": str(free_port()),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "core.cli"]
    environment = {**os.environ, **ours}
    subprocess.run(
        [*command, "migrate"], cwd=ROOT, env=environment, check=True, capture_output=True
    )
    log = tmp_path / "run.log"
    with log.open("wb") as out:
        process = subprocess.Popen([*command, "run"], cwd=ROOT, env=environment, stdout=out,
                                   stderr=out)  # fmt: skip
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CHAPAR_DATA_DIR", str(tmp_path))
        forget_process_state()
        try:
            yield FreshHouse(url, _link(log, process))
        finally:
            stop(process)
            db.engine().dispose()
    forget_process_state()


def _link(log: Path, process: "subprocess.Popen[bytes]") -> str:
    """Return the link that the program prints, once the site answers behind it."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        found = LINK.search(log.read_text(encoding="utf-8"))
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8"))


def visit(browser: Browser, language: Language) -> BrowserContext:
    """Return a fresh browser of somebody who reads this language."""
    locale = {Language.FA: "fa-IR", Language.AR: "ar", Language.EN: "en-US"}[language]
    return browser.new_context(viewport={"width": 1360, "height": 900}, locale=locale)


def begin(context: BrowserContext, house: FreshHouse) -> Page:
    """Open the one-time link, press its button, and return the wizard."""
    door = context.new_page()
    _go_when_up(door, house.link)
    door.locator("form button").first.click()
    door.wait_for_url(f"{house.url}/**")
    door.close()
    return open_app(context, f"{house.url}/")


def _go_when_up(page: Page, url: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            page.goto(url)
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


def heading(page: Page, language: Language, step: SetupStep) -> Locator:
    return page.get_by_role("heading", name=translate(language, f"setup.step.{step}"), exact=True)


def at_step(page: Page, language: Language, step: SetupStep) -> None:
    expect(heading(page, language, step)).to_be_visible(timeout=SLOWLY)


def refused(page: Page, key: str, code: str, language: Language, **params: object) -> None:
    """The field says what is wrong with it, in the reader's language."""
    message = page.locator(f".st-key-field_{key.replace('.', '_')} .ch-field-error").first
    expect(message).to_have_text(translate(language, code, **params), timeout=SLOWLY)


def some_refusal(page: Page, key: str) -> None:
    message = page.locator(f".st-key-field_{key.replace('.', '_')} .ch-field-error").first
    expect(message).to_be_visible(timeout=SLOWLY)


def save(page: Page, step: SetupStep) -> None:
    press(page, f"setup.{step}.save")


def switch(page: Page, key: str) -> None:
    page.locator(f".st-key-{css(key)} label").first.click()


def house_row() -> Organisation:
    with reading() as session:
        return session.exec(select(Organisation)).one()


def wrong(page: Page, step: SetupStep, **typed: str) -> None:
    """Type into one field of a step and save: the refusal stands at that field, the step stays."""
    [(name, text)] = typed.items()
    key = f"setup.{PART[step]}.{name}"
    fill(page, key, text)
    save(page, step)
    some_refusal(page, key)
    at_step(page, FA, step)


def answer(page: Page, step: SetupStep, **typed: str) -> None:
    for name, text in typed.items():
        fill(page, f"setup.{PART[step]}.{name}", text)
    save(page, step)


def finish(page: Page, language: Language) -> None:
    page.locator(".st-key-setup-practice-save button").click()
    home = page.get_by_role("heading", name=translate(language, "home.title"))
    expect(home).to_be_visible(timeout=2 * SLOWLY)


def test_set_up_in_persian_with_every_mistake_and_two_breaks(
    browser: Browser, fresh: FreshHouse
) -> None:
    context = visit(browser, FA)
    page = begin(context, fresh)
    at_step(page, FA, S.ORGANISATION)
    assert page.locator("html").get_attribute("dir") == "rtl"
    save(page, S.ORGANISATION)
    refused(page, "setup.org.name", "organisation.name_missing", FA)
    answer(page, S.ORGANISATION, name="فروشگاه سپهر")
    _tell_the_time(page)
    page.close()

    page = open_app(context, f"{fresh.url}/")  # left in the middle; this browser is still known
    at_step(page, FA, S.ADMINISTRATOR)
    _become_administrator(page)
    assert complaints(page) == []
    context.close()

    context = visit(browser, FA)  # another browser: from here on one signs in
    page = sign_in(context, fresh, "mina")
    at_step(page, FA, S.SENDER)  # signing in leads back to where set-up stood
    _send_from_a_server(page)
    at_step(page, FA, S.PRACTICE)
    act(page, lambda: switch(page, "setup.pra.load"))
    finish(page, FA)
    context.close()
    _is_set_up_in_persian()


def _tell_the_time(page: Page) -> None:
    at_step(page, FA, S.CALENDAR)
    wrong(page, S.CALENDAR, opens="۲۵:۰۰")
    assert house_row().setup_step is S.CALENDAR
    fill(page, "setup.cal.opens", "۱۸:۰۰")
    save(page, S.CALENDAR)
    some_refusal(page, "setup.cal.hours")
    answer(page, S.CALENDAR, opens="۸:۳۰")
    at_step(page, FA, S.ADMINISTRATOR)


def _become_administrator(page: Page) -> None:
    save(page, S.ADMINISTRATOR)
    some_refusal(page, "setup.adm.name")
    fill(page, "setup.adm.name", "مینا احمدی")
    wrong(page, S.ADMINISTRATOR, email="mina at sepehr")
    fill(page, "setup.adm.email", "mina@example.com")
    wrong(page, S.ADMINISTRATOR, login="مینا احمدی")
    fill(page, "setup.adm.login", "mina")
    wrong(page, S.ADMINISTRATOR, password="12345")
    answer(page, S.ADMINISTRATOR, password=PASSWORD)
    at_step(page, FA, S.SENDER)


def _send_from_a_server(page: Page) -> None:
    at_step(page, FA, S.SENDER)
    wrong(page, S.SENDER, name="")
    fill(page, "setup.snd.name", "فروشگاه سپهر")
    wrong(page, S.SENDER, address="سپهر")
    fill(page, "setup.snd.address", "info@example.com")
    act(page, lambda: switch(page, "setup.snd.server"))
    expect(page.locator(".st-key-setup-snd-host")).to_be_visible(timeout=SLOWLY)
    save(page, S.SENDER)
    refused(page, "setup.snd.host", "transport.bad_host", FA)
    fill(page, "setup.snd.host", "smtp.example.com")
    wrong(page, S.SENDER, port="۹۹۹۹۹۹")
    answer(page, S.SENDER, port="۴۶۵")


def sign_in(context: BrowserContext, house: FreshHouse, login: str) -> Page:
    door = context.new_page()
    door.goto(f"{house.url}/auth/login")
    door.locator("input[name=login]").fill(login)
    door.locator("input[name=password]").fill(PASSWORD)
    door.locator("form button").first.click()
    door.wait_for_url(lambda address: "/auth/" not in address)
    door.close()
    return open_app(context, f"{house.url}/")


def _is_set_up_in_persian() -> None:
    with reading() as session:
        home, office = house_row(), session.exec(select(Office)).one()
        assert (home.name, home.language, home.calendar) == ("فروشگاه سپهر", FA, Calendar.JALALI)
        assert (home.setup_step, home.mail_mode) == (SetupStep.DONE, MailMode.CAPTURE)
        assert office.hours["5"] == [["08:30", "16:30"]]
        assert session.exec(select(Holiday)).first() is not None
        assert session.exec(select(Sender)).one().address == "info@example.com"
        server = session.exec(select(Transport)).one()
        assert (server.host, server.port) == ("smtp.example.com", 465)
        assert practice.is_loaded(session)


def test_set_up_in_english_without_the_practice_company(
    browser: Browser, fresh: FreshHouse
) -> None:
    context = visit(browser, EN)
    page = begin(context, fresh)
    at_step(page, EN, S.ORGANISATION)
    assert page.locator("html").get_attribute("dir") == "ltr"
    answer(page, S.ORGANISATION, name="Riverside Books")
    at_step(page, EN, S.CALENDAR)
    save(page, S.CALENDAR)
    at_step(page, EN, S.ADMINISTRATOR)
    press(page, "setup.back")
    at_step(page, EN, S.CALENDAR)
    save(page, S.CALENDAR)
    at_step(page, EN, S.ADMINISTRATOR)
    answer(page, S.ADMINISTRATOR, name="Mina Ahmadi", email="mina@example.com", login="mina",
           password=PASSWORD)  # fmt: skip
    at_step(page, EN, S.SENDER)
    answer(page, S.SENDER, address="info@example.com")
    at_step(page, EN, S.PRACTICE)
    finish(page, EN)
    assert complaints(page) == []
    context.close()
    _is_set_up_in_english()


def _is_set_up_in_english() -> None:
    home = house_row()
    assert (home.language, home.calendar) == (EN, Calendar.GREGORIAN)
    assert home.setup_step is S.DONE
    with reading() as session:
        assert session.exec(select(User)).one().language is EN
        assert not practice.is_loaded(session)
