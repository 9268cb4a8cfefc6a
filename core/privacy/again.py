"""Erase anew whom an older backup brought back. Nothing else works on the store meanwhile."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Executable, update
from sqlmodel import Session, col, select

from core.access.terms import SYSTEM
from core.consent import erased
from core.consent.models import Suppression
from core.consent.terms import SuppressionReason
from core.contacts.models import Contact, ContactIdentity
from core.contacts.terms import ContactStatus, IdentityKind
from core.errors import Conflict
from core.messages.models import Message
from core.messages.terms import MessageStatus
from core.organisation import instance
from core.privacy import erased_log, erasing

AT_ONCE = 10_000


@dataclass(frozen=True)
class Left:
    """Somebody who was erased once and could not be this time: public id and code of the reason."""

    public_id: str
    code: str


@dataclass(frozen=True)
class Again:
    """How many people were erased anew, and who has to be looked at by a colleague."""

    count: int
    left: tuple[Left, ...] = ()


def is_due(session: Session) -> bool:
    """Return whether the store may hold somebody who was erased: it is a copy, or knows less."""
    listed = erased_log.read()
    if not listed.addresses and not listed.people:
        return False
    return not instance.may_send(session) or bool(listed.addresses - _kept_out(session))


def erase(session: Session, *, now: datetime) -> Again:
    """Erase whom the list names and the store holds; their addresses stay kept out, also unheld."""
    listed, count, left = erased_log.read(), 0, list[Left]()
    for number in _held(session, listed):
        person = session.get_one(Contact, number, populate_existing=True)
        if person.status is ContactStatus.ERASED:  # with somebody they were merged into
            continue
        try:
            with session.begin_nested():
                _let_go(session, number)
                erasing.forget(session, SYSTEM, person, now=now)
            count += 1
        except Conflict as fault:
            left.append(Left(person.public_id, fault.code))
    _keep_out(session, listed.addresses - _kept_out(session), now=now)
    return Again(count, tuple(left))


def _held(session: Session, listed: erased_log.Listed) -> list[int]:
    """Return the people of the store who are named by an address or by their number."""
    addresses = select(ContactIdentity.contact_id, ContactIdentity.normalised).where(
        ContactIdentity.kind == IdentityKind.EMAIL
    )
    people = select(Contact.id, Contact.public_id).where(
        col(Contact.status) != ContactStatus.ERASED
    )
    found = [*_marked(session, addresses, listed.addresses),
             *_marked(session, people, listed.people)]  # fmt: skip
    return list(dict.fromkeys(found))


def _marked(session: Session, statement: Executable, wanted: set[str]) -> Iterator[int]:
    if not wanted:
        return
    marks_of = erased.marker()
    rows = session.execute(statement, execution_options={"yield_per": AT_ONCE})
    for number, text in rows:
        if not wanted.isdisjoint(marks_of(text)):
            yield number


def _let_go(session: Session, number: int) -> None:
    """A mail that was leaving when the backup was made is nobody's now: it is in doubt."""
    mine = col(Message.contact_id) == number, col(Message.status) == MessageStatus.SENDING
    session.execute(update(Message).where(*mine).values(status=MessageStatus.IN_DOUBT))


def _kept_out(session: Session) -> set[str]:
    statement = select(Suppression.address_hash).where(col(Suppression.address_hash).is_not(None))
    return {one for one in session.exec(statement) if one}


def _keep_out(session: Session, marks: Collection[str], *, now: datetime) -> None:
    session.add_all(
        Suppression(address_hash=one, reason=SuppressionReason.ERASED, placed_at=now)
        for one in marks
    )
    session.flush()
