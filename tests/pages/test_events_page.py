"""Events and sites on their page: found, opened, named; a site added, heard and switched off."""

from datetime import timedelta

import pytest
from sqlmodel import select

from core import clock
from core.access.terms import DepartmentKind, Role
from core.contacts.models import Contact
from core.db import reading, transaction
from core.events import dictionary
from core.events.models import Event, EventName
from core.tracking import hits, sites
from core.tracking.models import Site
from core.tracking.terms import Hit, HitKind, SiteInput
from tests.pages.conftest import OpenAs
from tests.support.cast import administrator, make_contact
from tests.support.page import go, press, table, texts

K, R = DepartmentKind, Role
A = administrator()
PAGE = "workspace/events.py"


@pytest.fixture
def sara(house: None) -> Contact:
    now = clock.now()
    with transaction() as session:
        made = make_contact(session, "sara@example.com")
        found = [
            Event(name=name, contact_id=made.id, source="t", dedup_key=f"{name}{n}",
                  occurred_at=now - timedelta(hours=n), properties={"path": f"/{n}"})
            for name in ("page.viewed", "lesson.finished") for n in range(3)
        ]  # fmt: skip
        session.add_all(found)
        session.flush()
        dictionary.note(session, found)
        return made


def test_the_empty_page_says_where_events_come_from(open_as: OpenAs) -> None:
    page = go(open_as(R.VIEWER, K.MARKETING), PAGE)
    assert not page.exception
    assert "هنوز رویدادی" in texts(page)


@pytest.mark.spec("S118")
def test_a_name_is_found_by_our_words_and_its_card_shows_what_was_seen(
    open_as: OpenAs, sara: Contact
) -> None:
    page = go(open_as(R.ADMINISTRATOR, K.MARKETING), PAGE)
    names = [row["name"] for row in table(page, "events.table")]
    assert names == ["lesson.finished", "صفحه‌ای را دید"]
    page = press(page, "events.table", "open", "lesson.finished")
    assert not page.exception
    assert [row["sample"] for row in table(page, "events.properties")] == ["/2"]
    assert len(table(page, "events.recent")) == 3
    page.button(key="events.rename").click().run()
    page.text_input(key="events.words.fa").set_value("پایان درس")
    page.button(key="events.rename").click()  # a dialog lasts as long as the run that opened it
    page.button(key="events.words.save").click().run()
    assert not page.exception
    with reading() as session:
        row = session.exec(select(EventName).where(EventName.name == "lesson.finished")).one()
        assert row.names == {"fa": "پایان درس"}


@pytest.mark.spec("S118")
def test_a_site_is_added_and_what_it_tells_is_seen(open_as: OpenAs) -> None:
    page = go(open_as(R.ADMINISTRATOR, K.MARKETING), PAGE)
    page.button_group(key="events.part").set_value("sites").run()
    page.button(key="sites.begin").click().run()
    page.text_input(key="sites.form.name").set_value("فروشگاه")
    page.text_area(key="sites.form.origins").set_value("shop.example")
    page.button(key="sites.begin").click()
    page.button(key="sites.form.save").click().run()
    assert not page.exception
    now = clock.now()
    with transaction() as session:
        site = session.exec(select(Site)).one()
        assert site.origins == ["https://shop.example"]
        hit = Hit(kind=HitKind.PAGE, key="1", occurred_at=now, properties={"path": "/p"})
        hits.take(session, site, visitor="v1", hits=[hit], now=now)
    page.run()
    assert not page.exception
    assert [row["facts"] for row in table(page, f"sites.live{site.id}")] == ["path: /p"]
    assert sites.line_to_paste(site) in [one.value for one in page.code]


def test_whoever_may_not_configure_sees_the_line_and_no_buttons(open_as: OpenAs) -> None:
    with transaction() as session:
        given = SiteInput(name="Shop", origins=["shop.example"])
        site = sites.add_site(session, A, given=given, now=clock.now())
    page = go(open_as(R.VIEWER, K.MARKETING), PAGE)
    page.button_group(key="events.part").set_value("sites").run()
    assert not page.exception
    keys = {one.key for one in page.button}
    assert not {f"sites.edit{site.id}", f"sites.switch{site.id}", "sites.add"} & keys
    assert page.code
