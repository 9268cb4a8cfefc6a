"""Tags as a whole: renamed, made one, taken away, and what segments ask for afterwards."""

from datetime import datetime

import pytest
from sqlmodel import select

from core.access.terms import DepartmentKind, Role
from core.audience import tags
from core.contacts import changes, listing, restoring, tagging
from core.contacts.changes import BulkEdit, BulkField
from core.contacts.models import ContactTag, Tag
from core.contacts.terms import ContactFilter
from core.db import reading, transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.segments import filling
from core.segments import service as segments
from core.segments.models import Segment
from core.segments.terms import SegmentDraft
from tests.support.cast import (
    actor_of,
    administrator,
    make_contact,
    make_organisation,
    make_user,
)

ADMIN = administrator()
PEOPLE = {"ali": ("vip",), "bita": ("vip", "loyal"), "cyrus": ("loyal",), "dara": ()}


@pytest.fixture
def ids(store: str) -> dict[str, int]:
    """Four people and two tags; the number of each tag by its name."""
    with transaction() as session:
        make_organisation(session)
        for name, carried in PEOPLE.items():
            made = make_contact(session, f"{name}@example.com", first_name=name, last_name="")
            known = tagging.ensure(session, carried)
            tagging.put(session, [made.id], [one.id for one in known])
        return {one.name: one.id for one in session.exec(select(Tag))}


def asking_for(*names: str, now: datetime) -> int:
    """Return a segment of those who carry any of these tags, computed."""
    line = {"node": "field", "field": "contact.tags", "operator": "has_any", "value": list(names)}
    either = {"node": "group", "match": "any", "children": [line]}
    draft = SegmentDraft(name=" ".join(names), tree={"node": "group", "children": [either]})
    with transaction() as session:
        made = segments.create(session, ADMIN, draft=draft, now=now)
    filling.fill_due(now=now, budget_s=30)
    return made.id


def carriers(tag_id: int) -> list[str]:
    with reading() as session:
        where = ContactFilter(tag_id=tag_id)
        return [one.name for one in listing.list_contacts(session, ADMIN, where=where).lines]


def asked(segment_id: int) -> tuple[object, int]:
    """Return what the one line of the segment names, and how many people it finds."""
    with reading() as session:
        found = session.get_one(Segment, segment_id)
        tree: dict = found.tree  # type: ignore[type-arg] - as deep as it was written
        return tree["children"][0]["children"][0]["value"], found.member_count


def test_a_renamed_tag_stays_on_its_people_and_segments_follow(
    ids: dict[str, int], now: datetime
) -> None:
    segment = asking_for("VIP", "loyal", now=now)
    assert asked(segment)[1] == 3
    with transaction() as session:
        tags.rename(session, ADMIN, tag_id=ids["vip"], name="  ويژه ", now=now)
    filling.fill_due(now=now, budget_s=30)
    assert carriers(ids["vip"]) == ["ali", "bita"]
    assert asked(segment) == (["ویژه", "loyal"], 3)


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [("Loyal", Conflict, "tag.known"), (" ", Invalid, "tag.missing"), ("x" * 81, Invalid,
                                                                        "tag.long")],
)  # fmt: skip
def test_a_name_that_cannot_be_is_refused(
    ids: dict[str, int], now: datetime, name: str, kind: type[Exception], code: str
) -> None:
    with pytest.raises(kind, match=code.replace(".", r"\.")), transaction() as session:
        tags.rename(session, ADMIN, tag_id=ids["vip"], name=name, now=now)


def test_a_tag_may_be_written_another_way(ids: dict[str, int], now: datetime) -> None:
    with transaction() as session:
        assert tags.rename(session, ADMIN, tag_id=ids["vip"], name="VIP", now=now).name == "VIP"


def test_merged_tags_are_one_on_people_and_in_segments(ids: dict[str, int], now: datetime) -> None:
    segment = asking_for("vip", now=now)
    assert asked(segment)[1] == 2
    with transaction() as session:
        tags.merge(session, ADMIN, tag_id=ids["vip"], into_id=ids["loyal"], now=now)
    filling.fill_due(now=now, budget_s=30)
    assert carriers(ids["loyal"]) == ["ali", "bita", "cyrus"]
    assert asked(segment) == (["loyal"], 3)
    with reading() as session:
        assert len(session.exec(select(ContactTag)).all()) == 3
        assert [one.name for one in session.exec(select(Tag))] == ["loyal"]


def test_a_tag_is_not_merged_with_itself(ids: dict[str, int], now: datetime) -> None:
    with pytest.raises(Invalid, match=r"tag\.same"), transaction() as session:
        tags.merge(session, ADMIN, tag_id=ids["vip"], into_id=ids["vip"], now=now)


def test_a_tag_that_a_segment_asks_for_is_not_taken_away(
    ids: dict[str, int], now: datetime
) -> None:
    asking_for("vip", now=now)
    with pytest.raises(Conflict, match=r"tag\.asked_for"), transaction() as session:
        tags.remove(session, ADMIN, tag_id=ids["vip"], now=now)
    with transaction() as session:
        tags.remove(session, ADMIN, tag_id=ids["loyal"], now=now)
    with reading() as session:
        lines = tags.list_lines(session, ADMIN)
    assert [(one.tag.name, one.person_count, one.segments) for one in lines] == [
        ("vip", 2, ("vip",))
    ]


def test_a_change_of_a_tag_that_is_gone_can_still_be_taken_back(
    ids: dict[str, int], now: datetime
) -> None:
    edit = BulkEdit(field=BulkField.REMOVE_TAG, value="vip")
    with transaction() as session:
        made = changes.edit_matching(session, ADMIN, where=ContactFilter(), edit=edit, now=now)
    with transaction() as session:
        tags.remove(session, ADMIN, tag_id=ids["vip"], now=now)
    with transaction() as session:
        restoring.undo(session, ADMIN, change_set_id=made.id, now=now)
    with pytest.raises(NotFound, match=r"tag\.gone"), transaction() as session:
        tags.remove(session, ADMIN, tag_id=ids["vip"], now=now)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SELLER, Role.AUTHOR, Role.VIEWER])
def test_who_may_not_change_people_by_the_thousand_leaves_tags_alone(
    ids: dict[str, int], now: datetime, role: Role
) -> None:
    with transaction() as session:
        actor = actor_of(session, make_user(session, "omid", role, DepartmentKind.SALES))
    for verb, more in ((tags.rename, {"name": "x"}), (tags.merge, {"into_id": ids["loyal"]}),
                       (tags.remove, {})):  # fmt: skip
        with pytest.raises(Forbidden), transaction() as session:
            verb(session, actor, tag_id=ids["vip"], now=now, **more)
