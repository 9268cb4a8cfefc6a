"""Building blocks of people: make one, change one, give one an address, a number, a name elsewhere.

Whoever calls asks for permission. Each of them leaves the search index in step.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TypeVar

from sqlmodel import Session

from core import ids
from core.contacts import queries, rules, search_index
from core.contacts.addresses import EmailAddress, parse_address
from core.contacts.models import Address, Attribute, Company, Contact, ContactIdentity
from core.contacts.phones import PhoneNumber, parse_phone
from core.contacts.terms import ContactKind, IdentityKind
from core.errors import Conflict, NotFound
from core.i18n.terms import Language
from core.i18n.text import stored

Described = TypeVar("Described", Attribute, Company)


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
    session.add(contact)
    set_details(session, contact, details or {})
    return contact


def set_details(session: Session, contact: Contact, details: Mapping[str, object]) -> None:
    """Take over the given details, cleaned for storage; the person is found by the new name."""
    for name, value in details.items():
        clean = stored(value) if isinstance(value, str) else value
        setattr(contact, name, clean)
    if isinstance(contact.language, str):
        contact.language = Language(contact.language)
    session.flush()
    renew_search(session, contact)


def renew_search(session: Session, contact: Contact) -> None:
    """Have the person found by what is known now: name, company, addresses and numbers."""
    known = queries.searched_by(session, contact.id)
    contact.search_key = rules.search_text(
        contact.first_name,
        contact.last_name,
        emails=known.emails,
        phones=known.phones,
        company=queries.company_name(session, contact.company_id),
    )
    search_index.index(session, [contact.id])


def set_email(
    session: Session, contact: Contact, text: str, *, valid_until: date | None = None
) -> EmailAddress:
    """Make this the person's primary address.

    Raises Invalid for a bad address and Conflict when it belongs to somebody else.
    `valid_until` is the last day of a private address used before an employee starts.
    """
    parsed = parse_address(text)
    known = _mine(session, contact, IdentityKind.EMAIL, normalised=parsed.normalised)
    queries.demote(session, contact.id, IdentityKind.EMAIL)
    known = known or _email(session, contact, parsed)
    known.raw, known.is_primary, known.valid_until = parsed.raw, True, valid_until
    session.add(known)
    session.flush()
    renew_search(session, contact)
    return parsed


def add_email(session: Session, contact: Contact, text: str) -> ContactIdentity:
    """Give the person a further address; the first one is the primary one. Errors as above."""
    parsed = parse_address(text)
    known = _mine(session, contact, IdentityKind.EMAIL, normalised=parsed.normalised)
    if known is None:
        known = _email(session, contact, parsed)
        known.is_primary = not queries.has_primary(session, contact.id, IdentityKind.EMAIL)
        session.add(known)
        session.flush()
        renew_search(session, contact)
    return known


def add_phone(session: Session, contact: Contact, text: str, *, country: str) -> PhoneNumber:
    """Give the person a number; the first one is the primary one.

    Raises:
        Invalid: "phone.…" for what is no number.
        Conflict: "contact.phone_taken" where it is somebody else's.
    """
    parsed = parse_phone(text, country=country)
    if _mine(session, contact, IdentityKind.PHONE, normalised=parsed.normalised) is None:
        is_first = not queries.has_primary(session, contact.id, IdentityKind.PHONE)
        session.add(
            ContactIdentity(
                contact_id=contact.id,
                kind=IdentityKind.PHONE,
                raw=parsed.raw,
                normalised=parsed.normalised,
                is_primary=is_first,
            )
        )
        session.flush()
        renew_search(session, contact)
    return parsed


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


def as_seen(session: Session, table: type[Described], row_id: int, *, version: int) -> Described:
    """Return the row that somebody saw in this version, held until the end of this transaction.

    Raises:
        NotFound: "attribute.missing" or "company.missing".
        Conflict: "common.changed_meanwhile" where somebody was faster.
    """
    found = session.get(table, row_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(f"{table.__tablename__}.missing")
    if found.version != version:
        raise Conflict("common.changed_meanwhile")
    return found


_TAKEN = {IdentityKind.EMAIL: "contact.address_taken", IdentityKind.PHONE: "contact.phone_taken"}


def _mine(
    session: Session, contact: Contact, kind: IdentityKind, *, normalised: str
) -> ContactIdentity | None:
    known = queries.identity(session, kind, normalised)
    if known is not None and known.contact_id != contact.id:
        raise Conflict(_TAKEN[kind], field=kind.value, address=normalised)
    return known


def _email(session: Session, contact: Contact, parsed: EmailAddress) -> ContactIdentity:
    address = queries.address(session, parsed.normalised) or _add_address(session, parsed)
    return ContactIdentity(
        contact_id=contact.id,
        kind=IdentityKind.EMAIL,
        raw=parsed.raw,
        normalised=parsed.normalised,
        address_id=address.id,
    )


def _add_address(session: Session, parsed: EmailAddress) -> Address:
    address = Address(normalised=parsed.normalised, deliverable=f"{parsed.local}@{parsed.domain}")
    session.add(address)
    session.flush()
    return address
