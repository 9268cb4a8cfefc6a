"""The real site in a real browser: start it, sign in, act and wait for the run, take pictures."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Playwright,
    Response,
)
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from core import signing
from core.accounts.models import User
from core.db import transaction
from core.i18n.terms import Language
from tests.support.page import sign_in
from tests.support.stores import free_port

ROOT = Path(__file__).parents[2]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP, PHONE = (1360, 900), (390, 844)
START_S, RUN_MS, STOP_S = 60, 30_000, 15
PROBE = re.compile(r"/[^/]+/_stcore/(health|host-config)$")
"""Streamlit looks for its base path at the page's own address first, and is refused there."""

_COUNT_RUNS = """
window.__runs = 0
new MutationObserver(seen => {
  for (const one of seen) {
    const now = one.target.getAttribute('data-test-script-state')
    if (now === 'running' && one.oldValue !== 'running') window.__runs++
  }
}).observe(document, {
  subtree: true, attributes: true, attributeOldValue: true,
  attributeFilter: ['data-test-script-state'],
})
let known = 0
const note = () => {
  if (window.__runs === known) window.__runs++
  known = window.__runs
}
const isEnd = data => {
  const bytes = data instanceof ArrayBuffer && data.byteLength < 100 ? new Uint8Array(data) : []
  return bytes.length > 1 && bytes.at(-2) === 0x30 && bytes.at(-1) !== 2
}
window.WebSocket = class extends window.WebSocket {
  constructor(...about) {
    super(...about)
    this.addEventListener('message', said => isEnd(said.data) && setTimeout(note, 400))
  }
}
"""
"""Counts runs as they begin. One that was over before the page could show it is counted when the
server says that it went through: `script_finished`, but for a run that is begun anew."""

_IS_IDLE = """before => {
  const app = document.querySelector('[data-testid=stApp]')
  return app && window.__runs > before
    && app.getAttribute('data-test-script-state') === 'notRunning'
    && !document.querySelector('[data-stale=true]')
}"""


@dataclass
class Site:
    """The site as it runs in a process of its own."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        """Return what the process wrote so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def running_site(data_dir: Path) -> Iterator[Site]:
    """Start the site on a free port over the store in this folder; stop it by its id."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    argv = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port),
            "--server.address", "127.0.0.1"]  # fmt: skip
    log = data_dir / "site.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            argv, cwd=ROOT, env=_environment(data_dir, port, url), stdout=out, stderr=out
        )
    site = Site(url, process, log)
    try:
        _wait_until_up(site)
        yield site
    finally:
        stop(process)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a process that this test started: asked first, then made to."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _environment(data_dir: Path, port: int, url: str) -> dict[str, str]:
    ours = {
        "CHAPAR_DATA_DIR": str(data_dir),
        "CHAPAR_PORT": str(port),
        "CHAPAR_BASE_URL": url,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return {**os.environ, **ours}


def _wait_until_up(site: Site) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if site.process.poll() is not None:
            break
        try:
            with urlopen(f"{site.url}/healthz", timeout=2) as answer:  # noqa: S310 - our own site
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the site did not start:\n{site.said()}")


def launch(playwright: Playwright) -> Browser:
    """Return Debian's Chromium, without the talk it would have with the outside."""
    return playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))


def context_of(
    browser: Browser,
    site: Site,
    user: User | None,
    *,
    language: Language = Language.FA,
    size: tuple[int, int] = DESKTOP,
    scheme: str = "light",
) -> BrowserContext:
    """Return a fresh browser profile in which this person is signed in already."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        locale="en-US",
    )
    cookies = [{"name": "chapar_lang", "value": language.value, "url": site.url}]
    if user is not None:
        secret = signing.new_secret()
        with transaction() as session:
            sign_in(session, user, secret=secret)
        cookies.append({"name": "chapar_session", "value": secret, "url": site.url})
    context.add_cookies(cookies)  # type: ignore[arg-type]
    return context


def open_app(context: BrowserContext, url: str) -> Page:
    """Return the page of the site once its first run is over; what it complains of is collected."""
    page = watched(context, url)
    wait_idle(page, before=0)
    return page


def watched(context: BrowserContext, url: str) -> Page:
    """Return the page at this address.

    Errors of its console and requests to anywhere else are collected in `complaints(page)`.
    """
    page = context.new_page()
    page.add_init_script(_COUNT_RUNS)
    heard: list[str] = []
    page.on("console", lambda said: heard.extend(_error(said)))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda asked: _is_foreign(asked.url, url) and heard.append(asked.url))
    page.on("response", lambda answer: heard.extend(_refusal(answer)))
    page.__dict__["heard"] = heard
    page.goto(url)
    return page


def complaints(page: Page) -> list[str]:
    """Return errors of the console, refused requests and requests that left the site, so far."""
    heard: list[str] = page.__dict__["heard"]
    return list(heard)


def _error(said: ConsoleMessage) -> list[str]:
    """Return an error of the console; refused requests are told by `_refusal`, with address."""
    is_request = said.text.startswith("Failed to load resource")
    return [said.text] if said.type == "error" and not is_request else []


def _refusal(answer: Response) -> list[str]:
    if answer.status < 400 or PROBE.search(answer.url):
        return []
    return [f"{answer.status} {answer.url}"]


def _is_foreign(asked: str, url: str) -> bool:
    return not asked.startswith((url.split("/", 3)[0] + "//" + url.split("/")[2], "data:", "blob:"))


def act(page: Page, deed: Callable[[], object]) -> None:
    """Do something that makes the page run, and wait until that run is over.

    Counts runs, so that a fast one cannot be missed. On a page with a clock of its own (progress,
    recall) wait with `expect` for what should be there instead.
    """
    before = runs(page)
    deed()
    wait_idle(page, before=before)


def runs(page: Page) -> int:
    """Return how many runs the page has begun."""
    counted: int = page.evaluate("window.__runs")
    return counted


def wait_idle(page: Page, *, before: int) -> None:
    """Wait until more than `before` runs were begun and none is under way."""
    page.wait_for_function(_IS_IDLE, arg=before, timeout=RUN_MS)


def press(page: Page, key: str) -> None:
    """Press the button with this key and wait for the run."""
    button = page.locator(f".st-key-{css(key)} button").first
    settle(page, button)
    act(page, button.click)


def settle(page: Page, place: Locator) -> None:
    """Bring something into view and let the scroll be over: an open popover closes on one."""
    place.scroll_into_view_if_needed()
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def pick_day(page: Page, key: str, name: str) -> None:
    """Pick a day in the month of a date field, by the name a screen reader hears."""
    day = page.get_by_role("gridcell", name=name, exact=True)
    opener = page.locator(f".st-key-{css(key)}-open button").first
    for _ in range(3):  # a page that still grows scrolls, and scrolling closes what is open
        settle(page, opener)
        opener.click()
        with suppress(PlaywrightTimeout):
            day.wait_for(timeout=5_000)
            break
    act(page, day.click)


def fill(page: Page, key: str, text: str) -> None:
    """Write into the field with this key, leave it, and wait for the run."""

    def write() -> None:
        box = page.locator(f".st-key-{css(key)}").locator("input, textarea").first
        box.fill(text)
        box.blur()

    act(page, write)


def css(key: str) -> str:
    """Return the class name Streamlit makes of a widget's key, without its prefix."""
    return re.sub(r"[^a-zA-Z0-9_-]", "-", key.strip())


def height_of(page: Page) -> int:
    """Return how tall the page would be without its scroll bar."""
    tall: int = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    return tall


def pictures(
    browser: Browser,
    site: Site,
    user: User,
    *,
    paths: Sequence[str],
    folder: Path,
    languages: Sequence[Language] = tuple(Language),
    sizes: Sequence[tuple[int, int]] = (DESKTOP, PHONE),
    schemes: Sequence[str] = ("light", "dark"),
) -> list[Path]:
    """Take each page in each language, size and scheme, whole; return the files.

    The language of the account is set to that of the picture, and left at the last one.
    """
    taken = []
    for language in languages:
        _speak(user, language)
        for size in sizes:
            for scheme in schemes:
                context = context_of(
                    browser, site, user, language=language, size=size, scheme=scheme
                )
                for path in paths:
                    name = f"{path.strip('/') or 'home'}-{language}-{size[0]}-{scheme}.png"
                    taken.append(_picture(context, f"{site.url}{path}", folder / name, size))
                context.close()
    return taken


def _speak(user: User, language: Language) -> None:
    with transaction() as session:
        found = session.get(User, user.id)
        assert found is not None
        found.language = language
        session.add(found)


def _picture(context: BrowserContext, url: str, file: Path, size: tuple[int, int]) -> Path:
    page = open_app(context, url)
    page.wait_for_load_state("networkidle")
    page.set_viewport_size({"width": size[0], "height": max(size[1], min(height_of(page), 4000))})
    page.screenshot(path=file, animations="disabled")
    page.close()
    return file
