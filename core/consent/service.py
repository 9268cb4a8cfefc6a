"""Verbs of consent: suppress, lift, note a yes or a withdrawal."""

from datetime import datetime

from sqlmodel import Session

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.consent import queries
from core.consent.models import ConsentEvent, Suppression
from core.consent.terms import ConsentState, SuppressionReason
from core.contacts import queries as contacts
from core.errors import NotFound


@verb(Permission.CONTACT_EDIT, audit="contact.suppressed")
def suppress_contact(
    session: Session, actor: Actor, *, contact_id: int, note: str = "", now: datetime
) -> Suppression:
    """Keep relationship and promotional mail from this person until somebody lifts it."""
    if contacts.contact(session, contact_id) is None:
        raise NotFound("contact.missing")
    placed = place(
        session, reason=SuppressionReason.MANUAL, contact_id=contact_id, note=note, now=now
    )
    audit.record(
        session, actor, "contact.suppressed", now=now, subject=placed, contact_id=contact_id,
        reason=note or None,
    )  # fmt: skip
    return placed


@verb(Permission.CONTACT_EDIT, audit="contact.suppression_lifted")
def lift(session: Session, actor: Actor, *, suppression_id: int, now: datetime) -> None:
    """End a suppression, whatever its reason; the audit log says who did."""
    found = session.get(Suppression, suppression_id)
    if found is None or found.lifted_at is not None:
        raise NotFound("suppression.missing")
    found.lifted_at = now
    audit.record(
        session, actor, "contact.suppression_lifted", now=now, subject=found,
        contact_id=found.contact_id, before={"reason": found.reason.value},
    )  # fmt: skip


def place(
    session: Session,
    *,
    reason: SuppressionReason,
    now: datetime,
    contact_id: int | None = None,
    address_id: int | None = None,
    note: str = "",
) -> Suppression:
    """Return the suppression in force, placed now unless it was there. A building block."""
    found = queries.find_active(
        session, reason=reason, contact_id=contact_id, address_id=address_id
    )
    if found is None:
        found = Suppression(
            reason=reason,
            contact_id=contact_id,
            address_id=address_id,
            note=note[:300],
            placed_at=now,
        )
        session.add(found)
        session.flush()
    return found


def note_consent(
    session: Session,
    *,
    contact_id: int,
    topic_id: int,
    state: ConsentState,
    source: str,
    now: datetime,
) -> None:
    """Append a step of this person's consent to a topic. A building block."""
    session.add(
        ConsentEvent(contact_id=contact_id, topic_id=topic_id, state=state, source=source, at=now)
    )
    session.flush()
