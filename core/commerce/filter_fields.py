"""What can be asked of orders: how many, for how much, how long ago, and of what."""

from sqlalchemy import Float, cast, func
from sqlmodel import col

from core.commerce.facts import PLACED
from core.commerce.models import Order, OrderLine
from core.contacts.filter_fields import table
from core.filters.fields import Aggregate, FilterField, Related, Source
from core.filters.terms import FieldInfo, Kind

_LINES = table(Order).join(table(OrderLine), col(OrderLine.order_id) == col(Order.id))
_OWNER = col(Order.contact_id)
_SPENT = col(OrderLine.quantity) * col(OrderLine.unit_price_minor)


def _field(key: str, kind: Kind, source: Source) -> FilterField:
    info = FieldInfo(key, kind, "orders", f"filter.field.{key}", moved_by=frozenset({PLACED}))
    return FilterField(info, source)


FIELDS: tuple[FilterField, ...] = (
    _field("order.count", Kind.NUMBER,
           Aggregate(_OWNER, func.count(col(Order.id)), table(Order), default=0)),
    _field("order.spent", Kind.NUMBER,
           Aggregate(_OWNER, cast(func.sum(_SPENT), Float), _LINES, default=0)),
    _field("order.last", Kind.MOMENT,
           Aggregate(_OWNER, func.max(col(Order.placed_at)), table(Order))),
    _field("order.first", Kind.MOMENT,
           Aggregate(_OWNER, func.min(col(Order.placed_at)), table(Order))),
    _field("order.products", Kind.CHOICES, Related(_OWNER, col(OrderLine.code), _LINES)),
)  # fmt: skip
