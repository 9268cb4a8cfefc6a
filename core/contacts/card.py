"""Verbs of one person: add, change, addresses and numbers, tags, the card."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, delete, select

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.accounts.models import User
from core.audit import service as audit
from core.contacts import (
    attributes,
    catalogue,
    companies,
    queries,
    reach,
    service,
    tagging,
    telling,
)
from core.contacts.catalogue import Place
from core.contacts.listing import lines, name_of
from core.contacts.models import Company, Contact, ContactIdentity, Tag
from core.contacts.terms import (
    ContactInput,
    ContactKind,
    ContactLine,
    ContactStatus,
    IdentityKind,
)
from core.errors import Conflict, Invalid, NotFound
from core.organisation import queries as organisation

PLAIN = ("first_name", "last_name", "position", "country", "city", "postal_address", "language",
         "time_zone", "birth_date", "gender", "source", "sub_source")  # fmt: skip
NULLABLE = {"country", "city", "language", "time_zone", "birth_date", "gender"}


@dataclass(frozen=True)
class Card:
    """All that is known of a person at first hand."""

    contact: Contact
    line: ContactLine
    identities: tuple[ContactIdentity, ...]
    company: Company | None
    owner: User | None
    tags: tuple[Tag, ...]


@verb(Permission.CONTACT_VIEW, audit=None)
def read_card(session: Session, actor: Actor, *, public_id: str) -> Card:
    """Return the person; whoever was merged leads to whom they became."""
    contact = reach.person(session, actor, public_id, permission=Permission.CONTACT_VIEW)
    statement = select(ContactIdentity).where(ContactIdentity.contact_id == contact.id)
    order = (col(ContactIdentity.is_primary).desc(), col(ContactIdentity.id))
    return Card(
        contact=contact,
        line=lines(session, [contact.id])[0],
        identities=tuple(session.exec(statement.order_by(*order)).all()),
        company=session.get(Company, contact.company_id) if contact.company_id else None,
        owner=session.get(User, contact.owner_id) if contact.owner_id else None,
        tags=tuple(tagging.tags_on(session, contact.id)),
    )


@verb(Permission.CONTACT_EDIT, audit="contact.added")
def add_person(session: Session, actor: Actor, *, given: ContactInput, now: datetime) -> Contact:
    """Return a new person; whoever adds one at level OWN is its owner.

    Raises:
        Invalid, Conflict: At the field that is wrong or taken.
    """
    _check_named(given)
    return admit(session, actor, given=given, now=now)


def admit(session: Session, actor: Actor, *, given: ContactInput, now: datetime) -> Contact:
    """Return a new person, who may be known by a number elsewhere alone. For other verbs."""
    _check_kind(given.kind)
    contact = service.add_contact(session, kind=given.kind, now=now)
    contact.owner_id = actor.id if actor.kind == "user" else None
    contact.first_touch_at = now
    _fill(session, contact, given)
    if given.email.strip():
        service.set_email(session, contact, given.email.strip())
    if given.phone.strip():
        service.add_phone(session, contact, given.phone, country=place_of(session, given).country)
    audit.record(session, actor, "contact.added", now=now, subject=contact,
                 name=name_of(contact), contact_id=contact.id, after=snapshot(contact))  # fmt: skip
    telling.tell(session, contact, telling.CREATED, now=now)
    return contact


@verb(Permission.CONTACT_EDIT, audit="contact.changed")
def change_person(
    session: Session,
    actor: Actor,
    *,
    public_id: str,
    version: int,
    given: ContactInput,
    now: datetime,
) -> Contact:
    """Return the person as now described. Addresses and numbers have verbs of their own.

    Raises:
        Conflict: "common.changed_meanwhile" where somebody was faster.
    """
    contact = locked(session, actor, public_id)
    if contact.version != version:
        raise Conflict("common.changed_meanwhile")
    if given.kind is not contact.kind:
        _check_kind(given.kind)
        _check_kind(contact.kind)
    before = snapshot(contact)
    contact.kind = given.kind
    _fill(session, contact, given)
    _check_findable(session, contact)
    contact.version += 1
    _note(session, actor, contact, act="contact.changed", before=before, now=now)
    return contact


@verb(Permission.CONTACT_EDIT, audit="contact.status_set")
def set_status(
    session: Session, actor: Actor, *, public_id: str, status: ContactStatus, now: datetime
) -> Contact:
    """Return the person, who from now on may or may not be written to."""
    if status in reach.GONE:
        raise Invalid("contact.status_invalid", field="status")
    contact = locked(session, actor, public_id)
    before = {"status": contact.status.value}
    contact.status = status
    contact.version += 1
    _note(session, actor, contact, act="contact.status_set", before=before, now=now,
          after={"status": status.value})  # fmt: skip
    return contact


@verb(Permission.CONTACT_EDIT, audit="contact.owner_set")
def set_owner(
    session: Session, actor: Actor, *, public_id: str, owner_id: int | None, now: datetime
) -> Contact:
    """Return the person with the colleague who looks after them, or nobody."""
    contact = locked(session, actor, public_id)
    owner = session.get(User, owner_id) if owner_id is not None else None
    if owner_id is not None and (owner is None or not owner.is_active):
        raise NotFound("contact.owner_missing", field="owner_id")
    before = {"owner_id": contact.owner_id}
    contact.owner_id = owner_id
    contact.version += 1
    _note(session, actor, contact, act="contact.owner_set", before=before, now=now,
          after={"owner_id": owner_id})  # fmt: skip
    return contact


@verb(Permission.CONTACT_EDIT, audit="contact.identity_added")
def add_email(
    session: Session, actor: Actor, *, public_id: str, email: str, now: datetime
) -> Contact:
    """Give the person a further address, the primary one where there was none."""
    contact = locked(session, actor, public_id)
    service.add_email(session, contact, email.strip())
    return _identified(session, actor, contact, known={"email": email}, now=now)


@verb(Permission.CONTACT_EDIT, audit="contact.identity_added")
def add_phone(
    session: Session, actor: Actor, *, public_id: str, phone: str, now: datetime
) -> Contact:
    """Give the person a number; one without a country code belongs to the person's country."""
    contact = locked(session, actor, public_id)
    country = contact.country or organisation.default_office(session).country
    service.add_phone(session, contact, phone, country=country)
    return _identified(session, actor, contact, known={"phone": phone}, now=now)


@verb(Permission.CONTACT_EDIT, audit="contact.primary_set")
def make_primary(
    session: Session, actor: Actor, *, public_id: str, identity_id: int, now: datetime
) -> Contact:
    """Have mail go to this address from now on, or calls to this number."""
    contact = locked(session, actor, public_id)
    chosen = _identity(session, contact, identity_id)
    for other in session.exec(
        select(ContactIdentity).where(
            ContactIdentity.contact_id == contact.id, ContactIdentity.kind == chosen.kind
        )
    ):
        other.is_primary = other.id == chosen.id
    session.flush()
    service.renew_search(session, contact)
    contact.version += 1
    _note(session, actor, contact, act="contact.primary_set", now=now,
          after={chosen.kind.value: chosen.normalised})  # fmt: skip
    return contact


@verb(Permission.CONTACT_EDIT, audit="contact.identity_removed")
def remove_identity(
    session: Session, actor: Actor, *, public_id: str, identity_id: int, now: datetime
) -> Contact:
    """Forget an address or number of the person; the oldest other one becomes the primary one."""
    contact = locked(session, actor, public_id)
    gone = _identity(session, contact, identity_id)
    session.exec(delete(ContactIdentity).where(col(ContactIdentity.id) == gone.id))
    rest = session.exec(
        select(ContactIdentity)
        .where(ContactIdentity.contact_id == contact.id, ContactIdentity.kind == gone.kind)
        .order_by(col(ContactIdentity.is_primary).desc(), col(ContactIdentity.id))
    ).first()
    if rest is not None:
        rest.is_primary = True
    session.flush()
    _check_findable(session, contact)
    service.renew_search(session, contact)
    contact.version += 1
    _note(session, actor, contact, act="contact.identity_removed", now=now,
          before={gone.kind.value: gone.normalised})  # fmt: skip
    return contact


@verb(Permission.CONTACT_EDIT, audit="contact.tagged")
def set_tags(
    session: Session, actor: Actor, *, public_id: str, tags: Collection[str], now: datetime
) -> Contact:
    """Return the person with exactly these tags; names that are new become tags."""
    contact = locked(session, actor, public_id)
    before = {"tags": [one.name for one in tagging.tags_on(session, contact.id)]}
    wanted = tagging.ensure(session, tags)
    tagging.put_exactly(session, contact.id, [one.id for one in wanted])
    contact.version += 1
    _note(session, actor, contact, act="contact.tagged", before=before, now=now,
          after={"tags": [one.name for one in wanted]})  # fmt: skip
    return contact


def locked(session: Session, actor: Actor, public_id: str) -> Contact:
    """Return the person as they are now, to be changed in this transaction by this actor."""
    found = reach.person(session, actor, public_id, permission=Permission.CONTACT_EDIT)
    session.refresh(found, with_for_update=True)
    return found


def place_of(session: Session, given: ContactInput) -> Place:
    """Return by what the fields are read: the person's own country, else the house's."""
    country = catalogue.clean("country", given.country, Place())
    home = organisation.default_office(session).country
    return Place(country=str(country or home), calendar=given.calendar)


def as_input(session: Session, contact: Contact) -> ContactInput:
    """Return the person as a form would send them unchanged."""
    found = {name: getattr(contact, name) for name in PLAIN}
    plain = {name: "" if value is None else str(value) for name, value in found.items()}
    return ContactInput(
        kind=contact.kind,
        company=queries.company_name(session, contact.company_id),
        **plain,  # type: ignore[arg-type]
    )


def snapshot(contact: Contact) -> dict[str, object]:
    """Return the plain fields as the log keeps them."""
    values = {name: getattr(contact, name) for name in (*PLAIN, "kind", "company_id", "attributes")}
    return {name: value for name, value in values.items() if value not in (None, "", {})}


def _fill(session: Session, contact: Contact, given: ContactInput) -> None:
    place = place_of(session, given)
    details: dict[str, object] = {}
    for name in PLAIN:
        value = catalogue.clean(name, getattr(given, name), place)
        details[name] = value if value is not None or name in NULLABLE else ""
    contact.company_id = companies.ensure(session, given.company)
    attributes.set_attributes(session, contact, given.attributes, calendar=given.calendar)
    service.set_details(session, contact, details)


def _check_named(given: ContactInput) -> None:
    """A person has to be told apart by something."""
    if not any(one.strip() for one in (given.first_name, given.last_name, given.email,
                                       given.phone)):  # fmt: skip
        raise Invalid("contact.nothing_known", field="first_name")


def _check_findable(session: Session, contact: Contact) -> None:
    if name_of(contact):
        return
    known = select(ContactIdentity.id).where(ContactIdentity.contact_id == contact.id)
    if session.exec(known).first() is None:
        raise Invalid("contact.nothing_known", field="first_name")


def _check_kind(kind: ContactKind) -> None:
    """Employees are made, and stop being employees, on their own page alone."""
    if kind is ContactKind.EMPLOYEE:
        raise Invalid("contact.kind_employee", field="kind")


def _identity(session: Session, contact: Contact, identity_id: int) -> ContactIdentity:
    found = session.get(ContactIdentity, identity_id)
    wanted = (IdentityKind.EMAIL, IdentityKind.PHONE)
    if found is None or found.contact_id != contact.id or found.kind not in wanted:
        raise NotFound("contact.identity_missing")
    return found


def _identified(
    session: Session, actor: Actor, contact: Contact, *, known: Mapping[str, object], now: datetime
) -> Contact:
    """Return the person, who is known by one thing more; the log says by which."""
    contact.version += 1
    _note(session, actor, contact, act="contact.identity_added", now=now, after=known)
    return contact


def _note(
    session: Session,
    actor: Actor,
    contact: Contact,
    *,
    act: str,
    now: datetime,
    **said: Mapping[str, object],
) -> None:
    """Tell the act as an event and leave its audit row; said: before and after, where they help."""
    session.add(contact)
    session.flush()
    telling.tell(session, contact, telling.CHANGED, now=now)
    audit.record(
        session,
        actor,
        act,
        now=now,
        subject=contact,
        name=name_of(contact),
        contact_id=contact.id,
        before=said.get("before"),
        after=said.get("after") or snapshot(contact),
    )
