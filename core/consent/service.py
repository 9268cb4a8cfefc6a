"""Verbs of consent: suppress a person or an address, lift a suppression."""

from datetime import datetime

from sqlmodel import Session

from core.access.service import require_on, verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.consent import queries
from core.consent.models import Suppression
from core.consent.noting import note_consent, note_many
from core.consent.terms import SuppressionReason
from core.contacts import queries as contacts
from core.contacts.addresses import parse_address
from core.contacts.models import Contact
from core.contacts.terms import IdentityKind
from core.errors import Conflict, NotFound
from core.i18n.text import stored_line


@verb(Permission.CONTACT_EDIT, audit="contact.suppressed")
def suppress_contact(
    session: Session, actor: Actor, *, contact_id: int, note: str = "", now: datetime
) -> Suppression:
    """Keep relationship and promotional mail from this person until somebody lifts it."""
    person = contacts.contact(session, contact_id)
    if person is None:
        raise NotFound("contact.missing")
    require_on(actor, Permission.CONTACT_EDIT, department_id=None, owner_id=person.owner_id)
    placed = place(
        session, reason=SuppressionReason.MANUAL, contact_id=contact_id, note=note, now=now
    )
    audit.record(
        session, actor, "contact.suppressed", now=now, subject=placed, contact_id=contact_id,
        reason=note or None,
    )  # fmt: skip
    return placed


@verb(Permission.CONTACT_EDIT, audit="contact.suppressed")
def suppress_address(
    session: Session, actor: Actor, *, email: str, note: str = "", now: datetime
) -> Suppression:
    """Keep relationship and promotional mail from whoever has this address, now or later."""
    found = contacts.identity(session, IdentityKind.EMAIL, parse_address(email.strip()).normalised)
    if found is None or found.address_id is None:
        raise NotFound("suppression.unknown_address", field="email")
    person = contacts.contact(session, found.contact_id)
    owner_id = person.owner_id if person else None
    require_on(actor, Permission.CONTACT_EDIT, department_id=None, owner_id=owner_id)
    placed = place(
        session, reason=SuppressionReason.MANUAL, address_id=found.address_id,
        note=stored_line(note), now=now,
    )  # fmt: skip
    audit.record(
        session, actor, "contact.suppressed", now=now, subject=placed,
        contact_id=found.contact_id, reason=note or None,
    )  # fmt: skip
    return placed


@verb(Permission.CONTACT_EDIT, audit="contact.suppression_lifted")
def lift(
    session: Session, actor: Actor, *, suppression_id: int, note: str = "", now: datetime
) -> None:
    """End a suppression, whatever its reason; the audit log says who did."""
    found = session.get(Suppression, suppression_id)
    if found is None or found.lifted_at is not None:
        raise NotFound("suppression.missing")
    person = session.get(Contact, found.contact_id) if found.contact_id else None
    owner_id = person.owner_id if person else None
    require_on(actor, Permission.CONTACT_EDIT, department_id=None, owner_id=owner_id)
    if found.reason is SuppressionReason.ERASED:
        raise Conflict("suppression.erased")
    found.lifted_at = now
    audit.record(
        session, actor, "contact.suppression_lifted", now=now, subject=found,
        contact_id=found.contact_id, before={"reason": found.reason.value},
        reason=stored_line(note) or None,
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


__all__ = [
    "lift",
    "note_consent",
    "note_many",
    "place",
    "suppress_address",
    "suppress_contact",
]
