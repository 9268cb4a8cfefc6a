"""The events of stock, as other departments read them."""

from datetime import datetime
from typing import Protocol

from core.events.service import Fact
from core.operations.terms import LevelReason, Transition

SOURCE = "operations"
LEVEL_CHANGED = "stock.level_changed"
COUNTED = "stock.counted"
IMPORTED = "stock.imported"
SUBJECT = "stock_item"


class Counted(Protocol):
    """An item, in the store or in hand."""

    code: str
    name: str
    unit: str
    on_hand: int
    reorder_point: int
    department_id: int | None


def counted_fact(item: Counted, *, item_id: int, at: datetime, key: str) -> Fact:
    """Return that a count was changed without crossing the reorder point."""
    return Fact(
        name=COUNTED,
        source=SOURCE,
        dedup_key=key,
        occurred_at=at,
        subject_type=SUBJECT,
        subject_id=item_id,
        department_id=item.department_id,
        properties=_properties(item),
    )


def level_fact(
    item: Counted,
    transition: Transition,
    *,
    item_id: int,
    at: datetime,
    key: str,
    reason: LevelReason,
) -> Fact:
    """Return that an item became low, or is low no more."""
    return Fact(
        name=LEVEL_CHANGED,
        source=SOURCE,
        dedup_key=key,
        occurred_at=at,
        subject_type=SUBJECT,
        subject_id=item_id,
        department_id=item.department_id,
        properties={
            **_properties(item),
            "from": transition.before.value,
            "to": transition.after.value,
            "reason": reason.value,
        },
    )


def _properties(item: Counted) -> dict[str, object]:
    return {
        "code": item.code,
        "name": item.name,
        "unit": item.unit,
        "on_hand": item.on_hand,
        "reorder_point": item.reorder_point,
    }
