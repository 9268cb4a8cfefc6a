"""Lists in pages: where somebody stands when a list becomes another one."""

import pytest

from core.access.terms import DepartmentKind, Role
from core.db import transaction
from core.messages.terms import MessageClass
from tests.pages.conftest import OpenAs
from tests.support.cast import make_contact
from tests.support.page import go, table
from tests.support.sending import make_template, queue_copies, queue_one

MESSAGES, CONTACTS = "workspace/messages.py", "workspace/contacts.py"


@pytest.fixture
def messages(house: None) -> int:
    """Sixty messages: a page and ten."""
    with transaction() as session:
        sara = make_contact(session, "sara@example.com")
        first = queue_one(session, sara, make_template(session, MessageClass.SERVICE))
        queue_copies(session, first, 59)
    return 60


def test_past_its_last_page_a_list_shows_its_last_page(open_as: OpenAs, messages: int) -> None:
    page = open_as(Role.MANAGER, DepartmentKind.MARKETING)
    page.session_state["messages.page"] = 9
    page = go(page, MESSAGES)
    assert not page.exception, page.exception
    assert len(table(page, "messages.table")) == messages - 50
    assert page.session_state["messages.page"] == 2


def test_what_is_searched_for_is_shown_from_its_first_page(open_as: OpenAs) -> None:
    with transaction() as session:
        for number in range(55):
            make_contact(session, f"a{number}@example.com", first_name=f"N{number:02}")
    page = open_as(Role.MANAGER, DepartmentKind.MARKETING)
    page.session_state["contacts.page"] = 2
    page = go(page, CONTACTS)
    assert len(table(page, "contacts.table")) == 5
    page.text_input(key="contacts.q").set_value("ahmadi").run()
    assert len(table(page, "contacts.table")) == 50
