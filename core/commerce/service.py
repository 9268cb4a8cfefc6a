"""Take orders into the store. Building blocks of imports, which ask for permission."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session

from core import ids
from core.commerce import lifecycle, queries
from core.commerce.facts import placed_fact
from core.commerce.queries import KnownOrder
from core.commerce.terms import OrderIntake, SoldLine, TakenLines
from core.contacts.terms import ContactKind, IdentityKind
from core.events import service as events


def take_lines(session: Session, lines: Sequence[SoldLine], *, intake: OrderIntake) -> TakenLines:
    """Return those of the lines that no order had, now in the store with order and customer.

    A line is known by source, order and number: what was taken once is left as it is.
    """
    contacts, contact_count = _contacts(session, lines, intake)
    orders, order_count = _orders(session, lines, intake=intake, contacts=contacts)
    buyers = {order.contact_id for order in orders.values() if order.contact_id is not None}
    if order_count:
        lifecycle.renew(session, buyers, now=intake.now)
    known = queries.known_lines(session, [order.id for order in orders.values()])
    new: list[SoldLine] = []
    for line in lines:
        key = (orders[line.reference].id, line.line)
        if key not in known:
            known.add(key)
            new.append(line)
    queries.insert_lines(session, [_line_row(orders[line.reference], line) for line in new])
    return TakenLines(new, order_count, contact_count)


def _contacts(
    session: Session, lines: Sequence[SoldLine], intake: OrderIntake
) -> tuple[dict[str, int], int]:
    """Return the contact of each customer number; unknown numbers become contacts."""
    numbers = dict.fromkeys(line.customer for line in lines if line.customer)
    found = queries.customers(session, numbers.keys(), source=intake.source)
    missing = {ids.public_id("con", intake.now): n for n in numbers if n not in found}
    made = queries.insert_contacts(
        session,
        [
            {"public_id": public_id, "kind": ContactKind.CUSTOMER, "source": intake.source}
            for public_id in missing
        ],
    )
    added = {missing[public_id]: contact_id for public_id, contact_id in made.items()}
    queries.insert_identities(
        session,
        [
            {
                "contact_id": contact_id,
                "kind": IdentityKind.EXTERNAL,
                "source": intake.source,
                "raw": number,
                "normalised": number,
            }
            for number, contact_id in added.items()
        ],
    )
    return {**found, **added}, len(added)


def _orders(
    session: Session, lines: Sequence[SoldLine], *, intake: OrderIntake, contacts: dict[str, int]
) -> tuple[dict[str, KnownOrder], int]:
    """Return the order of each line; an order is the customer's whom its lines name first.

    Each new order is an event, but for credit notes, which begin with a return.
    """
    first: dict[str, SoldLine] = {}
    buyers: dict[str, str] = {}
    for line in lines:
        first.setdefault(line.reference, line)
        if line.customer:
            buyers.setdefault(line.reference, line.customer)
    found = queries.orders(session, first.keys(), source=intake.source)
    orphans = [ref for ref, order in found.items() if order.contact_id is None and ref in buyers]
    queries.set_customers(
        session,
        [
            {
                "id": found[reference].id,
                "contact_id": contacts[buyers[reference]],
                "customer_ref": buyers[reference],
            }
            for reference in orphans
        ],
    )
    new = [
        {
            **_order_row(line, intake),
            "contact_id": contacts.get(buyers.get(reference, "")),
            "customer_ref": buyers.get(reference, ""),
        }
        for reference, line in first.items()
        if reference not in found
    ]
    made = queries.insert_orders(session, new)
    _tell(session, made, first=first, intake=intake)
    return {**found, **made}, len(new)


def _tell(
    session: Session,
    made: Mapping[str, KnownOrder],
    *,
    first: Mapping[str, SoldLine],
    intake: OrderIntake,
) -> None:
    events.record_many(
        session,
        [
            placed_fact(
                order.id,
                contact_id=order.contact_id,
                reference=reference,
                at=first[reference].at,
                intake=intake,
            )
            for reference, order in made.items()
            if first[reference].quantity > 0
        ],
    )


def _order_row(line: SoldLine, intake: OrderIntake) -> dict[str, object]:
    return {
        "source": intake.source,
        "reference": line.reference,
        "country": line.country,
        "currency": intake.currency,
        "placed_at": line.at,
        "job_id": intake.job_id,
    }


def _line_row(order: KnownOrder, line: SoldLine) -> dict[str, object]:
    return {
        "order_id": order.id,
        "line": line.line,
        "code": line.code,
        "description": line.description,
        "quantity": line.quantity,
        "unit_price_minor": line.price_minor,
    }
