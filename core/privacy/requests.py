"""What people ask for themselves: a copy of all that is known of them, or to be forgotten.

The mail holds a link that works once; its page does nothing until somebody presses the button.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, select

from core import ids, signing
from core.access.terms import SYSTEM, Actor
from core.accounts.links import sealed_link
from core.audit import service as audit
from core.consent import policy
from core.contacts.models import Contact
from core.contacts.terms import ContactKind
from core.errors import NotFound
from core.forms import limits
from core.messages import service as messages
from core.messages.terms import Lane, MessageRequest
from core.privacy import copying, erasing
from core.privacy.models import PrivacyRequest
from core.privacy.terms import PersonCopy, RequestState, Wish

LINK_HOURS = 24
HOUR = timedelta(hours=1)
MAILS: Mapping[Wish, str] = {Wish.COPY: "privacy_copy", Wish.ERASURE: "privacy_erasure"}
_ROWS = PrivacyRequest


def ask(session: Session, person: Contact, wish: Wish, *, now: datetime) -> None:
    """Queue a mail with a link that carries the wish out; at most one an hour.

    Links of earlier mails for the same wish stop working.
    """
    if not limits.allows(session, f"privacy-{wish}", str(person.id), limit=1, window=HOUR, now=now):
        return
    _move(session, col(_ROWS.contact_id) == person.id, col(_ROWS.wish) == wish,
          become=RequestState.LAPSED, now=now)  # fmt: skip
    link = sealed_link(wish.value, contact_id=person.id)
    expires_at = now + timedelta(hours=LINK_HOURS)
    made = PrivacyRequest(
        reference=ids.public_id("prq", now),
        contact_id=person.id,
        wish=wish,
        state=RequestState.ASKED,
        hash=signing.digest(link.secret),
        asked_at=now,
        expires_at=expires_at,
        due_at=now + timedelta(days=policy.in_force(session).answer_days),
    )
    session.add(made)
    session.flush()
    request = MessageRequest(
        contact_id=person.id,
        dedup_key=f"privacy:{made.reference}",
        template_key=MAILS[wish],
        values={"hours": LINK_HOURS, "links": {"page": link.sealed}},
        lane=Lane.URGENT,
        expires_at=expires_at,
    )
    messages.queue(session, SYSTEM, request, now=now)


def asked_by(session: Session, secret: str, wish: Wish, *, now: datetime) -> Contact | None:
    """Return whose wish a link carries out; None where it is wrong, used or too old."""
    statement = select(Contact).join(_ROWS, col(_ROWS.contact_id) == col(Contact.id))
    found = session.exec(statement.where(*_usable(secret, wish, now=now))).first()
    return found if found is not None and found.erased_at is None else None


def waits(session: Session, person: Contact) -> bool:
    """Return whether a colleague carries out this person's erasure; always where they work here."""
    return policy.in_force(session).erasure_waits or person.kind is ContactKind.EMPLOYEE


def take_copy(session: Session, secret: str, *, now: datetime) -> PersonCopy:
    """Return the copy and use the link up; raises NotFound "link.dead"."""
    person = _claimed(session, secret, Wish.COPY, become=RequestState.DONE, now=now)
    made = copying.copy_for(session, person, now=now)
    audit.record(session, _oneself(person), "contact.copied", now=now, subject=person,
                 contact_id=person.id, after={"rows": sum(made.counts.values())})  # fmt: skip
    return made


def have_erased(session: Session, secret: str, *, now: datetime) -> RequestState:
    """Return DONE once the person is forgotten, or WAITING where a colleague has to agree.

    Raises:
        NotFound: "link.dead".
        Conflict: As `erasing.erase`; the link works again afterwards.
    """
    person = _claimed(session, secret, Wish.ERASURE, become=RequestState.WAITING, now=now)
    if waits(session, person):
        return RequestState.WAITING
    erasing.forget(session, _oneself(person), person, now=now)
    return RequestState.DONE


def _claimed(
    session: Session, secret: str, wish: Wish, *, become: RequestState, now: datetime
) -> Contact:
    person = asked_by(session, secret, wish, now=now)
    usable = _usable(secret, wish, now=now)
    if person is None or not _move(session, *usable, become=become, now=now):
        raise NotFound("link.dead")
    return person


def _usable(secret: str, wish: Wish, *, now: datetime) -> Collection[ColumnElement[bool]]:
    return (col(_ROWS.hash) == signing.digest(secret), col(_ROWS.wish) == wish,
            col(_ROWS.state) == RequestState.ASKED, col(_ROWS.expires_at) > now)  # fmt: skip


def _move(
    session: Session, *where: ColumnElement[bool], become: RequestState, now: datetime
) -> bool:
    """Return whether a request that nobody has answered came to stand so."""
    settled_at = None if become is RequestState.WAITING else now
    moving = update(_ROWS).where(*where, col(_ROWS.state) == RequestState.ASKED)
    done = session.execute(moving.values(state=become, settled_at=settled_at))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _oneself(person: Contact) -> Actor:
    """Return the person as who acts; the log names neither them nor where they came from."""
    return Actor(kind="contact", id=None, name="person", contact_id=person.id)
