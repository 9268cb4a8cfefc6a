"""One Chromium for all stories, and one site with its own store for each file of them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from core import db, ids
from core.access.terms import DepartmentKind, Role
from core.accounts.models import User
from core.clock import now
from core.db import transaction
from core.organisation.terms import SetupStep
from tests.conftest import missing
from tests.support.browser import CHROMIUM, Site, launch, running_site
from tests.support.cast import make_organisation, make_user
from tests.support.stores import forget_process_state


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, once for all."""
    if not CHROMIUM.exists():
        missing("Chromium is not installed")
    expect.set_options(timeout=25_000)  # two workers share the machine with the site they look at
    with sync_playwright() as playwright:
        made = launch(playwright)
        yield made
        made.close()


@pytest.fixture(scope="module")
def data_dir(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a store of its own, which this process uses too, for a file of stories."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(migrated_file, folder / "chapar.db")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CHAPAR_DATA_DIR", str(folder))
        environment.setenv("CHAPAR_SECRET_KEY", "a key for tests that is long enough to be one")
        forget_process_state()
        yield folder
        db.engine().dispose()
    forget_process_state()


@pytest.fixture(scope="module")
def house(data_dir: Path) -> None:
    """The organisation of these stories, set up."""
    with transaction() as session:
        made = make_organisation(session)
        made.name, made.setup_step = "فروشگاه سپهر", SetupStep.DONE
        session.add(made)


@pytest.fixture(scope="module")
def site(data_dir: Path, house: None) -> Iterator[Site]:
    """The site, running over the store of these stories."""
    with running_site(data_dir) as started:
        yield started


@pytest.fixture
def narges(house: None) -> User:
    """An administrator, another one for each story."""
    with transaction() as session:
        login = ids.uuid7(now()).hex[-12:]
        user = make_user(session, login, Role.ADMINISTRATOR, DepartmentKind.OPERATIONS)
        user.name = "نرگس احمدی"
        session.add(user)
    return user
