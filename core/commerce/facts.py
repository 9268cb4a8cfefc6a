"""The events of orders, as every department reads them."""

from datetime import datetime

from core.commerce.terms import OrderIntake
from core.events.service import Fact

SOURCE = "commerce"
PLACED = "order.placed"
SUBJECT = "order"


def placed_fact(
    order_id: int,
    *,
    contact_id: int | None,
    reference: str,
    at: datetime,
    intake: OrderIntake,
) -> Fact:
    """Return that somebody has ordered; it waits for the end of the import it came with.

    What was ordered is not told: the lines of one order may come in several pieces. Whoever
    reacts reads them from the order.
    """
    return Fact(
        name=PLACED,
        source=SOURCE,
        dedup_key=f"order:{intake.source}:{reference}",
        occurred_at=at,
        subject_type=SUBJECT,
        subject_id=order_id,
        contact_id=contact_id,
        properties={
            "source": intake.source,
            "reference": reference,
            "currency": intake.currency,
        },
        batch=intake.batch,
        is_held=True,
    )
