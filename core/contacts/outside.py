"""People as other programs name them: by an address, a number or a number of their own."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.contacts import card, queries, reach, service
from core.contacts.addresses import parse_address
from core.contacts.models import Contact, ContactIdentity
from core.contacts.phones import parse_phone
from core.contacts.terms import ContactInput, IdentityKind
from core.errors import Conflict, Invalid

LONGEST = 80


@dataclass(frozen=True, kw_only=True)
class Key:
    """By what a person is named; country: where a number without a country code belongs."""

    email: str = ""
    phone: str = ""
    country: str = ""
    source: str = ""
    number: str = ""


@verb(Permission.CONTACT_VIEW, audit=None)
def read(session: Session, actor: Actor, *, public_id: str) -> Contact:
    """Return the person with this public id; one that was merged leads to whom it became."""
    return reach.person(session, actor, public_id, permission=Permission.CONTACT_VIEW)


@verb(Permission.CONTACT_EDIT, audit=None)
def find(session: Session, actor: Actor, *, key: Key) -> Contact | None:
    """Return the person so named, or None where nobody is known by any of it.

    Raises:
        Invalid: "api.contact_key" where nothing was said; what is no address or number.
        Conflict: "api.contact_ambiguous" where it belongs to several people.
    """
    if not any((key.email.strip(), key.phone.strip(), key.number.strip())):
        raise Invalid("api.contact_key", field="email")
    found = {one.contact_id for one in _identities(session, key) if one is not None}
    if len(found) > 1:
        raise Conflict("api.contact_ambiguous", field="email")
    contact = session.get(Contact, found.pop()) if found else None
    if contact is not None:
        reach.require_person(actor, Permission.CONTACT_EDIT, contact)
    return contact


@verb(Permission.CONTACT_EDIT, audit="contact.added")
def add(session: Session, actor: Actor, *, key: Key, given: ContactInput, now: datetime) -> Contact:
    """Return a new person known by all that the key says."""
    named = replace(given, email=key.email, phone=key.phone)
    made = card.admit(session, actor, given=named, now=now)
    _know(session, made, key)
    return made


@verb(Permission.CONTACT_EDIT, audit="contact.changed")
def change(
    session: Session, actor: Actor, *, key: Key, contact: Contact, given: ContactInput,
    now: datetime,
) -> Contact:  # fmt: skip
    """Return the person as now described, known by all that the key says."""
    made = card.change_person(
        session, actor, public_id=contact.public_id, version=contact.version, given=given, now=now
    )
    if key.email.strip():
        service.add_email(session, made, key.email.strip())
    if key.phone.strip():
        service.add_phone(session, made, key.phone, country=_country(session, key))
    _know(session, made, key)
    return made


def _know(session: Session, contact: Contact, key: Key) -> None:
    number = key.number.strip()
    if not number:
        return
    known = queries.identity(session, IdentityKind.EXTERNAL, number, source=key.source)
    if known is None:
        service.set_external(session, contact, source=key.source, number=number)


def _identities(session: Session, key: Key) -> Iterator[ContactIdentity | None]:
    if key.email.strip():
        normalised = parse_address(key.email.strip()).normalised
        yield queries.identity(session, IdentityKind.EMAIL, normalised)
    if key.phone.strip():
        parsed = parse_phone(key.phone, country=_country(session, key))
        yield queries.identity(session, IdentityKind.PHONE, parsed.normalised)
    if number := key.number.strip():
        if len(number) > LONGEST:
            raise Invalid("contact.field_long", field="external_id", limit=LONGEST)
        yield queries.identity(session, IdentityKind.EXTERNAL, number, source=key.source)


def _country(session: Session, key: Key) -> str:
    return card.place_of(session, ContactInput(country=key.country)).country
