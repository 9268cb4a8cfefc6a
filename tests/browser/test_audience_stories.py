"""The audience in Chromium, in Persian: a file of people, a segment by clicks, one person's page.

And the person's own side: the preference centre, and the way out of a mail.
"""

import csv
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect
from sqlmodel import select

from core import clock
from core.accounts.models import User
from core.activities.models import Note
from core.consent.models import Preference
from core.consent.terms import ConsentState
from core.db import reading
from core.i18n.catalog import translate
from core.i18n.terms import Language
from core.messages import links
from core.segments.models import Segment
from core.segments.terms import SegmentState
from tests.support import audience
from tests.support.browser import (
    Site,
    act,
    complaints,
    context_of,
    css,
    fill,
    open_app,
    press,
    watched,
)
from tests.support.installation import go, running_installation
from tests.support.waiting import eventually

pytestmark = pytest.mark.browser
FILE = "import.import_contacts"
LONG_MS = 60_000


@pytest.fixture(scope="module")
def site(data_dir: Path, house: None) -> Iterator[Site]:
    """Everything `chapar run` starts, over the store of these stories."""
    with running_installation(data_dir) as started:
        yield started


@pytest.fixture(scope="module")
def maryam(house: None) -> User:
    """The head of marketing."""
    return audience.head_of_marketing()


@pytest.fixture
def desk(browser: Browser, site: Site, maryam: User) -> Iterator[Page]:
    """Her browser; to the end it stands right to left, and nothing complains."""
    page = open_app(context_of(browser, site, maryam), f"{site.url}/contacts")
    yield page
    at_peace(page)


@pytest.fixture
def phone(browser: Browser, site: Site) -> Iterator[Page]:
    """The browser of somebody outside who is not signed in anywhere; as above."""
    page = watched(context_of(browser, site, None), site.url)
    yield page
    at_peace(page)


def at_peace(page: Page) -> None:
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert complaints(page) == []
    page.context.close()


def t(code: str, **params: object) -> str:
    return translate(Language.FA, code, **params)


def at(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{css(key)}").first


def says(page: Page, text: str) -> None:
    expect(page.get_by_text(text).first).to_be_visible(timeout=LONG_MS)


# A file of people


@pytest.mark.spec("U11", "S80")
def test_a_file_of_people_is_tried_taken_and_taken_back(desk: Page, site: Site) -> None:
    go(desk, f"{site.url}/import_contacts")
    upload(desk)
    for name, head in (("first_name", "نام"), ("email", "ایمیل"), ("phone", "موبایل")):
        expect(at(desk, f"{FILE}.column.{name}").locator("input")).to_have_value(head)
    basis = at(desk, f"{FILE}.basis").locator("input")
    expect(basis).to_have_value(t("import_contacts.basis.unknown"))
    press(desk, f"{FILE}.save")
    says(desk, t("importing.tried"))
    assert audience.taken() == []
    assert [row["ایمیل"] for row in refused_rows(desk)] == ["bijan@@example.com", ""]
    at(desk, f"{FILE}.save").locator("button").click()
    expect(desk.get_by_text(t("importing.tried"))).to_have_count(0, timeout=LONG_MS)
    says(desk, t("frame.progress.done", count=2))
    assert audience.taken() == ["رودابه", "کاوه"]
    take_back(desk, site)
    assert audience.taken() == []


def upload(page: Page) -> None:
    file = FilePayload(name="people.csv", mimeType="text/csv", buffer=audience.a_file())
    act(page, lambda: page.locator("input[type=file]").set_input_files(file))
    says(page, t("importing.columns"))


def refused_rows(page: Page) -> list[dict[str, str]]:
    """Press the button of the refused rows, and return what the saved file says."""
    with page.expect_download() as awaited:
        at(page, f"{FILE}.refused").locator("button").click()
    text = Path(awaited.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(StringIO(text)))


def take_back(page: Page, site: Site) -> None:
    go(page, f"{site.url}/import_contacts")
    act(page, page.get_by_role("radio", name=t("import_contacts.part.past")).click)
    says(page, "people.csv")
    page.get_by_role("button", name=t("import_contacts.undo")).first.click()
    page.get_by_role("button", name=t("import_contacts.undo.sure")).click()
    says(page, t("import_contacts.undo.done", count=2))


# A segment


@pytest.mark.spec("S44", "N13")
def test_a_segment_of_three_conditions_is_built_by_clicks(desk: Page, site: Site) -> None:
    audience.shoppers()
    go(desk, f"{site.url}/segments")
    press(desk, "segments.begin")
    fill(desk, "segments.form.name", "خریداران اصفهان")
    for _ in range(3):
        act(desk, desk.get_by_role("button", name=t("filter.add_line")).click)
    write(desk, "contact-city-is", "اصفهان")
    pick(part(desk, "about", 1), field("contact.kind"))
    pick(part(desk, "contact-kind-is"), t("filter.choice.contactkind.customer"))
    pick(part(desk, "about", 2), t("filter.kind.event"))
    pick(part(desk, "name", -1), t("event.name.order.placed"))
    write(desk, "amount", "۲")
    sentence = desk.locator(".ch-sentence").first
    for words in ("اصفهان", t("filter.choice.contactkind.customer"), "۲"):
        expect(sentence).to_contain_text(words)
    says(desk, t("segments.preview.some", count=2))
    sample = desk.locator("table.ch-plain").last
    for name, is_in in (("آناهیتا", 1), ("سهراب", 1), ("گردآفرید", 0), ("تهمینه", 0)):
        expect(sample.get_by_text(name)).to_have_count(is_in)
    press(desk, "segments.form.save")
    says(desk, t("segments.tab.why"))
    eventually(lambda: computed() == 2, deadline_s=60)
    why_not(desk)


def field(key: str) -> str:
    return f"{t('filter.group.person')} · {t(f'filter.field.{key}')}"


def part(page: Page, name: str, number: int = 0) -> Locator:
    """Return the widget of a line of the builder whose key ends so."""
    return page.locator(f"[class*='st-key-segments-form-'][class*='-{name} ']").nth(number)


def pick(box: Locator, option: str) -> None:
    """Choose this option in a list that is written into."""
    box.locator("input").first.fill(option)
    found = box.page.get_by_role("option", name=option).first
    act(box.page, found.click)


def write(page: Page, name: str, text: str) -> None:
    box = part(page, name).locator("input").first

    def written() -> None:
        box.fill(text)
        box.blur()

    act(page, written)


def computed() -> int | None:
    """Return how many people the one segment has, once it was computed."""
    with reading() as session:
        found = session.exec(select(Segment)).one()
        return found.member_count if found.state is SegmentState.READY else None


def why_not(page: Page) -> None:
    """Ask why Gordafarid, who bought once, is not in: one line alone is in the way."""
    act(page, page.get_by_role("radio", name=t("segments.tab.why")).click)
    fill(page, "segments.why.text", "گردآفرید")
    says(page, t("segments.why.out", name="گردآفرید نیک"))
    failing = page.locator("p", has_text=t("segments.why.one"))
    expect(failing).to_have_count(1)
    expect(failing).to_contain_text("۲")


# A person


@pytest.mark.spec("S30", "S31", "S32", "S82")
def test_the_page_of_a_person_tells_what_happened_and_what_they_may_get(
    desk: Page, site: Site
) -> None:
    reader = audience.a_reader("katayoun", "کتایون")
    audience.cap_of_two()
    go(desk, f"{site.url}/contacts")
    fill(desk, "contacts.q", "كتايون")
    act(desk, desk.locator("tbody tr", has_text="کتایون").locator("button.open").click)
    expect(desk.get_by_role("heading", name="کتایون نامدار").first).to_be_visible()
    tab(desk, "timeline")
    says(desk, "/pricing")
    says(desk, "تخفیف پاییزی")
    tab(desk, "consent")
    says(desk, t("profile.consent.sound"))
    proof = desk.locator("li", has_text=audience.OFFERS)
    expect(proof).to_contain_text(audience.IP)
    expect(proof).to_contain_text(t("profile.consent.source.form"))
    tab(desk, "caps")
    says(desk, t("profile.cap.room", name="دو در هفته", left=1, used=1, limit=2))
    tab(desk, "notes")
    desk.get_by_label(t("notes.new")).fill("عصرها تماس بگیرید")
    press(desk, "notes.save")
    says(desk, "عصرها تماس بگیرید")
    with reading() as session:
        kept = session.exec(select(Note).where(Note.contact_id == reader.person.id)).one()
    assert kept.text == "عصرها تماس بگیرید"


def tab(page: Page, name: str) -> None:
    act(page, page.get_by_role("tab", name=t(f"profile.part.{name}")).click)


# The person's own side


@pytest.mark.spec("U04", "U05", "S82")
def test_a_person_chooses_what_comes_and_leaves_with_one_click(phone: Page) -> None:
    reader = audience.a_reader("parisa", "پریسا")
    phone.goto(links.preferences(reader.person.id))
    expect(phone.get_by_role("heading", name=t("public.centre.title"))).to_be_visible()
    offers = phone.get_by_role("checkbox", name=audience.OFFERS)
    news = phone.get_by_role("checkbox", name=audience.NEWS)
    expect(offers).to_be_checked()
    expect(news).not_to_be_checked()
    news.check()
    phone.get_by_label(t("public.centre.pause")).select_option("30")
    phone.get_by_role("button", name=t("public.centre.save"), exact=True).click()
    expect(phone.get_by_role("status")).to_have_text(t("public.centre.saved"))
    expect(news).to_be_checked()
    both = dict.fromkeys((reader.offers, reader.news), ConsentState.CONFIRMED)
    assert reader.states() == both
    assert pauses_for(reader.person.id) > timedelta(days=29)
    phone.goto(audience.way_out_of(reader.email))
    assert reader.states() == both
    phone.get_by_role("button", name=t("public.leave.topic")).click()
    done = t("public.leave.done_topic", topic=audience.OFFERS)
    expect(phone.get_by_role("status")).to_have_text(done)
    assert reader.states() == {**both, reader.offers: ConsentState.UNSUBSCRIBED}


def pauses_for(contact_id: int) -> timedelta:
    with reading() as session:
        kept = session.exec(select(Preference).where(Preference.contact_id == contact_id)).one()
    assert kept.paused_until is not None
    return kept.paused_until - clock.now()
