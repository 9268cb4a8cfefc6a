"""Requests of people as colleagues see them: which are open, until when, and what is decided."""

from datetime import datetime

from sqlmodel import Session, col, select

from core.access.service import may, verb
from core.access.terms import SYSTEM, Actor, Permission
from core.audit import service as audit
from core.contacts import reach
from core.contacts.listing import name_of
from core.contacts.models import Contact
from core.errors import Invalid, NotFound
from core.i18n.text import stored
from core.messages import service as messages
from core.messages.terms import Lane, MessageRequest
from core.privacy import erasing
from core.privacy.models import Erasure, PrivacyRequest
from core.privacy.terms import RequestLine, RequestState

LATEST = 20
REASON_LIMIT = 500
DECLINED_MAIL = "privacy_declined"


@verb(Permission.SETTINGS_VIEW, audit=None)
def list_requests(session: Session, actor: Actor, *, now: datetime) -> list[RequestLine]:
    """Return every request that waits, the most urgent first, then the latest of the others."""
    rows = select(PrivacyRequest)
    waits = col(PrivacyRequest.state) == RequestState.WAITING
    open_ones = session.exec(rows.where(waits).order_by(col(PrivacyRequest.due_at))).all()
    others = session.exec(
        rows.where(~waits).order_by(col(PrivacyRequest.id).desc()).limit(LATEST)
    ).all()
    found = [*open_ones, *others]
    people = _seen(session, actor, {one.contact_id for one in found if one.contact_id})
    return [_line(one, people.get(one.contact_id or 0), now=now) for one in found]


@verb(Permission.CONTACT_ERASE, audit="contact.erased")
def approve(session: Session, actor: Actor, *, request_id: int, now: datetime) -> Erasure:
    """Return the note that somebody was erased, as they had asked.

    Raises:
        NotFound: "privacy.request_missing" where it does not wait (any more).
        Conflict: As `erasing.erase`.
    """
    _, person = _waiting(session, actor, request_id)
    return erasing.forget(session, actor, person, now=now)


@verb(Permission.CONTACT_ERASE, audit="privacy.request_declined")
def decline(session: Session, actor: Actor, *, request_id: int, reason: str, now: datetime) -> None:
    """Leave the person as they are, and have a mail tell them why.

    Raises:
        Invalid: "privacy.reason".
        NotFound: "privacy.request_missing".
    """
    said = stored(reason).strip()
    if not 1 <= len(said) <= REASON_LIMIT:
        raise Invalid("privacy.reason", field="reason", limit=REASON_LIMIT)
    found, person = _waiting(session, actor, request_id)
    found.state, found.settled_at, found.by_name = RequestState.DECLINED, now, actor.name[:80]
    session.flush()
    request = MessageRequest(
        contact_id=person.id,
        dedup_key=f"privacy-declined:{found.reference}",
        template_key=DECLINED_MAIL,
        values={"reason": said},
        lane=Lane.URGENT,
    )
    messages.queue(session, SYSTEM, request, now=now)
    audit.record(session, actor, "privacy.request_declined", now=now, subject=found,
                 contact_id=person.id, name=found.reference, reason=said)  # fmt: skip


def _waiting(session: Session, actor: Actor, request_id: int) -> tuple[PrivacyRequest, Contact]:
    found = session.get(PrivacyRequest, request_id, with_for_update=True, populate_existing=True)
    person = session.get(Contact, found.contact_id) if found and found.contact_id else None
    if found is None or person is None or found.state is not RequestState.WAITING:
        raise NotFound("privacy.request_missing")
    reach.require_person(actor, Permission.CONTACT_ERASE, person)
    return found, person


def _seen(session: Session, actor: Actor, ids: set[int]) -> dict[int, Contact]:
    """Return those of the people whom the actor may see."""
    if not may(actor, Permission.CONTACT_VIEW):
        return {}
    mine = reach.conditions(actor, Permission.CONTACT_VIEW)
    found = session.exec(select(Contact).where(col(Contact.id).in_(ids), *mine))
    return {one.id: one for one in found}


def _line(row: PrivacyRequest, person: Contact | None, *, now: datetime) -> RequestLine:
    is_over = row.state is RequestState.ASKED and row.expires_at <= now
    return RequestLine(
        id=row.id,
        reference=row.reference,
        wish=row.wish,
        state=RequestState.LAPSED if is_over else row.state,
        asked_at=row.asked_at,
        due_at=row.due_at,
        settled_at=row.settled_at,
        is_late=row.state is RequestState.WAITING and row.due_at < now,
        by_name=row.by_name,
        person=person.public_id if person else "",
        name=(name_of(person) or person.public_id) if person else "",
    )
