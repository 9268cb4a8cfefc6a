"""The page of list hygiene: see a finding, act on it, take it back."""

import pytest
from sqlmodel import col, select

from core.access.terms import DepartmentKind, Role
from core.consent.models import Suppression
from core.contacts.models import Contact
from core.db import reading, transaction
from tests.pages.conftest import OpenAs
from tests.support.cast import make_contact
from tests.support.page import go, press, table, texts

PAGE = "workspace/hygiene.py"


def in_force() -> int:
    with reading() as session:
        standing = select(Suppression).where(col(Suppression.lifted_at).is_(None))
        return len(session.exec(standing).all())


@pytest.mark.spec("S84")
def test_a_finding_is_suppressed_on_its_card_and_taken_back_below(open_as: OpenAs) -> None:
    with transaction() as session:
        make_contact(session, "info@example.com")
    page = go(open_as(Role.MANAGER, DepartmentKind.MARKETING), PAGE)
    assert "نشانی‌های عمومی" in texts(page)
    page.button(key="hygiene.open.role").click().run()
    assert not page.exception, page.exception
    page.session_state["hygiene.reviewing"] = "role"
    page.button(key="hygiene.save").click().run()
    assert not page.exception, page.exception
    assert in_force() == 1, [one.value for one in page.toast]
    assert "چیزی برای پاک‌سازی نیست" in texts(page)
    undo = next(one for one in page.button if str(one.key).startswith("hygiene.undo."))
    undo.click().run()
    assert not page.exception, page.exception
    assert in_force() == 0
    assert "نشانی‌های عمومی" in texts(page)


@pytest.mark.spec("S84")
def test_only_those_who_are_ticked_are_suppressed(open_as: OpenAs) -> None:
    with transaction() as session:
        for name in ("info", "sales", "office"):
            make_contact(session, f"{name}@example.com")
    page = go(open_as(Role.MANAGER, DepartmentKind.MARKETING), PAGE)
    page.session_state["hygiene.reviewing"] = "role"
    page.run()
    ids = {row["email"]: row["id"] for row in table(page, "hygiene.people.role")}
    assert set(ids) == {f"{name}@example.com" for name in ("info", "sales", "office")}
    page.session_state["hygiene.reviewing"] = "role"
    page.button(key="hygiene.save").click()
    press(page, "hygiene.people.role", "picked", [ids["info@example.com"]])
    assert not page.exception, page.exception
    with reading() as session:
        standing = select(Suppression).where(col(Suppression.lifted_at).is_(None))
        found = [session.get_one(Contact, one.contact_id) for one in session.exec(standing)]
    assert [one.public_id for one in found] == [ids["info@example.com"]]


def test_where_all_is_well_the_page_says_so_and_a_viewer_may_look(open_as: OpenAs) -> None:
    page = go(open_as(Role.VIEWER, DepartmentKind.MARKETING), PAGE)
    assert not page.exception, page.exception
    assert "چیزی برای پاک‌سازی نیست" in texts(page)
