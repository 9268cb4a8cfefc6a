"""Statements over people and their addresses."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import Session, col, select

from core.contacts import rules
from core.contacts.models import Address, Company, Contact, ContactIdentity
from core.contacts.terms import IdentityKind


def contact(session: Session, contact_id: int) -> Contact | None:
    """Return the person with this id."""
    return session.get(Contact, contact_id)


def of_public_id(session: Session, public_id: str) -> Contact | None:
    """Return the person with this public id; whoever was merged leads to whom they became."""
    found = session.exec(select(Contact).where(Contact.public_id == public_id)).first()
    while found is not None and found.merged_into_id is not None:
        found = session.get(Contact, found.merged_into_id)
    return found


def identity(
    session: Session, kind: IdentityKind, normalised: str, *, source: str = ""
) -> ContactIdentity | None:
    """Return the identity with this value, whoever it belongs to."""
    statement = select(ContactIdentity).where(
        ContactIdentity.kind == kind,
        ContactIdentity.source == source,
        ContactIdentity.normalised == normalised,
    )
    return session.exec(statement).first()


def address(session: Session, normalised: str) -> Address | None:
    """Return the address row."""
    return session.exec(select(Address).where(Address.normalised == normalised)).first()


def demote(session: Session, contact_id: int, kind: IdentityKind) -> None:
    """Make none of the person's identities of this kind the primary one."""
    session.execute(
        update(ContactIdentity)
        .where(
            col(ContactIdentity.contact_id) == contact_id,
            col(ContactIdentity.kind) == kind,
        )
        .values(is_primary=False)
    )


def has_primary(session: Session, contact_id: int, kind: IdentityKind) -> bool:
    """Return whether the person has a primary identity of this kind."""
    statement = select(ContactIdentity.id).where(
        ContactIdentity.contact_id == contact_id,
        ContactIdentity.kind == kind,
        col(ContactIdentity.is_primary).is_(True),
    )
    return session.exec(statement).first() is not None


@dataclass(frozen=True)
class SearchedBy:
    """The addresses and numbers a person is found by, normalised, the primary ones first."""

    emails: tuple[str, ...]
    phones: tuple[str, ...]


def searched_by(session: Session, contact_id: int) -> SearchedBy:
    """Return what the person is found by beside the name."""
    statement = (
        select(ContactIdentity.kind, ContactIdentity.normalised)
        .where(
            ContactIdentity.contact_id == contact_id,
            col(ContactIdentity.kind).in_([IdentityKind.EMAIL, IdentityKind.PHONE]),
        )
        .order_by(col(ContactIdentity.is_primary).desc(), col(ContactIdentity.id))
    )
    found = session.exec(statement).all()
    return SearchedBy(
        emails=tuple(value for kind, value in found if kind is IdentityKind.EMAIL),
        phones=tuple(value for kind, value in found if kind is IdentityKind.PHONE),
    )


def company_name(session: Session, company_id: int | None) -> str:
    """Return the name of the company; empty without one."""
    found = session.get(Company, company_id) if company_id is not None else None
    return found.name if found else ""


def matching(text: str) -> list[ColumnElement[bool]]:
    """Return the conditions that keep people to those a search means; none for an empty text.

    They say what is meant; `core.contacts.walk` adds the index that makes it quick.
    """
    return [_holds(word) for word in rules.search_words(text)]


def _holds(word: str) -> ColumnElement[bool]:
    key = col(Contact.search_key)
    if len(word) >= rules.GRAM:
        return key.contains(word, autoescape=True)
    if len(word) == 1:
        return key.startswith(word, autoescape=True)
    return or_(key.startswith(word, autoescape=True), key.contains(f" {word}", autoescape=True))


def primary_addresses(session: Session, contact_ids: Collection[int]) -> dict[int, Address]:
    """Return the primary address of each person who has one, by contact id."""
    statement = (
        select(ContactIdentity.contact_id, Address)
        .join(Address, col(Address.id) == col(ContactIdentity.address_id))
        .where(
            ContactIdentity.kind == IdentityKind.EMAIL,
            col(ContactIdentity.is_primary).is_(True),
            col(ContactIdentity.contact_id).in_(contact_ids),
        )
    )
    return dict(session.exec(statement).all())


def contacts(session: Session, contact_ids: Collection[int]) -> Sequence[Contact]:
    """Return the people with these ids."""
    return session.exec(select(Contact).where(col(Contact.id).in_(contact_ids))).all()
