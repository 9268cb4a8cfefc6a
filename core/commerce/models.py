"""Rows of orders."""

from datetime import datetime

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field

from core.db import Row, maybe_ref, ref


class Order(Row, table=True):
    """An order or a credit note; it may have no known customer."""

    __tablename__ = "order"
    __table_args__ = (UniqueConstraint("source", "reference"),)

    source: str = Field(max_length=40)
    reference: str = Field(max_length=60)
    contact_id: int | None = maybe_ref("contact")
    customer_ref: str = Field(default="", max_length=80, index=True)
    country: str = Field(default="", max_length=60)
    currency: str = Field(max_length=3)
    placed_at: datetime = Field(index=True)
    job_id: int | None = maybe_ref("job")


class OrderLine(Row, table=True):
    """One line of an order; a negative quantity is a return. Prices are minor units."""

    __tablename__ = "order_line"
    __table_args__ = (UniqueConstraint("order_id", "line"),)

    order_id: int = ref("order")
    line: int
    code: str = Field(max_length=60, index=True)
    description: str = Field(default="", max_length=300)
    quantity: int
    unit_price_minor: int = Field(sa_type=BigInteger)
