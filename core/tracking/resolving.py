"""Who the subjects of a batch are, found in one statement for each kind of name."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from core.contacts import queries as contacts
from core.contacts import visitors
from core.contacts.addresses import parse_address
from core.contacts.models import Contact, ContactIdentity
from core.contacts.phones import parse_phone
from core.contacts.terms import ContactStatus, IdentityKind
from core.errors import ChaparError, Conflict, Invalid, NotFound
from core.tracking.terms import Subject

_PERSON = "person"


@dataclass(frozen=True)
class Name:
    """One thing a person is named by. kind: of an identity, or "person" for the public id."""

    kind: str
    source: str
    value: str


def people(
    session: Session, subjects: Sequence[Subject], *, caller: str, country: str
) -> list[int | ChaparError | None]:
    """Return for each subject the person, None for a visitor nobody knows, or what is wrong.

    caller: the system whose numbers external ids are. country: where numbers without one belong.
    """
    read = [_read(one, caller=caller, country=country) for one in subjects]
    names = {name for one in read if isinstance(one, list) for name in one}
    known = _known(session, names)
    return [_whom(one, known) if isinstance(one, list) else one for one in read]


def _read(subject: Subject, *, caller: str, country: str) -> list[Name] | ChaparError:
    try:
        found = list(_names(subject, caller=caller, country=country))
    except ChaparError as fault:
        return fault
    return found or Invalid("event.nobody", field="email")


def _names(subject: Subject, *, caller: str, country: str) -> Iterator[Name]:
    if subject.contact:
        yield Name(_PERSON, "", subject.contact)
    if email := subject.email.strip():
        yield Name(IdentityKind.EMAIL, "", parse_address(email).normalised)
    if subject.phone.strip():
        parsed = parse_phone(subject.phone, country=subject.country or country)
        yield Name(IdentityKind.PHONE, "", parsed.normalised)
    if number := subject.external_id.strip():
        yield Name(IdentityKind.EXTERNAL, subject.external_source or caller, number)
    if subject.anonymous_id:
        yield Name(IdentityKind.COOKIE, "", visitors.checked(subject.anonymous_id))


def _known(session: Session, names: Iterable[Name]) -> Mapping[Name, int]:
    asked: dict[tuple[str, str], list[str]] = {}
    for name in names:
        asked.setdefault((name.kind, name.source), []).append(name.value)
    found: dict[Name, int] = {}
    for (kind, source), values in asked.items():
        rows = (
            _people(session, values)
            if kind == _PERSON
            else _identities(session, kind=IdentityKind(kind), source=source, values=values)
        )
        found |= {Name(kind, source, value): contact_id for value, contact_id in rows}
    return found


def _people(session: Session, values: list[str]) -> Iterator[tuple[str, int]]:
    """Whoever was merged leads to whom they became; whoever was erased is nobody."""
    statement = select(Contact.public_id, Contact.id, Contact.merged_into_id, Contact.status).where(
        col(Contact.public_id).in_(values)
    )
    for public_id, contact_id, merged_id, status in session.exec(statement).all():
        if status is ContactStatus.ERASED:
            continue
        became = contacts.of_public_id(session, public_id) if merged_id else None
        yield public_id, became.id if became else contact_id


def _identities(
    session: Session, *, kind: IdentityKind, source: str, values: list[str]
) -> Iterable[tuple[str, int]]:
    statement = select(ContactIdentity.normalised, ContactIdentity.contact_id).where(
        ContactIdentity.kind == kind,
        ContactIdentity.source == source,
        col(ContactIdentity.normalised).in_(values),
    )
    return session.exec(statement).all()


def _whom(names: list[Name], known: Mapping[Name, int]) -> int | ChaparError | None:
    found = {known[name] for name in names if name in known}
    if len(found) > 1:
        return Conflict("event.person_ambiguous", field="email")
    if found:
        return found.pop()
    if any(name.kind == IdentityKind.COOKIE for name in names):
        return None
    return NotFound("event.person_unknown", field=_FIELDS[names[0].kind])


_FIELDS: Mapping[str, str] = {
    _PERSON: "contact",
    IdentityKind.EMAIL: "email",
    IdentityKind.PHONE: "phone",
    IdentityKind.EXTERNAL: "external_id",
}
