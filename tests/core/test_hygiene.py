"""List hygiene: whom a finding shows, what an act does, and that it leaves no trace when undone."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, delete, select

from core.access.terms import DepartmentKind, Role
from core.audience import hygiene
from core.audience.hygiene import Cleaning, Deed, Finding
from core.consent.models import BlockedDomain, Suppression
from core.contacts import listing
from core.contacts.models import Address, Contact, ContactTag
from core.contacts.terms import Audience, ChangeKind, ContactKind, ContactLine, ContactStatus
from core.db import reading, transaction
from core.errors import Conflict, Forbidden
from core.events.models import Event
from core.events.service import Fact, record
from core.messages.models import Message
from core.messages.terms import Lane, MessageStatus
from core.templates.terms import MessageClass
from tests.support.cast import (
    actor_of,
    administrator,
    make_contact,
    make_organisation,
    make_user,
)

ADMIN = administrator()
WHO = {
    Finding.BOUNCED: {"gone@example.com"},
    Finding.ROLE: {"info@example.com"},
    Finding.UNMOVED: {"silent@example.com"},
    Finding.DOMAIN: {"x@mailinator.com", "y@blocked.example"},
}


def write_to(session: Session, person: Contact, *, count: int, now: datetime) -> None:
    for number in range(count):
        at = now - timedelta(days=number + 1)
        session.add(
            Message(
                public_id=f"m{person.id}-{number}", dedup_key=f"m{person.id}-{number}",
                status=MessageStatus.SENT, lane=Lane.NORMAL, klass=MessageClass.PROMOTIONAL,
                audience=Audience.EXTERNAL, contact_id=person.id, due_at=at, sent_at=at,
                created_at=at,
            )
        )  # fmt: skip


@pytest.fixture
def house(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session, now=now)
        meant = sorted(set().union(*WHO.values()))
        for email in ("good@example.com", "informed@example.com", *meant):
            make_contact(session, email)
        make_contact(session, "sales@example.com", kind=ContactKind.EMPLOYEE)
        session.add(BlockedDomain(domain="blocked.example"))
        gone = session.exec(select(Address).where(Address.normalised == "gone@example.com")).one()
        gone.hard_bounced_at = now
        named = {one.email: one.id for one in _everybody(session)}
        silent = session.get_one(Contact, named["silent@example.com"])
        buyer = make_contact(session, "buyer@example.com")
        reader = make_contact(session, "reader@example.com")
        few = make_contact(session, "few@example.com")
        for person in (silent, buyer, reader):
            write_to(session, person, count=5, now=now)
        write_to(session, few, count=4, now=now)
        record(session, Fact(name="order.placed", source="shop", dedup_key="o1", occurred_at=now,
                             contact_id=buyer.id))  # fmt: skip
        record(session, Fact(name="mail.opened", source="mail", dedup_key="r1", occurred_at=now,
                             contact_id=reader.id))  # fmt: skip


def _everybody(session: Session) -> list[ContactLine]:
    ids = session.exec(select(Contact.id).where(Contact.kind != ContactKind.EMPLOYEE)).all()
    return listing.lines(session, ids)


def shown(finding: Finding, now: datetime) -> set[str]:
    with reading() as session:
        found = hygiene.samples(session, ADMIN, finding=finding, now=now)
        counts = {one.finding: one.count for one in hygiene.findings(session, ADMIN, now=now)}
    assert counts[finding] == len(found)
    return {one.email for one in found}


@pytest.mark.spec("S84")
@pytest.mark.parametrize("deed", Deed)
@pytest.mark.usefixtures("house")
def test_a_finding_shows_whom_it_means_and_an_act_on_them_can_be_taken_back(
    deed: Deed, now: datetime
) -> None:
    number = 0
    for finding, emails in WHO.items():
        assert shown(finding, now) == emails
        with transaction() as session:
            made = hygiene.act(
                session, ADMIN, given=Cleaning(finding=finding, deed=deed, tag="Tidy"), now=now
            )
            assert (made.kind, made.count) == (ChangeKind.HYGIENE, len(emails))
            number = made.id
        assert shown(finding, now) == (emails if deed is Deed.TAG else set())
        with transaction() as session:
            hygiene.undo(session, ADMIN, change_set_id=number, now=now)
        assert shown(finding, now) == emails
    with transaction() as session:
        assert not session.exec(select(ContactTag)).all()
        assert all(one.lifted_at for one in session.exec(select(Suppression)).all())
        disabled = select(Contact).where(Contact.status == ContactStatus.DISABLED)
        assert not session.exec(disabled).all()
        assert not hygiene.latest(session, ADMIN)
        with pytest.raises(Conflict):
            hygiene.undo(session, ADMIN, change_set_id=number, now=now)


@pytest.mark.usefixtures("house")
def test_only_the_chosen_people_of_the_finding_are_touched(now: datetime) -> None:
    with transaction() as session:
        chosen = [one.public_id for one in _everybody(session)
                  if one.email in {"x@mailinator.com", "good@example.com"}]  # fmt: skip
        given = Cleaning(finding=Finding.DOMAIN, deed=Deed.SUPPRESS, public_ids=chosen)
        made = hygiene.act(session, ADMIN, given=given, now=now)
        assert made.count == 1
    assert shown(Finding.DOMAIN, now) == {"y@blocked.example"}


@pytest.mark.usefixtures("house")
def test_a_seller_who_reaches_only_their_own_people_may_not_clean_the_list(now: datetime) -> None:
    with transaction() as session:
        seller = actor_of(session, make_user(session, "omid", Role.SELLER, DepartmentKind.SALES))
        given = Cleaning(finding=Finding.ROLE, deed=Deed.SUPPRESS)
        with pytest.raises(Forbidden):
            hygiene.act(session, seller, given=given, now=now)


@pytest.mark.usefixtures("house")
def test_nobody_is_called_silent_where_no_reaction_is_recorded_at_all(now: datetime) -> None:
    with transaction() as session:
        session.exec(delete(Event).where(col(Event.name) == "mail.opened"))
    assert shown(Finding.UNMOVED, now) == set()
