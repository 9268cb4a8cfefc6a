"""Rows of topics, consent events and suppressions."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from core.consent.terms import ConsentState, SuppressionReason, TopicRule
from core.db import Row, choice, document, maybe_ref, ref


class Topic(Row, table=True):
    """A kind of mail one can subscribe to."""

    __tablename__ = "topic"

    key: str = Field(max_length=60, unique=True)
    names: dict[str, str] = document()
    rule: TopicRule = choice(TopicRule)
    department_id: int | None = maybe_ref("department")
    is_visible: bool = True


class ConsentEvent(Row, table=True):
    """A step of a person's consent to a topic, append-only; the newest one holds."""

    __tablename__ = "consent_event"
    __table_args__ = (Index("ix_consent_event_latest", "contact_id", "topic_id", "id"),)

    contact_id: int = ref("contact")
    topic_id: int = ref("topic")
    state: ConsentState = choice(ConsentState)
    basis: str = Field(default="", max_length=80)
    text_version: str = Field(default="", max_length=40)
    source: str = Field(default="", max_length=80)
    ip: str | None = Field(default=None, max_length=45)
    at: datetime


class Suppression(Row, table=True):
    """A ban on an address, or on a person whatever the address, with its reason."""

    __tablename__ = "suppression"

    address_id: int | None = maybe_ref("address", ondelete="CASCADE")
    contact_id: int | None = maybe_ref("contact", ondelete="CASCADE")
    reason: SuppressionReason = choice(SuppressionReason)
    note: str = Field(default="", max_length=300)
    placed_at: datetime
    lifted_at: datetime | None = None
