"""Statements over orders and their lines, and over customers known by number, in bulk."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, update
from sqlmodel import Session, col, select

from core.commerce.models import Order, OrderLine
from core.contacts.models import Contact, ContactIdentity
from core.contacts.terms import IdentityKind

Rows = Sequence[dict[str, object]]


@dataclass(frozen=True)
class KnownOrder:
    """An order that is in the store, and whose it is."""

    id: int
    contact_id: int | None


def customers(session: Session, numbers: Collection[str], *, source: str) -> dict[str, int]:
    """Return the contacts of these numbers, by number."""
    statement = select(ContactIdentity.normalised, ContactIdentity.contact_id).where(
        ContactIdentity.kind == IdentityKind.EXTERNAL,
        ContactIdentity.source == source,
        col(ContactIdentity.normalised).in_(numbers),
    )
    return dict(session.exec(statement).all())


def insert_contacts(session: Session, rows: Rows) -> dict[str, int]:
    """Insert people and return their ids by public id."""
    if not rows:
        return {}
    statement = insert(Contact).returning(col(Contact.public_id), col(Contact.id))
    return {row.public_id: row.id for row in session.execute(statement, rows)}


def insert_identities(session: Session, rows: Rows) -> None:
    """Insert what people are known by."""
    if rows:
        session.execute(insert(ContactIdentity), rows)


def orders(session: Session, references: Collection[str], *, source: str) -> dict[str, KnownOrder]:
    """Return the orders of these references, by reference."""
    statement = select(Order.reference, Order.id, Order.contact_id).where(
        Order.source == source, col(Order.reference).in_(references)
    )
    return {reference: KnownOrder(*row) for reference, *row in session.exec(statement).all()}


def insert_orders(session: Session, rows: Rows) -> dict[str, KnownOrder]:
    """Insert orders and return them by reference."""
    if not rows:
        return {}
    statement = insert(Order).returning(col(Order.reference), col(Order.id), col(Order.contact_id))
    found = session.execute(statement, rows)
    return {row.reference: KnownOrder(row.id, row.contact_id) for row in found}


def set_customers(session: Session, rows: Rows) -> None:
    """Give orders, by id, the customer that became known."""
    if rows:
        session.execute(update(Order), rows)


def known_lines(session: Session, order_ids: Collection[int]) -> set[tuple[int, int]]:
    """Return the lines these orders have: order id and number."""
    statement = select(OrderLine.order_id, OrderLine.line).where(
        col(OrderLine.order_id).in_(order_ids)
    )
    return {(order_id, line) for order_id, line in session.exec(statement).all()}


def insert_lines(session: Session, rows: Rows) -> None:
    """Insert lines of orders."""
    if rows:
        session.execute(insert(OrderLine), rows)
