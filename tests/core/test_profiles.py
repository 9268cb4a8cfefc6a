"""The profile of a person: what each part shows to whom, and what a merge leaves behind."""

from datetime import datetime, timedelta

import pytest

from core.access.terms import Actor, DepartmentKind, Role
from core.activities.models import Note
from core.contacts.models import Contact
from core.db import reading, transaction
from core.messages.by_template import Order, send_by_template
from core.profiles import merging
from core.profiles import service as profiles
from core.profiles.terms import Asked, Line
from core.segments import filling
from core.segments import service as segments
from core.segments.models import Segment
from core.segments.terms import SegmentDraft, SegmentKind
from tests.support.cast import (
    actor_of,
    administrator,
    department_id,
    make_contact,
    make_organisation,
    make_user,
)

ADMIN = administrator()


@pytest.fixture
def house(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session, now=now)


def part(actor: Actor, person: Contact, name: str, now: datetime, **more: object) -> list[Line]:
    asked = Asked(public_id=person.public_id, part=name, **more)  # type: ignore[arg-type]
    with reading() as session:
        return profiles.read_part(session, actor, asked=asked, now=now)


def test_notes_of_a_department_are_found_behind_those_of_others(house: None, now: datetime) -> None:
    with transaction() as session:
        person = make_contact(session)
        ours = department_id(session, DepartmentKind.SUPPORT)
        theirs = department_id(session, DepartmentKind.SALES)
        for number in range(60):
            session.add(Note(
                contact_id=person.id, text=f"note {number}",
                department_id=theirs if number else ours,
                created_at=now + timedelta(minutes=number),
            ))  # fmt: skip
    found = part(ADMIN, person, "timeline", now, kind="notes", department_id=ours)
    assert [one.text for one in found] == ["note 0"]


def test_a_segment_that_is_everybodys_is_on_the_profile_a_seller_reads(
    house: None, now: datetime
) -> None:
    with transaction() as session:
        user = make_user(session, "sam", Role.SELLER, DepartmentKind.SALES)
        seller = actor_of(session, user)
        person = make_contact(session, owner_id=user.id)
        other = department_id(session, DepartmentKind.MARKETING)
        for name, department in (("For all", None), ("Not theirs", other)):
            draft = SegmentDraft(name=name, kind=SegmentKind.STATIC, department_id=department)
            made = segments.create(session, ADMIN, draft=draft, now=now)
            segments.add_members(
                session, ADMIN, segment_id=made.id, contact_ids=[person.id], now=now
            )
    assert [one.text for one in part(seller, person, "segments", now)] == ["For all"]
    assert len(part(ADMIN, person, "segments", now)) == 2


def test_two_who_become_one_are_counted_once_in_their_segments(house: None, now: datetime) -> None:
    with transaction() as session:
        first, second = make_contact(session), make_contact(session)
        made = segments.create(session, ADMIN, draft=SegmentDraft(name="Both"), now=now)
    assert filling.fill_due(now=now, budget_s=60)
    with transaction() as session:
        merging.merge(
            session, ADMIN, first=first.public_id, second=second.public_id,
            from_second=frozenset(), now=now,
        )  # fmt: skip
    with reading() as session:
        assert session.get_one(Segment, made.id).member_count == 1


def test_a_mail_ordered_for_somebody_merged_goes_to_whom_they_became(
    house: None, now: datetime
) -> None:
    with transaction() as session:
        last, middle, first = (make_contact(session, f"p{n}@example.com") for n in range(3))
        for kept, gone in ((middle, first), (last, middle)):
            merging.merge(
                session, ADMIN, first=kept.public_id, second=gone.public_id,
                from_second=frozenset(), now=now,
            )  # fmt: skip
        values = {"login": "x", "minutes": 1, "links": {"password": "https://example.com"}}
        order = Order(template="password_link", contact=first.public_id, values=values)
        assert send_by_template(session, ADMIN, order=order, now=now).contact_id == last.id
