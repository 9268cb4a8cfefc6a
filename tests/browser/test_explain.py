"""Message tracking in Chromium: held by quiet hours, deferred by a cap, suppressed, each told."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import Session, select

from core import clock
from core.access.terms import SYSTEM, DepartmentKind
from core.consent import service as consent
from core.contacts.models import Contact
from core.contacts.terms import Audience
from core.db import reading, transaction
from core.i18n.catalog import translate
from core.i18n.terms import Language
from core.messages.models import CapRule, Message, QuietRule
from core.messages.terms import CAPPED_CLASSES, Lane, MessageClass, OnCap, Reason
from tests.support.browser import Site, act, complaints, context_of, open_app
from tests.support.cast import make_contact, without_limits
from tests.support.installation import go, letters, person, running_installation, wake
from tests.support.sending import make_template, queue_one
from tests.support.waiting import eventually

pytestmark = pytest.mark.browser
K = DepartmentKind


@pytest.fixture(scope="module")
def site(data_dir: Path, house: None) -> Iterator[Site]:
    """Everything `chapar run` starts, over the store of these stories."""
    with running_installation(data_dir) as started:
        yield started


LONG_S = 30
CASES = {
    "Quentin": Reason.QUIET_HOURS,
    "Carla": Reason.CAPPED,
    "Samir": Reason.SUPPRESSED,
}


@pytest.fixture(scope="module")
def told(site: Site) -> None:
    """One message of each kind, decided by the running worker."""
    with transaction() as session:
        without_limits(session)
        session.add(CapRule(name="One a day", audience=Audience.EXTERNAL, limit=1,
                            counted_classes=list(CAPPED_CLASSES), on_cap=OnCap.DEFER))  # fmt: skip
        template = make_template(session, MessageClass.RELATIONSHIP)
        people = {name: somebody(session, name) for name in CASES}
        consent.suppress_contact(session, SYSTEM, contact_id=people["Samir"].id, now=clock.now())
        queue_one(session, people["Samir"], template, key="suppressed")
        queue_one(session, people["Carla"], template, key="first")
    wake(Lane.NORMAL)
    eventually(lambda: bool(letters("carla@example.com")), deadline_s=LONG_S)
    with transaction() as session:
        queue_one(session, people["Carla"], template, key="second")
    wake(Lane.NORMAL)
    eventually(lambda: Reason.CAPPED in reasons(), deadline_s=LONG_S)
    with transaction() as session:
        quiet_for_an_hour(session)
        queue_one(session, people["Quentin"], template, key="quiet")
    wake(Lane.NORMAL)
    eventually(lambda: set(CASES.values()) <= reasons(), deadline_s=LONG_S)


def somebody(session: Session, name: str) -> Contact:
    return make_contact(session, f"{name.lower()}@example.com", first_name=name)


def quiet_for_an_hour(session: Session) -> None:
    """Let it be quiet in Tehran from an hour ago for three hours."""
    local = clock.now().astimezone(ZoneInfo("Asia/Tehran"))
    rule = session.exec(select(QuietRule).where(QuietRule.audience == Audience.EXTERNAL)).one()
    rule.starts = (local - timedelta(hours=1)).time().replace(second=0, microsecond=0)
    rule.ends = (local + timedelta(hours=2)).time().replace(second=0, microsecond=0)
    rule.is_enabled = True
    session.add(rule)


def reasons() -> set[Reason]:
    """Return every reason a message was given so far."""
    with reading() as session:
        return {Reason(one) for one in session.exec(select(Message.reason)) if one}


@pytest.mark.spec("N12")
@pytest.mark.parametrize("language", [Language.FA, Language.EN])
def test_each_decision_is_explained_where_the_message_is_tracked(
    browser: Browser, site: Site, told: None, language: Language
) -> None:
    user = person(f"asks{language.value}", K.MARKETING, language)
    page = open_app(context_of(browser, site, user, language=language), f"{site.url}/messages")
    for name, reason in CASES.items():
        explain(page, site, name, translate(language, f"reason.{reason}"))
        box = page.get_by_role("dialog")
        expect(box).to_contain_text(translate(language, f"reason.{reason}.long"))
        failed = box.locator(".ch-checks > .ch-warning")
        expect(failed).to_have_count(1)
        expect(failed.locator(".ch-facts")).not_to_be_empty()
    assert complaints(page) == []


def explain(page: Page, site: Site, name: str, reason: str) -> None:
    """Open the message to this person that has this reason."""
    go(page, f"{site.url}/messages")
    row = page.locator("tbody tr", has_text=name).filter(has_text=reason).first
    expect(row).to_be_visible()
    act(page, row.locator("button.open").click)
