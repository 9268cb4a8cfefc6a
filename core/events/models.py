"""The event row."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from core import clock
from core.db import Row, document, maybe_ref, sparse

WAITING = text("dispatched_at IS NULL AND is_held = false")
WAITING_SQLITE = text("dispatched_at IS NULL AND is_held = 0")


class Event(Row, table=True):
    """A fact with its name, subject and time.

    `is_held` keeps the events of an import from being reacted to until its last row is in;
    `batch` names that import, so that what it raises can be told in one mail.
    """

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("source", "dedup_key"),
        Index("ix_event_waiting", "id", postgresql_where=WAITING, sqlite_where=WAITING_SQLITE),
        Index("ix_event_person", "contact_id", "name", "occurred_at"),
        Index("ix_event_name", "name", "occurred_at", "contact_id"),
        sparse("ix_event_anonymous", "anonymous_id"),
        sparse("ix_event_subject", "subject_type", "subject_id", "occurred_at"),
        sparse("ix_event_batch", "batch"),
        sparse("ix_event_department_id", "department_id"),
    )

    name: str = Field(max_length=80)
    contact_id: int | None = maybe_ref("contact", ondelete="CASCADE", index=False)
    anonymous_id: str | None = Field(default=None, max_length=64)
    subject_type: str | None = Field(default=None, max_length=40)
    subject_id: int | None = Field(default=None)
    department_id: int | None = maybe_ref("department", index=False)
    source: str = Field(max_length=40)
    dedup_key: str = Field(max_length=120)
    occurred_at: datetime
    received_at: datetime = Field(default_factory=clock.now)
    properties: dict[str, object] = document()
    batch: str | None = Field(default=None, max_length=60)
    is_held: bool = False
    dispatched_at: datetime | None = None


class EventName(Row, table=True):
    """What has been seen of the events of one name: the dictionary people pick from.

    properties: key to {"kind": …, "sample": …} as last seen.
    """

    __tablename__ = "event_name"

    name: str = Field(max_length=80, unique=True)
    names: dict[str, str] = document()
    count: int = 0
    first_seen_at: datetime
    last_seen_at: datetime
    properties: dict[str, object] = document()
