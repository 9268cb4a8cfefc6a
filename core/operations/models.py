"""Rows of stock items and their movements."""

from datetime import datetime

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field

from core.db import Row, choice, maybe_ref, ref
from core.operations.terms import MovementKind, StockState


class StockItem(Row, table=True):
    """Something that is kept. Low means at or under its reorder point; below zero is oversold."""

    __tablename__ = "stock_item"

    public_id: str = Field(max_length=40, unique=True)
    code: str = Field(max_length=60, unique=True)
    name: str = Field(max_length=200)
    search_key: str = Field(default="", max_length=300, index=True)
    category: str = Field(default="", max_length=80, index=True)
    unit: str = Field(default="", max_length=30)
    on_hand: int = Field(default=0, sa_type=BigInteger)
    reorder_point: int = Field(default=0, ge=0, sa_type=BigInteger)
    state: StockState = choice(StockState, default=StockState.OK, index=True)
    low_since: datetime | None = None
    department_id: int | None = maybe_ref("department")
    is_archived: bool = False
    version: int = 1


class StockMovement(Row, table=True):
    """One change of a count, in pieces; keyed so that the same line never counts twice."""

    __tablename__ = "stock_movement"
    __table_args__ = (UniqueConstraint("source", "source_key"),)

    item_id: int = ref("stock_item")
    kind: MovementKind = choice(MovementKind)
    quantity: int = Field(sa_type=BigInteger)
    on_hand_after: int = Field(sa_type=BigInteger)
    at: datetime = Field(index=True)
    source: str = Field(max_length=40)
    source_key: str = Field(max_length=120)
    note: str = Field(default="", max_length=300)
    user_id: int | None = maybe_ref("user")
    job_id: int | None = maybe_ref("job")
