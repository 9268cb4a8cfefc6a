"""Visitors of a site: nobody's until they are known, then one of the people."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from sqlmodel import Session, col, select

from core.contacts import queries
from core.contacts.models import Contact, ContactIdentity
from core.contacts.terms import IdentityKind
from core.errors import Conflict, Invalid
from core.events import queries as events
from core.events.models import Event
from core.events.service import Fact, record

RECOGNISED = "contact.recognised"
ID_MOST = 64


def checked(text: str) -> str:
    """Return the anonymous id. Raises Invalid "event.bad_visitor" for what can be none."""
    if len(text) > ID_MOST or not text.isascii() or not text.isprintable() or " " in text:
        raise Invalid("event.bad_visitor", field="anonymous_id", limit=ID_MOST)
    return text


def meet(session: Session, contact: Contact, *, anonymous_id: str, now: datetime) -> None:
    """Let the visitor be this person, unless they are not tracked, or the visitor is another."""
    if not contact.is_tracked or not anonymous_id:
        return
    with suppress(Conflict):  # never told to a browser
        recognise(session, contact, anonymous_id=anonymous_id, now=now)


def recognise(session: Session, contact: Contact, *, anonymous_id: str, now: datetime) -> int:
    """Let the visitor be this person from now on; return how many earlier events became theirs.

    Raises:
        Conflict: "event.visitor_taken" where the visitor is somebody else already: whether two
            people are one is for a colleague to say.
    """
    known = queries.identity(session, IdentityKind.COOKIE, anonymous_id)
    if known is not None and known.contact_id != contact.id:
        raise Conflict("event.visitor_taken", field="anonymous_id")
    if known is None:
        session.add(
            ContactIdentity(
                contact_id=contact.id,
                kind=IdentityKind.COOKIE,
                raw=anonymous_id,
                normalised=anonymous_id,
                is_primary=False,
            )
        )
        session.flush()
    joined = events.join_visitor(session, anonymous_id, contact_id=contact.id)
    if known is None or joined:
        _tell(session, contact, anonymous_id, joined=joined, now=now)
    return joined


def settle(session: Session, found: Sequence[Event]) -> None:
    """Give events of visitors who became known meanwhile to the people they are."""
    nobody = {one.anonymous_id for one in found if one.contact_id is None} - {None}
    if not nobody:
        return
    statement = select(ContactIdentity.normalised, ContactIdentity.contact_id).where(
        ContactIdentity.kind == IdentityKind.COOKIE,
        ContactIdentity.source == "",
        col(ContactIdentity.normalised).in_(nobody),
    )
    known = dict(session.exec(statement).all())
    for event in found:
        if event.contact_id is None and event.anonymous_id in known:
            event.contact_id = known[event.anonymous_id]
            session.add(event)


def _tell(
    session: Session, contact: Contact, anonymous_id: str, *, joined: int, now: datetime
) -> None:
    """Have segments look at the person again: they did more than was known."""
    fact = Fact(
        name=RECOGNISED,
        source="visitors",
        dedup_key=f"{anonymous_id}:{now.isoformat()}",
        occurred_at=now,
        contact_id=contact.id,
        properties={"joined": joined},
    )
    record(session, fact)
