"""A site over a fresh store, and one Chromium for all stories."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from core.access.terms import DepartmentKind, Role
from core.accounts.models import User
from core.db import transaction
from core.organisation.terms import SetupStep
from tests.conftest import missing
from tests.support.browser import CHROMIUM, Site, launch, running_site
from tests.support.cast import make_organisation, make_user


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, once for all."""
    if not CHROMIUM.exists():
        missing("Chromium is not installed")
    with sync_playwright() as playwright:
        made = launch(playwright)
        yield made
        made.close()


@pytest.fixture
def narges(store: str) -> User:
    """The administrator of a house that is set up."""
    with transaction() as session:
        house = make_organisation(session)
        house.name, house.setup_step = "فروشگاه سپهر", SetupStep.DONE
        session.add(house)
        user = make_user(session, "narges", Role.ADMINISTRATOR, DepartmentKind.OPERATIONS)
        user.name = "نرگس احمدی"
        session.add(user)
    return user


@pytest.fixture
def site(store: str, narges: User, tmp_path: Path) -> Iterator[Site]:
    """The site, running over the store of this test."""
    with running_site(tmp_path) as started:
        yield started
