"""The page of segments: begin with a ready-made one, see whom it finds, save it."""

from datetime import date
from typing import Any

import pytest

from core import clock
from core.access.terms import DepartmentKind, Role
from core.contacts.terms import ContactKind
from core.db import reading, transaction
from core.segments import filling, service
from core.segments.models import Segment
from core.segments.terms import SegmentDraft
from tests.pages.conftest import OpenAs
from tests.support.cast import administrator, make_contact
from tests.support.page import go, press, table, texts

PAGE = "workspace/segments.py"
TEHRAN = {"node": "field", "field": "contact.city", "operator": "is", "value": "تهران"}


def people() -> None:
    with transaction() as session:
        for number, city in enumerate(("تهران", "تهران", "شیراز")):
            make_contact(session, f"p{number}@example.com", kind=ContactKind.LEAD, city=city,
                         birth_date=date(1990, 5, number + 1))  # fmt: skip


def segment(name: str, *lines: dict[str, Any]) -> Segment:
    draft = SegmentDraft(name=name, tree={"node": "group", "children": list(lines)})
    with transaction() as session:
        made = service.create(session, administrator(), draft=draft, now=clock.now())
    filling.fill_due(now=clock.now(), budget_s=30)
    return made


def named(name: str) -> Segment:
    with reading() as session:
        found = [one for one in service.list_segments(session, administrator())
                 if one.name == name]  # fmt: skip
    assert len(found) == 1
    return found[0]


@pytest.mark.spec("S44")
def test_an_author_begins_with_a_ready_made_segment_and_saves_it(open_as: OpenAs) -> None:
    people()
    page = go(open_as(Role.AUTHOR, DepartmentKind.MARKETING), PAGE)
    page.button(key="segments.begin").click().run()
    page.text_input(key="segments.form.name").input("New this week").run()
    page.button_group(key="segments.form.start").set_value("new_leads").run()
    assert not page.exception, page.exception
    assert "۳ نفر" in texts(page)
    assert "نوع مخاطب برابر است با سرنخ و زمان ثبت" in texts(page)
    page.button(key="segments.form.save").click().run()
    assert not page.exception, page.exception
    found = named("New this week")
    assert [one["operator"] for one in found.tree["children"]] == ["is", "last_days"]


def test_a_line_can_be_added_copied_and_removed(open_as: OpenAs) -> None:
    people()
    made = segment("Tehran", TEHRAN)
    page = go(open_as(Role.AUTHOR, DepartmentKind.MARKETING), PAGE)
    press(page, "segments.table", "open", made.public_id)
    page.button_group(key="segments.tab").set_value("conditions").run()
    assert "شهر برابر است با تهران" in texts(page)
    copy = next(one for one in page.button if one.key.endswith(".copy"))
    copy.click().run()
    assert sum(one.key.endswith(".copy") for one in page.button) == 2
    add = next(one for one in page.button if one.key.endswith(".add"))
    add.click().run()
    assert not page.exception, page.exception
    assert "مقدار این شرط را بنویسید." in texts(page)
    removing = [one for one in page.button if one.key.endswith(".remove")]
    removing[-1].click().run()
    page.button(key="segments.form.save").click().run()
    assert not page.exception, page.exception
    assert len(named("Tehran").tree["children"]) == 2


def test_whoever_only_looks_sees_members_and_no_button_to_change(open_as: OpenAs) -> None:
    people()
    made = segment("Tehran", TEHRAN)
    page = go(open_as(Role.VIEWER, DepartmentKind.SUPPORT), PAGE)
    assert [row["name"] for row in table(page, "segments.table")] == ["Tehran"]
    assert "گروه تازه" not in [one.label for one in page.button]
    press(page, "segments.table", "open", made.public_id)
    assert len(table(page, "segments.one.members")) == 2
