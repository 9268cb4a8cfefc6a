"""A whole installation in processes of its own: `chapar run`, with everything it starts."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import col, select

from core.access.terms import DepartmentKind, Role
from core.accounts.models import User
from core.db import reading, transaction
from core.delivery.models import CapturedMail
from core.i18n.terms import Language
from core.messages.terms import Lane
from core.settings import settings
from tests.support.browser import ROOT, Site, css, stop, wait_idle
from tests.support.cast import make_user
from tests.support.stores import forget_process_state, free_port
from tests.support.waiting import eventually

START_S = 90
ARRIVES_S = 10
"""How long a mail may take to the practice mailbox, from a press or from the time it awaits."""


@contextmanager
def running_installation(data_dir: Path) -> Iterator[Site]:
    """Start Chapar on free ports over the store in this folder; stop it by its id."""
    port, capture = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    ours = {
        "CHAPAR_DATA_DIR": str(data_dir),
        "CHAPAR_PORT": str(port),
        "CHAPAR_PUBLIC_PORT": str(free_port()),
        "CHAPAR_CAPTURE_PORT": str(capture),
        "CHAPAR_BASE_URL": url,
    }
    log = data_dir / "site.log"
    with log.open("wb") as out, pytest.MonkeyPatch.context() as environment:
        for name, value in ours.items():
            environment.setenv(name, value)
        forget_process_state()
        assert settings().site_url == url
        process = subprocess.Popen(
            [sys.executable, "-m", "core.cli", "run"], cwd=ROOT, stdout=out, stderr=out,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        site = Site(url, process, log)
        try:
            eventually(lambda: _is_up(site), deadline_s=START_S)
            yield site
        finally:
            stop(process)


def _is_up(site: Site) -> bool:
    assert site.process.poll() is None, site.said()
    try:
        with urlopen(f"{site.url}/healthz", timeout=2) as answer:  # noqa: S310 - our own site
            return bool(answer.status == 200)
    except OSError:
        return False


def wake(lane: Lane) -> None:
    """Tell the worker that something is to be sent, as a process with a queue would."""
    said = "import sys; from tasks.wake import wake; wake(sys.argv[1])"
    command = [sys.executable, "-c", said, f"messages:{lane.value}"]
    subprocess.run(command, cwd=ROOT, env=dict(os.environ), check=True, capture_output=True)


def person(login: str, kind: DepartmentKind, language: Language) -> User:
    """An administrator of this department who reads this language."""
    with transaction() as session:
        return make_user(session, login, Role.ADMINISTRATOR, kind, language=language)


def letters(to: str) -> list[CapturedMail]:
    """Return what the practice mailbox holds for this address, newest first."""
    newest = col(CapturedMail.id).desc()
    with reading() as session:
        wanted = select(CapturedMail).where(CapturedMail.recipient == to).order_by(newest)
        return list(session.exec(wanted))


def go(page: Page, url: str) -> None:
    """Go to another address of the site and wait for its first run."""
    page.goto(url)
    wait_idle(page, before=0)


def menu(page: Page, row: str, action: str) -> None:
    """Choose an action, as it is written, from the menu of the row that says this."""
    line = page.locator("tbody tr", has_text=row).first
    line.locator("button.dots").click()
    line.get_by_role("menuitem", name=action).click()


def choose(page: Page, key: str, option: str) -> None:
    """Choose an option, as it is written, in the list with this key."""
    page.locator(f".st-key-{css(key)}").locator("input").first.click()
    page.get_by_role("option", name=option).first.click()


def enter(page: Page, key: str, text: str) -> None:
    """Write into a field of a dialog, and leave it."""
    box = page.locator(f".st-key-{css(key)}").locator("input, textarea").first
    box.fill(text)
    box.blur()


def click(page: Page, key: str) -> None:
    """Press the button with this key as soon as it can be pressed."""
    button = page.locator(f".st-key-{css(key)} button").first
    expect(button).to_be_enabled()
    button.click()
