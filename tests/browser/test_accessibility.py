"""Every page under axe-core, in Persian and English: no serious violation, ours or Streamlit's."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from core import clock
from core.accounts.models import User
from core.alerts.service import ensure_default_rule
from core.db import transaction
from core.i18n.terms import Language
from core.operations import service as stock
from core.operations.terms import NewItem
from core.people import service as people
from core.people.steps import ensure_default_steps
from core.people.terms import EmployeeInput
from pages.registry import existing
from tests.support.browser import Site, context_of, open_app
from tests.support.cast import administrator, make_contact
from tests.support.sending import make_template, queue_one

pytestmark = pytest.mark.browser

GRAVE = {"serious", "critical"}
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
OPTIONS = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": LEVELS}}


@pytest.fixture(scope="module")
def filled(house: None) -> None:
    """Something on every page: items of which one is low, an employee, a message."""
    now = clock.now()
    with transaction() as session:
        admin = administrator()
        ensure_default_rule(session, now=now)
        ensure_default_steps(session, now=now)
        for code, count in (("K-1", 120), ("K-2", 3)):
            new = NewItem(code, f"کالای {code}", "بسته‌بندی", "عدد", count, 10, None)
            stock.add_item(session, admin, new=new, now=now - timedelta(days=3))
        given = EmployeeInput(first_name="نیما", last_name="رضایی", language="fa",
                              email="nima@example.com",
                              start_date=(now + timedelta(days=4)).date().isoformat())  # fmt: skip
        people.add_employee(session, admin, given=given, now=now)
        version = make_template(session, "relationship", "پیام نمونه")
        queue_one(session, make_contact(session, "ali@example.com"), version, key="a", now=now)


def grave(page: Page) -> Iterator[str]:
    """What axe-core finds serious or critical. Streamlit's own parts are looked at as well."""
    for found in Axe().run(page, options=OPTIONS).response["violations"]:
        if found["impact"] in GRAVE:
            for node in found["nodes"]:
                yield f"{found['id']}: {node['target']} {node['html'][:160]}"


@pytest.mark.parametrize("language", [Language.FA, Language.EN])
@pytest.mark.parametrize("name", [entry.name for entry in existing()])
def test_a_page_keeps_nobody_out(
    browser: Browser, site: Site, filled: None, narges: User, *, name: str, language: Language
) -> None:
    with transaction() as session:
        session.get_one(User, narges.id).language = language
    context = context_of(browser, site, narges, language=language)
    page = open_app(context, f"{site.url}/{'' if name == 'home' else name}")
    page.wait_for_load_state("networkidle")
    found = list(grave(page))
    context.close()
    assert found == [], "\n" + "\n".join(found)
