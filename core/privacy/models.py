"""Rows of retention rules and of erasures."""

from datetime import datetime

from sqlmodel import Field

from core.db import Row, document


class RetentionRule(Row, table=True):
    """How long a kind of data is kept."""

    __tablename__ = "retention_rule"

    kind: str = Field(max_length=40, unique=True)
    days: int
    is_enabled: bool = False
    version: int = 1


class Erasure(Row, table=True):
    """That somebody was erased: when, by whom, how many rows; nothing that says who."""

    __tablename__ = "erasure"

    reference: str = Field(max_length=40, unique=True)
    erased_at: datetime
    by_name: str = Field(default="", max_length=80)
    counts: dict[str, int] = document()
