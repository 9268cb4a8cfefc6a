"""Segments: who comes and goes as people change, who is told, and why."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlmodel import Session, select

from core.access.terms import Actor, DepartmentKind, Grant, Role
from core.consent import service as consent
from core.consent.terms import SuppressionReason
from core.contacts import card
from core.contacts import queries as contacts
from core.contacts.models import Contact, ContactTag, Tag
from core.contacts.terms import Audience, ContactInput, ContactKind
from core.db import reading, transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events.models import Event
from core.events.service import Fact, record
from core.filters import registry
from core.i18n.text import search_key
from core.messages.models import Message
from core.messages.terms import Lane, MessageStatus
from core.segments import filling, people, service
from core.segments.models import Segment
from core.segments.terms import SegmentDraft, SegmentKind, SegmentState
from core.templates.terms import MessageClass
from tasks.events import drain_events
from tests.support import crowd
from tests.support.cast import (
    administrator,
    department_id,
    make_contact,
    make_organisation,
    make_user,
)

BOUGHT_TWICE = {"node": "event", "name": "order.placed", "amount": 2, "within_days": 90}
ADMIN = administrator()


def in_city(city: str) -> dict[str, Any]:
    return {"node": "field", "field": "contact.city", "operator": "is", "value": city}


def member_of(segment: Segment) -> dict[str, Any]:
    return {"node": "member", "segment_id": segment.id}


def draft(name: str, *lines: dict[str, Any], **more: Any) -> SegmentDraft:
    return SegmentDraft(name=name, tree={"node": "group", "children": list(lines)}, **more)


@pytest.fixture
def house(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session, now=now)


def make(now: datetime, given: SegmentDraft) -> Segment:
    with transaction() as session:
        made = service.create(session, ADMIN, draft=given, now=now)
    assert filling.fill_due(now=now, budget_s=60)
    return made


def someone(city: str = "تهران", **details: Any) -> int:
    with transaction() as session:
        return make_contact(session, city=city, **details).id


def members(segment: Segment, actor: Actor = ADMIN) -> set[int]:
    with reading() as session:
        stays = people.members(session, actor, segment_id=segment.id)
        return {one.person.id for one in stays}


def kept(segment: Segment) -> Segment:
    with reading() as session:
        found = session.get(Segment, segment.id)
        assert found is not None
        return found


def order(session: Session, contact_id: int, number: int, at: datetime) -> None:
    record(session, Fact(name="order.placed", source="t", dedup_key=f"{contact_id}:{number}",
                         occurred_at=at, contact_id=contact_id))  # fmt: skip


def told(name: str) -> list[int | None]:
    with reading() as session:
        found = session.exec(select(Event).where(Event.name == name).order_by(Event.id)).all()
        return [one.contact_id for one in found]


def test_a_new_segment_is_filled_and_tells_nobody_that_they_entered(
    house: None, now: datetime
) -> None:
    mine, other = someone("تهران"), someone("شیراز")
    staff = someone("تهران", kind=ContactKind.EMPLOYEE)
    segment = make(now, draft("Tehran", in_city("طهران"), in_city("تهران")))
    assert members(segment) == set()
    segment = make(now, draft("Tehran too", in_city(" تهران ")))
    assert members(segment) == {mine}
    assert other not in members(segment)
    assert staff not in members(segment)
    found = kept(segment)
    assert (found.state, found.member_count, found.next_at) == (SegmentState.READY, 1, None)
    assert told("segment.entered") == []


@pytest.mark.spec("S43")
def test_an_event_lets_a_person_in_and_days_let_them_out_again(house: None, now: datetime) -> None:
    contact_id = someone()
    segment = make(now, draft("Twice", BOUGHT_TWICE))
    with transaction() as session:
        order(session, contact_id, 1, now - timedelta(days=80))
        order(session, contact_id, 2, now - timedelta(days=1))
    drain_events()
    assert members(segment) == {contact_id}
    assert told("segment.entered") == [contact_id]
    found = kept(segment)
    assert found.member_count == 1
    assert found.next_at == datetime.fromisoformat("2026-11-21T20:30:00+00:00")
    later = now + timedelta(days=11)
    assert filling.fill_due(now=later, budget_s=60)
    assert members(segment) == set()
    assert told("segment.left") == [contact_id]
    with reading() as session:
        stay = people.history(session, ADMIN, segment_id=segment.id)[0]
    assert (stay.person.id, stay.left_at) == (contact_id, later)


def test_whoever_enters_one_segment_enters_those_that_ask_about_it(
    house: None, now: datetime
) -> None:
    contact_id = someone()
    inner = make(now, draft("Inner", BOUGHT_TWICE))
    outer = make(now, draft("Outer", member_of(inner), in_city("تهران")))
    with transaction() as session:
        order(session, contact_id, 1, now)
        order(session, contact_id, 2, now)
    drain_events()
    drain_events()  # the entering is an event of its own
    assert members(outer) == members(inner) == {contact_id}


@pytest.mark.spec("U13")
def test_an_excluded_segment_keeps_its_people_out(house: None, now: datetime) -> None:
    one, other = someone(), someone()
    hand = make(now, draft("Not these", kind=SegmentKind.STATIC))
    with transaction() as session:
        service.add_members(session, ADMIN, segment_id=hand.id, contact_ids=[one], now=now)
    segment = make(now, draft("All but", in_city("تهران"), excludes=(hand.id,)))
    assert members(segment) == {other}
    with transaction() as session:
        service.add_members(session, ADMIN, segment_id=hand.id, contact_ids=[other], now=now)
        service.remove_members(session, ADMIN, segment_id=hand.id, contact_ids=[one], now=now)
    drain_events()
    assert members(segment) == {one}


def test_a_snapshot_keeps_who_was_in(house: None, now: datetime) -> None:
    contact_id = someone()
    segment = make(now, draft("Moving", in_city("تهران")))
    with transaction() as session:
        frozen = service.snapshot(session, ADMIN, segment_id=segment.id, name="Then", now=now)
    with transaction() as session:
        found = session.get(Contact, contact_id)
        assert found is not None
        found.city = "قم"
        session.add(found)
    assert (members(segment), members(frozen)) == (set(), {contact_id})
    assert kept(frozen).member_count == 1


def test_segments_may_not_ask_in_a_circle_nor_vanish_under_another(
    house: None, now: datetime
) -> None:
    one = make(now, draft("One", in_city("تهران")))
    two = make(now, draft("Two", member_of(one)))
    with transaction() as session, pytest.raises(Invalid, match=r"segment\.circle"):
        service.change(session, ADMIN, segment_id=one.id, seen_version=1,
                       draft=draft("One", member_of(two)), now=now)  # fmt: skip
    with transaction() as session, pytest.raises(Conflict, match=r"segment\.in_use"):
        service.archive(session, ADMIN, segment_id=one.id, now=now)
    with transaction() as session, pytest.raises(Invalid, match=r"filter\.segment_missing"):
        service.create(session, ADMIN, draft=draft("X", {"node": "member", "segment_id": 99}),
                       now=now)  # fmt: skip


def test_whoever_saves_second_is_told(house: None, now: datetime) -> None:
    segment = make(now, draft("One"))
    with transaction() as session:
        service.change(session, ADMIN, segment_id=segment.id, seen_version=1,
                       draft=draft("One", in_city("قم")), now=now)  # fmt: skip
    with transaction() as session, pytest.raises(Conflict, match="changed_meanwhile"):
        service.change(session, ADMIN, segment_id=segment.id, seen_version=1,
                       draft=draft("One"), now=now)  # fmt: skip


@pytest.mark.spec("N13")
def test_why_not_says_the_line_and_nearly_lists_whom_it_keeps_out(
    house: None, now: datetime
) -> None:
    far, near = someone("شیراز"), someone("تهران", language="fa")
    segment = make(now, draft("Both", in_city("تهران"), BOUGHT_TWICE))
    with reading() as session:
        why = people.explain(session, ADMIN, segment_id=segment.id, contact_id=near, now=now)
        assert why.explanation.failing == why.explanation.decisive == ("0.1",)
        nothing = people.explain(session, ADMIN, segment_id=segment.id, contact_id=far, now=now)
        assert nothing.explanation.failing == ("0.0", "0.1")
        assert nothing.explanation.decisive == ()
        listed = people.nearly(session, ADMIN, segment_id=segment.id, now=now)
    assert [(one.person.id, one.path) for one in listed] == [(near, "1")]


@pytest.mark.spec("S44")
def test_a_preview_counts_and_shows_ten(house: None, now: datetime) -> None:
    for _ in range(12):
        someone()
    with reading() as session:
        seen = people.preview(session, ADMIN, draft=draft("", in_city("تهران")), now=now)
    assert (seen.count, len(seen.people)) == (12, 10)


@pytest.mark.spec("S93")
def test_a_seller_sees_only_people_they_look_after(house: None, now: datetime) -> None:
    grant = Grant(1, DepartmentKind.SALES, Role.SELLER)
    seller = Actor(kind="user", id=77, name="S", grants=(grant,))
    someone()
    segment = make(now, draft("All", in_city("تهران")))
    with transaction() as session:
        found = session.get(Segment, segment.id)
        assert found is not None
        found.department_id = None
        session.add(found)
    assert members(segment, seller) == set()
    with transaction() as session, pytest.raises((Forbidden, NotFound)):
        service.archive(session, seller, segment_id=segment.id, now=now)


@pytest.mark.spec("S43", "N13")
def test_what_is_kept_by_changes_equals_what_filling_anew_finds(house: None, now: datetime) -> None:
    with transaction() as session:
        crowd.prepare(session)
        infos = registry.catalogue(session).infos

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(
        st.lists(crowd.PEOPLE, min_size=2, max_size=4),
        st.lists(crowd.trees({key: one for key, one in infos.items() if not one.is_hidden}),
                 min_size=3, max_size=3),
    )  # fmt: skip
    def agree(drawn: list[dict[str, Any]], trees: list[dict[str, Any]]) -> None:
        with transaction() as session:
            crowd.empty_store(session)
            crowd.settle(session, [])
            made = [
                Segment(id=10 + n, public_id=f"p{n}", name="x", kind=SegmentKind.DYNAMIC, tree=tree)
                for n, tree in enumerate(trees)
            ]
            session.add_all(made)
        filling.fill_due(now=crowd.NOW, budget_s=60)
        with transaction() as session:
            contact_ids = crowd.settle_people(session, drawn)
            service.touch(session, contact_ids, now=crowd.NOW)
        by_change = [members(one) for one in made]
        with transaction() as session:
            service.recheck_all(session)
        filling.fill_due(now=crowd.NOW, budget_s=60)
        assert [members(one) for one in made] == by_change
        with reading() as session:
            for one, kept_ in zip(made, by_change, strict=True):
                asked = {i for i in contact_ids if people.is_member(
                    session, ADMIN, segment_id=one.id, contact_id=i, now=crowd.NOW)}  # fmt: skip
                assert asked == kept_

    agree()


def test_whatever_changes_a_person_moves_them_at_once(house: None, now: datetime) -> None:
    contact_id = someone("قم")
    segment = make(now, draft("Loyal", {"node": "field", "field": "contact.tags",
                                        "operator": "has_any", "value": ["loyal"]}))  # fmt: skip
    with transaction() as session:
        tag = Tag(name="Loyal", search_key="loyal")
        session.add(tag)
        session.flush()
        mark = ContactTag(contact_id=contact_id, tag_id=tag.id)
        session.add(mark)
    assert members(segment) == {contact_id}
    with transaction() as session:
        session.delete(mark)
    assert members(segment) == set()
    assert told("segment.left") == [contact_id]


def test_a_statement_over_many_people_has_segments_computed_anew(
    house: None, now: datetime
) -> None:
    contact_id = someone("قم")
    segment = make(now, draft("Tehran", in_city("تهران")))
    with transaction() as session:
        session.execute(update(Contact).values(city="تهران"))
    assert kept(segment).state is SegmentState.DUE
    assert filling.fill_due(now=now, budget_s=60)
    assert contact_id in members(segment)


def move_and_fail(contact_id: int) -> None:
    with transaction() as session:
        found = session.get(Contact, contact_id)
        assert found is not None
        found.city = "تهران"
        session.add(found)
        session.flush()
        raise RuntimeError


def test_what_is_undone_moves_nobody(house: None, now: datetime) -> None:
    contact_id = someone("قم")
    segment = make(now, draft("Tehran", in_city("تهران")))
    with pytest.raises(RuntimeError):
        move_and_fail(contact_id)
    assert members(segment) == set()


def mail(session: Session, contact_id: int, number: int, now: datetime) -> int:
    row = Message(
        public_id=f"m{number}", dedup_key=f"m{number}", status=MessageStatus.SENT,
        lane=Lane.BULK, klass=MessageClass.PROMOTIONAL, audience=Audience.EXTERNAL,
        contact_id=contact_id, due_at=now, sent_at=now + timedelta(hours=number),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


@pytest.mark.spec("S43")
def test_mails_in_a_row_that_nobody_opened_are_counted_from_the_newest(
    house: None, now: datetime
) -> None:
    contact_id = someone()
    line = {"node": "field", "field": "mail.unopened", "operator": "at_least", "value": 2}
    segment = make(now, draft("Unopened", line))
    with transaction() as session:
        mails = [mail(session, contact_id, number, now) for number in range(3)]
        service.touch(session, [contact_id], now=now)
    assert members(segment) == {contact_id}
    for number, expected in ((0, {contact_id}), (2, set())):
        with transaction() as session:
            record(session, Fact(name="mail.opened", source="t", dedup_key=f"o{number}",
                                 occurred_at=now + timedelta(days=9), contact_id=contact_id,
                                 subject_type="message", subject_id=mails[number]))  # fmt: skip
        drain_events()
        assert members(segment) == expected


def test_one_changed_person_has_no_segment_computed_anew(house: None, now: datetime) -> None:
    segment = make(now, draft("VIP", {"node": "field", "field": "contact.tags",
                                      "operator": "has_any", "value": ["VIP"]}))  # fmt: skip
    with transaction() as session:
        given = ContactInput(first_name="Sara", email="sara@example.com")
        made = card.add_person(session, ADMIN, given=given, now=now)
    with transaction() as session:
        card.set_tags(session, ADMIN, public_id=made.public_id, tags=["vip"], now=now)
    assert members(segment) == {made.id}
    with transaction() as session:
        card.add_email(session, ADMIN, public_id=made.public_id, email="s@example.com", now=now)
        card.set_tags(session, ADMIN, public_id=made.public_id, tags=[], now=now)
    assert members(segment) == set()
    assert kept(segment).state is SegmentState.READY


@pytest.mark.parametrize("value", ["VIP", "vip", "ViP"])
def test_a_tag_is_found_however_it_is_written_and_both_readings_say_so(
    house: None, now: datetime, value: str
) -> None:
    line = {"node": "field", "field": "contact.tags", "operator": "has_any", "value": [value]}
    segment = make(now, draft("VIP", line))
    contact_id = someone()
    with transaction() as session:
        mark = Tag(name="VIP", search_key=search_key("VIP"))
        session.add(mark)
        session.flush()
        session.add(ContactTag(contact_id=contact_id, tag_id=mark.id))
    assert members(segment) == {contact_id}
    with reading() as session:
        why = people.explain(session, ADMIN, segment_id=segment.id, contact_id=contact_id, now=now)
    assert why.explanation.holds


def test_an_address_that_is_suppressed_moves_whoever_has_it(house: None, now: datetime) -> None:
    line = {"node": "field", "field": "consent.address_suppressed", "operator": "yes"}
    segment = make(now, draft("Not written to", line))
    with transaction() as session:
        person = make_contact(session, "sara@example.com")
        address = contacts.primary_addresses(session, [person.id])[person.id]
    with transaction() as session:
        placed = consent.place(
            session, reason=SuppressionReason.HARD_BOUNCE, address_id=address.id, now=now
        )
    assert members(segment) == {person.id}
    with transaction() as session:
        consent.lift(session, ADMIN, suppression_id=placed.id, now=now)
    assert members(segment) == set()


def test_what_changes_while_a_segment_is_computed_has_it_computed_again(
    house: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_id = someone("قم")
    segment = make(now, draft("Tehran", in_city("تهران")))
    look = filling._differing

    def change_behind(session: Session, *args: Any, **more: Any) -> list[int]:
        found = look(session, *args, **more)
        monkeypatch.undo()
        with transaction() as other:
            other.execute(update(Contact).values(city="تهران"))
            service.recheck_all(other)
        return found

    with transaction() as session:
        service.recheck_all(session)
    monkeypatch.setattr(filling, "_differing", change_behind)
    assert filling.fill_due(now=now, budget_s=60)
    assert kept(segment).state is SegmentState.DUE
    assert filling.fill_due(now=now, budget_s=60)
    assert (members(segment), kept(segment).state) == ({contact_id}, SegmentState.READY)


@pytest.mark.spec("S43")
def test_mails_that_no_event_tells_of_are_counted_every_night(house: None, now: datetime) -> None:
    contact_id = someone()
    line = {"node": "field", "field": "mail.sent", "operator": "at_least", "value": 1}
    segment = make(now, draft("Written to", line))
    with transaction() as session:
        mail(session, contact_id, 1, now)
    assert members(segment) == set()
    midnight = kept(segment).next_at
    assert midnight == datetime.fromisoformat("2026-11-21T20:30:00+00:00")
    assert filling.fill_due(now=midnight, budget_s=60)
    assert members(segment) == {contact_id}


def test_a_seller_moves_only_people_they_look_after_by_hand(house: None, now: datetime) -> None:
    grant = Grant(1, DepartmentKind.SALES, Role.SELLER)
    with transaction() as session:
        user = make_user(session, "s", Role.SELLER, DepartmentKind.SALES)
        seller = Actor(kind="user", id=user.id, name="S", grants=(grant,))
    mine, other = someone(owner_id=user.id), someone()
    with transaction() as session:
        own = service.create(session, seller, draft=draft("Mine", kind=SegmentKind.STATIC), now=now)
        for done in (service.add_members, service.remove_members, service.add_members):
            count = done(session, seller, segment_id=own.id, contact_ids=[mine, other], now=now)
            assert count == 1
    assert members(own) == {mine}


def test_a_segment_of_another_department_cannot_be_frozen(house: None, now: datetime) -> None:
    with transaction() as session:
        own = department_id(session, DepartmentKind.MARKETING)
        other = department_id(session, DepartmentKind.SALES)
    grants = (Grant(own, DepartmentKind.MARKETING, Role.AUTHOR),
              Grant(other, DepartmentKind.SALES, Role.VIEWER))  # fmt: skip
    author = Actor(kind="user", id=None, name="A", grants=grants)
    theirs = make(now, draft("Theirs", department_id=other))
    with transaction() as session, pytest.raises(Forbidden):
        service.snapshot(session, author, segment_id=theirs.id, name="Copy", now=now)
    ours = make(now, draft("Ours", department_id=own))
    with transaction() as session:
        frozen = service.snapshot(session, author, segment_id=ours.id, name="Copy", now=now)
        assert frozen.department_id == own
