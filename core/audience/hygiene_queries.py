"""Statements over people whom it may be better not to write to."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core.commerce.facts import PLACED
from core.consent.models import Suppression
from core.contacts.models import Address, Contact, ContactIdentity
from core.contacts.terms import IdentityKind
from core.db import is_sqlite
from core.events.models import Event
from core.messages.models import Message

REACTIONS = ("mail.opened", "mail.clicked")


def not_suppressed() -> ColumnElement[bool]:
    """Return whether no suppression of the person themselves is in force."""
    return ~exists().where(
        col(Suppression.contact_id) == col(Contact.id), col(Suppression.lifted_at).is_(None)
    )


def bounced() -> ColumnElement[bool]:
    """Return whether the main address of the person bounced for good."""
    gone = select(Address.id).where(col(Address.hard_bounced_at).is_not(None))
    return col(Contact.id).in_(
        select(ContactIdentity.contact_id).where(
            col(ContactIdentity.address_id).in_(gone), ContactIdentity.is_primary
        )
    )


def addressed(
    session: Session, *, local_parts: Collection[str] = (), domains: Collection[str] = ()
) -> ColumnElement[bool]:
    """Return whether the main address has one of these words before the @ or domains after it."""
    part = _local(session) if local_parts else _domain(session)
    return col(Contact.id).in_(
        select(ContactIdentity.contact_id).where(
            ContactIdentity.kind == IdentityKind.EMAIL,
            ContactIdentity.source == "",
            ContactIdentity.is_primary,
            part.in_(list(local_parts or domains)),
        )
    )


def unmoved(*, since: datetime, least: int) -> ColumnElement[bool]:
    """Return whether at least so many mails since then brought no reaction and no order.

    Nobody, where no reaction of anybody was recorded since: silence would then say nothing.
    """
    written = (
        select(Message.contact_id)
        .where(
            col(Message.contact_id).is_not(None),
            col(Message.sent_at) >= since,
        )
        .group_by(col(Message.contact_id))
        .having(func.count() >= least)
    )
    moved = func.coalesce(col(Contact.engaged_at) >= since, False)
    ordered = exists().where(
        col(Event.contact_id) == col(Contact.id),
        col(Event.name).in_((PLACED, *REACTIONS)),
        col(Event.occurred_at) >= since,
    )
    told = aliased(Event)
    measured = exists().where(col(told.name).in_(REACTIONS), col(told.occurred_at) >= since)
    return col(Contact.id).in_(written) & ~moved & ~ordered & measured


def _local(session: Session) -> ColumnElement[str]:
    text = col(ContactIdentity.normalised)
    if is_sqlite(session):
        return func.substr(text, 1, func.instr(text, "@") - 1)
    return func.split_part(text, "@", 1)


def _domain(session: Session) -> ColumnElement[str]:
    text = col(ContactIdentity.normalised)
    if is_sqlite(session):
        return func.substr(text, func.instr(text, "@") + 1)
    return func.split_part(text, "@", 2)
