"""Verbs of people: make one, change one, give one an address."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlmodel import Session

from core import ids
from core.contacts import queries
from core.contacts.addresses import EmailAddress, parse_address
from core.contacts.models import Address, Contact, ContactIdentity
from core.contacts.terms import ContactKind, IdentityKind
from core.errors import Conflict
from core.i18n.terms import Language
from core.i18n.text import search_key, stored


def add_contact(
    session: Session,
    *,
    kind: ContactKind,
    now: datetime,
    details: Mapping[str, object] | None = None,
) -> Contact:
    """Return a new person, not yet known by any address.

    details: any of first_name, last_name, language, time_zone, country, city, birth_date,
    owner_id, source, attributes. A building block for other verbs: they ask for permission.
    """
    contact = Contact(public_id=ids.public_id("con", now), kind=kind)
    set_details(contact, details or {})
    session.add(contact)
    session.flush()
    return contact


def set_details(contact: Contact, details: Mapping[str, object]) -> None:
    """Take over the given details, cleaned for storage, and renew the search key."""
    for name, value in details.items():
        clean = stored(value) if isinstance(value, str) else value
        setattr(contact, name, clean)
    if isinstance(contact.language, str):
        contact.language = Language(contact.language)
    contact.search_key = search_key(f"{contact.first_name} {contact.last_name}")[:300]


def set_email(
    session: Session, contact: Contact, text: str, *, valid_until: date | None = None
) -> EmailAddress:
    """Make this the person's primary address.

    Raises Invalid for a bad address and Conflict when it belongs to somebody else.
    `valid_until` is the last day of a private address used before an employee starts.
    """
    parsed = parse_address(text)
    known = queries.identity(session, IdentityKind.EMAIL, parsed.normalised)
    if known is not None and known.contact_id != contact.id:
        raise Conflict("contact.address_taken", field="email", address=parsed.normalised)
    address = queries.address(session, parsed.normalised) or _add_address(session, parsed)
    queries.demote_emails(session, contact.id)
    if known is None:
        known = ContactIdentity(
            contact_id=contact.id,
            kind=IdentityKind.EMAIL,
            raw=parsed.raw,
            normalised=parsed.normalised,
        )
    known.raw, known.is_primary = parsed.raw, True
    known.address_id, known.valid_until = address.id, valid_until
    session.add(known)
    session.flush()
    return parsed


def _add_address(session: Session, parsed: EmailAddress) -> Address:
    address = Address(normalised=parsed.normalised, deliverable=f"{parsed.local}@{parsed.domain}")
    session.add(address)
    session.flush()
    return address


def set_external(session: Session, contact: Contact, *, source: str, number: str) -> None:
    """Note the number by which another system knows this person."""
    session.add(
        ContactIdentity(
            contact_id=contact.id,
            kind=IdentityKind.EXTERNAL,
            source=source,
            raw=number,
            normalised=number.strip(),
        )
    )
    session.flush()
