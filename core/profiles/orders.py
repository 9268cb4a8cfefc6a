"""The part "orders": what a person bought, newest first, with the sum of each order."""

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.access.terms import Actor, Permission
from core.commerce.models import Order, OrderLine
from core.profiles.parts import Look, Part
from core.profiles.terms import Line, Tone


def read(session: Session, _actor: Actor, look: Look) -> list[Line]:
    """Return the orders; a credit note has a negative sum. Sums are minor units."""
    total = func.coalesce(func.sum(col(OrderLine.quantity) * col(OrderLine.unit_price_minor)), 0)
    statement = (
        select(Order, total, func.count(col(OrderLine.id)))
        .outerjoin(OrderLine, col(OrderLine.order_id) == col(Order.id))
        .where(Order.contact_id == look.contact.id)
        .group_by(col(Order.id))
        .order_by(col(Order.placed_at).desc(), col(Order.id).desc())
        .limit(look.limit)
    )
    if look.before is not None:
        statement = statement.where(col(Order.placed_at) < look.before)
    return [
        Line(
            code="profile.order",
            values={"reference": order.reference},
            note_code="profile.order.sum",
            note_values={"count": count, "money": {"minor": int(sum_), "currency": order.currency}},
            at=order.placed_at,
            tone=Tone.GOOD if sum_ >= 0 else Tone.MUTED,
        )
        for order, sum_, count in session.exec(statement).all()
    ]


PART = Part(name="orders", permission=Permission.CONTACT_VIEW, read=read, has_pages=True)
