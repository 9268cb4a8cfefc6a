"""Rows of retention rules and of erasures."""

from datetime import datetime

from sqlmodel import Field

from core.db import Row, choice, document, maybe_ref
from core.privacy.terms import RequestState, Wish


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


class PrivacyRequest(Row, table=True):
    """That somebody asked for a copy or to be erased. Of the link in the mail only a hash is kept.

    Once the person is erased the row says that it was done, no longer for whom.
    """

    __tablename__ = "privacy_request"

    reference: str = Field(max_length=40, unique=True)
    contact_id: int | None = maybe_ref("contact")
    wish: Wish = choice(Wish)
    state: RequestState = choice(RequestState, index=True)
    hash: str = Field(max_length=64, unique=True)
    asked_at: datetime
    expires_at: datetime
    due_at: datetime
    settled_at: datetime | None = None
    by_name: str = Field(default="", max_length=80)
