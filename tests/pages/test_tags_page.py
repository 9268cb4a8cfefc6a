"""Tags on the page of contacts, and the owner of a person."""

import pytest
from sqlmodel import select

from core.access.terms import DepartmentKind, Role
from core.accounts.models import User
from core.contacts import tagging
from core.contacts.models import Contact, Tag
from core.db import reading, transaction
from tests.pages.conftest import OpenAs
from tests.support.cast import make_contact, make_user
from tests.support.departments import said
from tests.support.page import choose, go, press, table

LIST, CARD = "workspace/contacts.py", "workspace/contact.py"
K, R = DepartmentKind, Role


@pytest.fixture
def tags(house: None) -> dict[str, str]:
    """Two people of whom both are loyal and one is new; the number of each tag by its name."""
    with transaction() as session:
        for name, carried in (("علی", ("وفادار", "تازه")), ("مریم", ("وفادار",))):
            made = make_contact(session, first_name=name, last_name="")
            known = tagging.ensure(session, carried)
            tagging.put(session, [made.id], [one.id for one in known])
        return {one.name: str(one.id) for one in session.exec(select(Tag))}


def names() -> list[str]:
    with reading() as session:
        return sorted(session.exec(select(Tag.name)))


def test_a_tag_shows_how_many_carry_it_and_leads_to_them(
    open_as: OpenAs, tags: dict[str, str]
) -> None:
    page = open_as(R.MANAGER, K.MARKETING)
    page.session_state["contacts.way"] = "tags"
    page = go(page, LIST)
    assert {row["name"]: row["people"] for row in table(page, "tags.table")} == {
        "وفادار": "۲", "تازه": "۱",
    }  # fmt: skip
    press(page, "tags.table", "open", tags["تازه"])
    assert not page.exception, page.exception
    assert [row["name"] for row in table(page, "contacts.table")] == ["علی"]


def test_a_tag_is_renamed_from_its_menu(open_as: OpenAs, tags: dict[str, str]) -> None:
    page = open_as(R.MANAGER, K.MARKETING)
    page.session_state["contacts.way"] = "tags"
    page = choose(go(page, LIST), "tags.table", tags["تازه"], "rename")
    key = f"tag.{tags['تازه']}"
    page.text_input(key=f"{key}.name").set_value("نو")
    page.button(key=f"{key}.save").click()
    page = choose(page, "tags.table", tags["تازه"], "rename")
    assert not page.exception, page.exception
    assert names() == ["نو", "وفادار"]


def test_a_tag_is_merged_only_after_the_word_was_typed(
    open_as: OpenAs, tags: dict[str, str]
) -> None:
    page = open_as(R.MANAGER, K.MARKETING)
    page.session_state["contacts.way"] = "tags"
    row = ("tags.table", tags["تازه"], "merge")
    page = choose(go(page, LIST), *row)
    key = f"tag.{tags['تازه']}"
    page.selectbox(key=f"{key}.into").set_value(int(tags["وفادار"]))
    page = choose(page, *row)
    assert page.button(key=f"{key}.confirm").disabled
    page.text_input(key=f"{key}.word").set_value("ادغام")
    page = choose(page, *row)
    page.button(key=f"{key}.confirm").click()
    page = choose(page, *row)
    assert not page.exception, page.exception
    assert names() == ["وفادار"]


def test_who_only_looks_sees_the_tags_and_no_menu(open_as: OpenAs, tags: dict[str, str]) -> None:
    page = open_as(R.VIEWER, K.SUPPORT)
    page.session_state["contacts.way"] = "tags"
    page = choose(go(page, LIST), "tags.table", tags["تازه"], "rename")
    assert len(table(page, "tags.table")) == 2
    assert f"tag.{tags['تازه']}.save" not in {one.key for one in page.button}


def test_a_seller_who_gives_somebody_away_is_led_back_to_the_list(open_as: OpenAs) -> None:
    page = open_as(R.SELLER, K.SALES, login="forough")
    with transaction() as session:
        mine = session.exec(select(User).where(User.login == "forough")).one()
        other = make_user(session, "kaveh", R.SELLER, K.SALES)
        person = make_contact(session, "ali@example.com", owner_id=mine.id)
    page.session_state["contact.id"] = person.public_id
    page.session_state["contact.acts"] = True
    page = go(page, CARD)
    page.selectbox(key="contact.owner").set_value(other.id).run()
    assert not page.exception, page.exception
    assert said(page, "contacts.purpose")
    with reading() as session:
        assert session.get_one(Contact, person.id).owner_id == other.id
