"""Statements over people and their addresses."""

from collections.abc import Collection, Sequence

from sqlalchemy import update
from sqlmodel import Session, col, select

from core.contacts.models import Address, Contact, ContactIdentity
from core.contacts.terms import IdentityKind


def contact(session: Session, contact_id: int) -> Contact | None:
    """Return the person with this id."""
    return session.get(Contact, contact_id)


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


def demote_emails(session: Session, contact_id: int) -> None:
    """Make no email address of this person the primary one."""
    session.execute(
        update(ContactIdentity)
        .where(
            col(ContactIdentity.contact_id) == contact_id,
            col(ContactIdentity.kind) == IdentityKind.EMAIL,
        )
        .values(is_primary=False)
    )


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
