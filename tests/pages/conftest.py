"""The cast of the page tests: open the frame as somebody with a role in a department."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from components import cached
from core.access.terms import DepartmentKind, Role
from core.db import transaction
from core.i18n.terms import Language
from core.organisation.models import Organisation
from core.organisation.terms import SetupStep
from tests.support.cast import make_organisation, make_user
from tests.support.page import open_shell, sign_in

OpenAs = Callable[..., AppTest]


@pytest.fixture
def house(store: str) -> None:
    """An organisation that is set up, with one department of each kind."""
    cached.forget()
    with transaction() as session:
        made = make_organisation(session)
        made.name, made.setup_step = "Sepehr", SetupStep.DONE
        session.add(made)


@pytest.fixture
def open_as(house: None) -> OpenAs:
    """Return a function that opens the frame as a new staff member."""

    def opened(
        role: Role = Role.MANAGER,
        kind: DepartmentKind = DepartmentKind.OPERATIONS,
        *,
        language: Language = Language.FA,
        login: str = "omid",
        query: dict[str, str] | None = None,
    ) -> AppTest:
        with transaction() as session:
            user = make_user(session, login, role, kind, language=language)
            sid = sign_in(session, user)
        page = open_shell(sid, query=query)
        assert not page.exception, page.exception
        return page

    return opened


@pytest.fixture
def organisation(house: None) -> Organisation:
    """The organisation as it is in the store."""
    with transaction() as session:
        found = session.get(Organisation, 1)
        assert found is not None
        return found
