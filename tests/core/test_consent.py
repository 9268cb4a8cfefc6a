"""Consent that can be proven: topics and their words, sealed steps, the ledger, suppressions."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from core.access.terms import Actor, DepartmentKind, Grant, Role
from core.consent import domains, ledger, queries, service, suppressed, topics, wishes
from core.consent.models import ConsentEvent, ConsentText, Topic
from core.consent.rules import judged
from core.consent.sealing import verify
from core.consent.terms import (
    ConsentState,
    ConsentStep,
    DomainVerdict,
    SuppressionReason,
    TopicInput,
    TopicRule,
    Wishes,
)
from core.contacts.models import Contact
from core.db import reading, transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events.models import Event
from tests.support.cast import administrator, make_contact, make_organisation

pytestmark = pytest.mark.usefixtures("store")
ADMIN = administrator()
C = ConsentState


def given(name: str = "Offers", **more: object) -> TopicInput:
    names = {"en": name, "fa": "پیشنهادها"}
    promises = {"en": "One mail a week", "fa": "هفته‌ای یک ایمیل"}
    return TopicInput(**{"names": names, "promises": promises, **more})  # type: ignore[arg-type]


@pytest.fixture
def world(store: str, now: datetime) -> tuple[int, int]:
    """A topic and a person: their ids."""
    with transaction() as session:
        make_organisation(session)
        topic = topics.create_topic(session, ADMIN, given=given(), now=now)
        return topic.id, make_contact(session, "sara@example.com").id


def note(session: Session, world: tuple[int, int], state: C, now: datetime, **more: object) -> None:
    service.note_consent(
        session, contact_id=world[1], topic_id=world[0], state=state, source="test", now=now,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.spec("U01", "S83")
def test_other_words_are_a_new_version_and_the_old_ones_stay(
    world: tuple[int, int], now: datetime
) -> None:
    with transaction() as session:
        topic = session.get_one(Topic, world[0])
        same = given(is_public=True)
        topics.change_topic(session, ADMIN, topic_id=topic.id, seen_version=1, given=same, now=now)
        assert topic.text_version == 1
        other = given("News")
        topics.change_topic(session, ADMIN, topic_id=topic.id, seen_version=2, given=other, now=now)
        assert topic.text_version == 2
    with reading() as session:
        kept = session.exec(select(ConsentText)).all()
        assert [one.texts["en"] for one in kept] == ["Offers: One mail a week",
                                                      "News: One mail a week"]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"names": {}}, "topic.no_name"),
        ({"names": {"fa": " "}}, "topic.no_name"),
        ({"promises": {}, "is_public": True}, "topic.no_promise"),
        ({"names": {"en": "x" * 81}}, "topic.too_long"),
    ],
)
def test_a_topic_needs_a_name_and_a_public_one_a_promise(
    world: tuple[int, int], now: datetime, wrong: dict[str, object], code: str
) -> None:
    with transaction() as session, pytest.raises(Invalid, match=code):
        topics.create_topic(session, ADMIN, given=given(**wrong), now=now)


def test_a_topic_is_changed_on_what_was_seen_only(world: tuple[int, int], now: datetime) -> None:
    with transaction() as session:
        topics.archive_topic(session, ADMIN, topic_id=world[0], seen_version=1, now=now)
        with pytest.raises(Conflict):
            topics.restore_topic(session, ADMIN, topic_id=world[0], seen_version=1, now=now)
        assert queries.offered_topics(session) == []
        topics.restore_topic(session, ADMIN, topic_id=world[0], seen_version=2, now=now)
        assert len(queries.offered_topics(session)) == 1


@pytest.mark.spec("U02", "S82")
def test_the_newest_step_is_where_somebody_stands_and_events_tell_of_it(
    world: tuple[int, int], now: datetime
) -> None:
    with transaction() as session:
        note(session, world, C.UNCONFIRMED, now, text_version=1, ip="198.51.100.1")
        note(session, world, C.CONFIRMED, now + timedelta(minutes=1), text_version=1)
    with reading() as session:
        pair = (world[1], world[0])
        assert queries.consent_states(session, [pair]) == {pair: C.CONFIRMED}
        names = session.exec(select(Event.name).where(Event.source == "consent")).all()
        assert names == ["consent.unconfirmed", "consent.confirmed"]
        told = ledger.consent_of(session, ADMIN, contact_id=world[1])
    assert told.is_sound
    assert [line.state for line in told.lines] == [C.CONFIRMED, C.UNCONFIRMED]
    assert told.lines[1].text["en"] == "Offers: One mail a week"
    assert (told.lines[1].text_version, told.lines[1].ip) == ("1", "198.51.100.1")


def test_many_steps_at_once_are_sealed_in_their_order(
    world: tuple[int, int], now: datetime
) -> None:
    with transaction() as session:
        people = [world[1], *(make_contact(session, f"p{n}@example.com").id for n in range(3))]
        steps = [
            ConsentStep(
                contact_id=person, topic_id=world[0], state=state, source="import:1", at=now
            )
            for state in (C.UNCONFIRMED, C.CONFIRMED, C.UNSUBSCRIBED)
            for person in people
        ]
        service.note_many(session, steps, now=now)
        service.note_many(session, steps[:4], now=now)
    with reading() as session:
        report = verify(session)
        assert (report.row_count, report.is_sound) == (16, True)
        states = queries.consent_states(session, [(one, world[0]) for one in people])
        assert set(states.values()) == {C.UNCONFIRMED}
        assert session.exec(select(Event).where(Event.source == "consent")).all() == []


@pytest.mark.spec("N26")
@pytest.mark.parametrize(
    "change",
    ["SET at = '2020-01-01 00:00:00'", "SET state = 'confirmed'", "SET source = 'form:1'",
     "SET ip = '10.0.0.1'", "SET text_version = '9'"],
)  # fmt: skip
def test_an_altered_row_is_named(world: tuple[int, int], now: datetime, change: str) -> None:
    with transaction() as session:
        for state in (C.UNCONFIRMED, C.UNSUBSCRIBED, C.CONFIRMED):
            note(session, world, state, now)
    with transaction() as session:
        second = session.exec(select(ConsentEvent.id).order_by(ConsentEvent.id)).all()[1]  # type: ignore[arg-type]
        unlock(session)
        session.execute(text(f"UPDATE consent_event {change} WHERE id = {second}"))
    with reading() as session:
        report = verify(session)
        assert [one.event_id for one in report.broken] == [second]
        assert not ledger.consent_of(session, ADMIN, contact_id=world[1]).is_sound


@pytest.mark.spec("N26")
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_missing_row_is_noticed_wherever_it_stood(
    world: tuple[int, int], now: datetime, place: int
) -> None:
    with transaction() as session:
        for state in (C.UNCONFIRMED, C.CONFIRMED, C.UNSUBSCRIBED):
            note(session, world, state, now)
    with transaction() as session:
        ids = session.exec(select(ConsentEvent.id).order_by(ConsentEvent.id)).all()  # type: ignore[arg-type]
        unlock(session)
        session.execute(text("DELETE FROM consent_event WHERE id = :id"), {"id": ids[place]})
    with reading() as session:
        assert not verify(session).is_sound


def unlock(session: Session) -> None:
    """What somebody with full rights on the store can do."""
    names = ("no_update", "no_delete")
    on = "" if session.get_bind().dialect.name == "sqlite" else " ON consent_event"
    for name in names:
        session.execute(text(f"DROP TRIGGER consent_event_{name}{on}"))


@pytest.mark.spec("N26")
@pytest.mark.parametrize(
    "act",
    ["UPDATE consent_event SET state = 'confirmed'", "DELETE FROM consent_event",
     "UPDATE consent_event SET seal = ''"],
)  # fmt: skip
def test_the_store_refuses_to_change_the_ledger(
    world: tuple[int, int], now: datetime, act: str
) -> None:
    with transaction() as session:
        note(session, world, C.CONFIRMED, now)
    with pytest.raises(DBAPIError, match="append-only"), transaction() as session:
        session.execute(text(act))


def test_a_persons_steps_go_with_the_person(world: tuple[int, int], now: datetime) -> None:
    with transaction() as session:
        note(session, world, C.CONFIRMED, now)
        session.delete(session.get_one(Contact, world[1]))
    with reading() as session:
        assert session.exec(select(ConsentEvent)).all() == []
        assert verify(session).is_sound


def test_a_seller_reads_the_consent_of_their_own_people_only(
    world: tuple[int, int], now: datetime
) -> None:
    seller = Actor(
        kind="user", id=7, name="x", grants=(Grant(1, DepartmentKind.SALES, Role.SELLER),)
    )
    with transaction() as session:
        service.suppress_contact(session, ADMIN, contact_id=world[1], now=now)
        with pytest.raises(Forbidden):
            ledger.consent_of(session, seller, contact_id=world[1])
        assert suppressed.list_suppressions(session, seller).total == 0


@pytest.mark.spec("U01", "U07")
def test_the_suppression_list_is_searched_by_name_and_address_and_lifted_with_a_trace(
    world: tuple[int, int], now: datetime
) -> None:
    with transaction() as session:
        make_contact(session, "ali_100@example.com", first_name="علي", last_name="موسوی")
        placed = service.suppress_contact(
            session, ADMIN, contact_id=world[1], note="asked", now=now
        )
        service.suppress_address(session, ADMIN, email="ali_100@example.com", now=now)
        with pytest.raises(NotFound):
            service.suppress_address(session, ADMIN, email="who@example.com", now=now)

        def found(**more: object) -> list[tuple[str, str]]:
            page = suppressed.list_suppressions(session, ADMIN, **more)
            assert page.total == len(page.lines)
            return [(line.person, line.address) for line in page.lines]

        ali, sara = ("علي موسوی", "ali_100@example.com"), ("Sara Ahmadi", "sara@example.com")
        assert found() == [ali, sara]
        assert found(text="علی") == [ali]
        assert found(text="ALI_1") == [ali]
        assert found(text="%") == []
        assert found(reasons=(SuppressionReason.HARD_BOUNCE,)) == []
        service.lift(session, ADMIN, suppression_id=placed.id, note="a mistake", now=now)
        assert found() == [ali]
        with pytest.raises(NotFound):
            service.lift(session, ADMIN, suppression_id=placed.id, now=now)


@pytest.mark.spec("U09")
def test_a_blocked_domain_covers_what_lies_in_it(store: str, now: datetime) -> None:
    with transaction() as session:
        made = domains.block(session, ADMIN, domain="@Example.COM ", now=now)
        assert verdict(session, "mail.example.com") is DomainVerdict.BLOCKED
        assert verdict(session, "notexample.com") is DomainVerdict.TAKE
        with pytest.raises(Conflict):
            domains.block(session, ADMIN, domain="example.com", now=now)
        with pytest.raises(Invalid):
            domains.block(session, ADMIN, domain="no domain", now=now)
        domains.unblock(session, ADMIN, domain_id=made.id, now=now)
        assert verdict(session, "example.com") is DomainVerdict.TAKE


def verdict(session: Session, domain: str) -> DomainVerdict:
    return judged(domain, domains.lists(session))


@pytest.mark.spec("U03", "U04")
def test_choices_follow_the_rule_of_the_topic(world: tuple[int, int], now: datetime) -> None:
    with transaction() as session:
        out = topics.create_topic(
            session, ADMIN, given=given("News", rule=TopicRule.OPT_OUT), now=now
        )

        def on() -> list[bool]:
            return [one.is_on for one in wishes.choices(session, world[1])]

        def choose(*ids: int) -> None:
            wishes.choose(session, world[1], ids, ip="198.51.100.1", now=now)

        assert on() == [False, True]
        choose(out.id)
        assert session.exec(select(ConsentEvent)).all() == []
        choose(world[0], out.id)
        assert on() == [True, True]
        choose(world[0])
        assert on() == [True, False]
        wishes.leave_all(session, world[1], source="link", ip=None, now=now)
        wishes.leave_all(session, world[1], source="link", ip=None, now=now)
        assert on() == [False, False]
        assert wishes.is_gone(session, world[1])
        choose(out.id)
        assert on() == [False, True]
        assert not wishes.is_gone(session, world[1])
        assert verify(session).is_sound


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (Wishes(paused_until=datetime.fromisoformat("2026-11-20T00:00+00:00")), "pause_past"),
        (Wishes(paused_until=datetime.fromisoformat("2029-11-20T00:00+00:00")), "pause_long"),
        (Wishes(at_most=0, window_s=86400), "at_most"),
    ],
)
def test_wishes_that_make_no_sense_are_refused(
    world: tuple[int, int], now: datetime, wish: Wishes, code: str
) -> None:
    with transaction() as session, pytest.raises(Invalid, match=code):
        wishes.set_wishes(session, world[1], wish, now=now)
