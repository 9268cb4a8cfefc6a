"""A visitor of somebody's site signs up: the form learns whose visit it was, once they agreed."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlmodel import col, select

from core import clock
from core.consent import topics
from core.consent.terms import TopicInput
from core.contacts.models import Contact
from core.db import reading, transaction
from core.events.models import Event
from core.forms import service as forms
from core.forms.models import Form
from core.forms.terms import FieldInput, FormInput
from core.i18n.terms import Language
from core.tracking import sites
from core.tracking.models import Site as Tracked
from core.tracking.terms import SiteInput
from tests.support.browser import Site
from tests.support.cast import administrator
from tests.support.stores import free_port
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.spec("S111", "S118")]
ADMIN = administrator()
PORT = free_port()
SHOP = f"http://127.0.0.1:{PORT}"


@pytest.fixture(scope="module")
def form(house: None) -> Form:
    """A form whose topic asks for no second yes, so that signing up is enough."""
    now = clock.now()
    with transaction() as session:
        given = TopicInput(names={"en": "Offers"}, promises={"en": "One a week"}, is_public=True,
                           is_double=False)  # fmt: skip
        topic = topics.create_topic(session, ADMIN, given=given, now=now)
        wanted = FormInput(name="Fair", language=Language.EN, topic_ids=[topic.id],
                           fields=[FieldInput(field="email")])  # fmt: skip
        return forms.create_form(session, ADMIN, given=wanted, now=now)


@pytest.fixture(scope="module")
def tracked(house: None) -> Tracked:
    """The shop, which waits for consent."""
    with transaction() as session:
        given = SiteInput(name="Shop", origins=[SHOP])
        return sites.add_site(session, ADMIN, given=given, now=clock.now())


@pytest.fixture
def shop(browser: Browser, site: Site, form: Form, tracked: Tracked) -> Iterator[BrowserContext]:
    """A browser in which the shop has a page with our script, a form, a frame and a link."""
    ours = f"{site.url}/f/{form.public_id}"
    page = f"""<!doctype html><title>Shop</title>
      <script src="{site.url}/e/{tracked.public_id}.js"></script>
      <a id="link" href="{ours}">Sign up</a>
      <iframe id="frame" src="{ours}/frame" width="400" height="600"></iframe>
      <form id="plain" action="{ours}" method="post"><input name="email"><button>Go</button></form>
    """
    context = browser.new_context()
    with served(page.encode()):
        yield context
        context.close()


@contextmanager
def served(page: bytes) -> Iterator[None]:
    """Answer every address of the shop with this page; from this machine, or Chromium asks."""

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that the library looks for
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", PORT), Shop)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sign_up(page: Page, address: str) -> None:
    expect(page.locator("input[name=nonce]")).not_to_have_value("")
    page.fill("input[name=email]", address)
    page.click("button.main")
    expect(page.locator("h1")).to_be_visible()


def viewed_by() -> set[str]:
    """The addresses of those whose page views are known."""
    with reading() as session:
        known = select(Contact.search_key).join(Event, col(Event.contact_id) == col(Contact.id))
        return {one.split()[-1] for one in session.exec(known.where(Event.name == "page.viewed"))}


def test_a_link_to_the_form_tells_who_follows_it_once_they_agreed(shop: BrowserContext) -> None:
    page = shop.new_page()
    page.goto(f"{SHOP}/pricing")
    page.click("#link")
    page.wait_for_url("**/f/**")
    assert "#visitor" not in page.url
    sign_up(page, "silent@example.com")
    page.goto(f"{SHOP}/pricing")
    page.evaluate("chapar('consent')")
    page.click("#link")
    page.wait_for_url("**/f/*#visitor=*")
    sign_up(page, "known@example.com")
    eventually(lambda: "known@example.com" in viewed_by())
    assert "silent@example.com" not in viewed_by()


def test_a_frame_and_a_plain_form_on_the_page_tell_it_too(shop: BrowserContext) -> None:
    page = shop.new_page()
    page.goto(f"{SHOP}/fair")
    page.evaluate("chapar('consent')")
    frame = page.frame_locator("#frame")
    expect(frame.locator("input[name=nonce]")).not_to_have_value("")
    frame.locator("input[name=email]").fill("framed@example.com")
    frame.locator("button.main").click()
    eventually(lambda: "framed@example.com" in viewed_by())
    page.goto(f"{SHOP}/other")
    with page.expect_request(lambda one: one.method == "POST" and "/f/" in one.url) as sent:
        page.fill("#plain input[name=email]", "plain@example.com")
        page.click("#plain button")
    assert "visitor=" in (sent.value.post_data or "")
