"""Rows of segments, their members and personas."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field

from core.contacts.terms import Audience
from core.db import Row, choice, document, maybe_ref, ref
from core.segments.terms import SegmentKind, SegmentState

OPEN = text("left_at IS NULL")


class Segment(Row, table=True):
    """A saved filter over people. tree: the filter tree as data; excludes: ids of segments.

    due_count: how often it was to be computed anew; whoever computes it sees that it was meanwhile.
    """

    __tablename__ = "segment"

    public_id: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=120)
    description: str = Field(default="", max_length=500)
    kind: SegmentKind = choice(SegmentKind)
    audience: Audience = choice(Audience, default=Audience.EXTERNAL)
    tree: dict[str, object] = document()
    excludes: list[int] = document(factory=list)
    department_id: int | None = maybe_ref("department")
    owner_id: int | None = maybe_ref("user")
    state: SegmentState = choice(SegmentState, default=SegmentState.DUE)
    member_count: int = 0
    computed_at: datetime | None = None
    next_at: datetime | None = Field(default=None, index=True)
    due_count: int = 0
    archived_at: datetime | None = None
    version: int = 1


class SegmentMember(Row, table=True):
    """One stay of a person in a segment; `left_at` is empty while it lasts."""

    __tablename__ = "segment_member"
    __table_args__ = (
        Index(
            "uq_segment_member_open", "segment_id", "contact_id", unique=True,
            sqlite_where=OPEN, postgresql_where=OPEN,
        ),
        Index("ix_segment_member_contact", "contact_id", "segment_id"),
    )  # fmt: skip

    segment_id: int = ref("segment")
    contact_id: int = Field(foreign_key="contact.id", ondelete="CASCADE")
    entered_at: datetime
    left_at: datetime | None = None


class Persona(Row, table=True):
    """A person one writes for: a segment told as goals, pains and habits (features S45)."""

    __tablename__ = "persona"

    name: str = Field(max_length=120)
    goals: str = Field(default="", max_length=1000)
    pains: str = Field(default="", max_length=1000)
    motives: str = Field(default="", max_length=1000)
    channel: str = Field(default="email", max_length=24)
    segment_id: int | None = maybe_ref("segment")
    template_ids: list[int] = document(factory=list)
    owner_id: int | None = maybe_ref("user")
    version: int = 1
