"""Rows of messages, attempts, decisions, holds, caps, quiet hours and the ledger of slots."""

from datetime import datetime, time

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from core.contacts.terms import Audience
from core.db import KEY, Row, choice, document, maybe_ref, ref
from core.i18n.terms import Language
from core.messages.terms import (
    CapScope,
    DayRule,
    HoldKind,
    Lane,
    MessageStatus,
    OnCap,
    Outcome,
    Reason,
    WindowKind,
)
from core.templates.terms import MessageClass

READY = text("status = 'queued'")
HELD_BY_WORKER = text("status IN ('leased', 'sending')")
LEFT = text("sent_at IS NOT NULL")


class Message(Row, table=True):
    """One message to one person, from queued to its end.

    transport_id: set where it leaves by this transport even while the capture mailbox is in use.
    values: the plain values its template reads. admitted_at: when admission last said yes;
    the fence compares it with every newer suppression, withdrawal, hold and cancellation.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_ready", "lane", "due_at", postgresql_where=READY, sqlite_where=READY),
        Index(
            "ix_message_leased",
            "lease_until",
            postgresql_where=HELD_BY_WORKER,
            sqlite_where=HELD_BY_WORKER,
        ),
        Index("ix_message_contact", "contact_id", "created_at"),
        Index(
            "ix_message_sent", "contact_id", "sent_at", "status",
            postgresql_where=LEFT, sqlite_where=LEFT,
        ),
        Index("ix_message_subject", "subject_type", "subject_id"),
        Index("ix_message_due", "due_at"),
    )  # fmt: skip

    public_id: str = Field(max_length=40, unique=True)
    dedup_key: str = Field(max_length=160, unique=True)
    status: MessageStatus = choice(MessageStatus, default=MessageStatus.QUEUED)
    lane: Lane = choice(Lane)
    klass: MessageClass = choice(MessageClass)
    audience: Audience = choice(Audience)
    priority: int = Field(default=5, ge=1, le=9)
    on_cap: OnCap = choice(OnCap, default=OnCap.DEFER)
    contact_id: int | None = maybe_ref("contact", ondelete="SET NULL")
    address_id: int | None = maybe_ref("address", ondelete="SET NULL")
    department_id: int | None = maybe_ref("department")
    sender_id: int | None = maybe_ref("sender")
    transport_id: int | None = maybe_ref("transport", ondelete="SET NULL")
    topic_id: int | None = maybe_ref("topic")
    template_version_id: int | None = maybe_ref("template_version", ondelete="RESTRICT")
    language: Language | None = choice(Language, default=None, nullable=True)
    values: dict[str, object] = document()
    subject_text: str = Field(default="", max_length=998)
    subject_type: str | None = Field(default=None, max_length=40)
    subject_id: int | None = Field(default=None, sa_type=KEY)
    batch: str | None = Field(default=None, max_length=80, index=True)
    digest_id: int | None = maybe_ref("message")
    created_by_id: int | None = maybe_ref("user")
    is_manual: bool = False
    due_at: datetime
    expires_at: datetime | None = None
    recall_until: datetime | None = None
    lease_owner: str | None = Field(default=None, max_length=80)
    lease_until: datetime | None = None
    attempt_count: int = 0
    first_tried_at: datetime | None = None
    admitted_at: datetime | None = None
    reserved_at: datetime | None = None
    sent_at: datetime | None = None
    message_id_header: str = Field(default="", max_length=250)
    reason: Reason | None = choice(Reason, default=None, nullable=True)
    reason_detail: str = Field(default="", max_length=512)
    version: int = 1


class Decision(Row, table=True):
    """One verdict of admission, or an act on a message, with the checklist as it was seen."""

    __tablename__ = "decision"

    message_id: int = ref("message")
    at: datetime
    outcome: Outcome = choice(Outcome)
    reason: Reason = choice(Reason)
    detail: str = Field(default="", max_length=512)
    until: datetime | None = None
    checks: list[dict[str, object]] = document(factory=list)


class Delivery(Row, table=True):
    """One attempt to hand a message over, with the server's answer."""

    __tablename__ = "delivery"

    message_id: int = ref("message")
    attempt: int
    transport_id: int | None = maybe_ref("transport")
    started_at: datetime
    ended_at: datetime | None = None
    kind: str = Field(default="", max_length=20)
    stage: str = Field(default="", max_length=20)
    reply_code: int | None = None
    reply_text: str = Field(default="", max_length=512)


class TrackedLink(Row, table=True):
    """An address that mails of ours lead to. digest: of the address, for finding it."""

    __tablename__ = "tracked_link"

    digest: str = Field(max_length=64, unique=True)
    url: str = Field(max_length=4_000)


class Hold(Row, table=True):
    """A stop placed on a person, campaign or enrolment by whoever owns the reason."""

    __tablename__ = "hold"

    contact_id: int | None = maybe_ref("contact", ondelete="CASCADE")
    campaign_id: int | None = Field(default=None, sa_type=KEY, index=True)
    enrolment_id: int | None = Field(default=None, sa_type=KEY, index=True)
    kind: HoldKind = choice(HoldKind)
    source: str = Field(max_length=80)
    placed_at: datetime
    until: datetime | None = None
    released_at: datetime | None = None


class CapRule(Row, table=True):
    """At most `limit` messages of the counted classes per person in a window.

    scope_id NULL with a scope other than the organisation: each department (topic, sender)
    is counted by itself.
    """

    __tablename__ = "cap_rule"

    name: str = Field(max_length=120)
    counted_classes: list[str] = document(factory=list)
    audience: Audience = choice(Audience)
    scope: CapScope = choice(CapScope, default=CapScope.ORGANISATION)
    scope_id: int | None = Field(default=None, sa_type=KEY)
    limit: int = Field(ge=1)
    window_kind: WindowKind = choice(WindowKind, default=WindowKind.ROLLING)
    window_s: int = Field(default=86400, ge=60)
    on_cap: OnCap | None = choice(OnCap, default=None, nullable=True)
    priority: int = 5
    is_enabled: bool = True
    version: int = 1


class SendLedger(SQLModel, table=True):
    """A slot that a message took: the narrow table caps are counted on."""

    __tablename__ = "send_ledger"
    __table_args__ = (
        Index("ix_send_ledger_message", "message_id"),
        Index("ix_send_ledger_counted", "counted_at"),
        {"sqlite_with_rowid": False},
    )

    contact_id: int = Field(
        primary_key=True, sa_type=KEY, foreign_key="contact.id", ondelete="CASCADE"
    )
    counted_at: datetime = Field(primary_key=True)
    message_id: int = Field(
        primary_key=True, sa_type=KEY, foreign_key="message.id", ondelete="CASCADE"
    )
    klass: MessageClass = choice(MessageClass)
    audience: Audience = choice(Audience)
    department_id: int | None = Field(default=None, sa_type=KEY)
    topic_id: int | None = Field(default=None, sa_type=KEY)
    sender_id: int | None = Field(default=None, sa_type=KEY)


class QuietRule(Row, table=True):
    """Local hours, and days, in which messages to an audience wait. Overnight is allowed."""

    __tablename__ = "quiet_rule"
    __table_args__ = (UniqueConstraint("audience", "department_id"),)

    audience: Audience = choice(Audience)
    department_id: int | None = maybe_ref("department", ondelete="CASCADE")
    starts: time | None = None
    ends: time | None = None
    weekend: DayRule = choice(DayRule, default=DayRule.SEND)
    holiday: DayRule = choice(DayRule, default=DayRule.SEND)
    is_enabled: bool = True
    version: int = 1


class Exclusion(Row, table=True):
    """A person kept out of a batch by a named list; admission reads it, its owner writes it."""

    __tablename__ = "exclusion"
    __table_args__ = (UniqueConstraint("batch", "contact_id"),)

    batch: str = Field(max_length=80)
    contact_id: int = ref("contact")
    reason: Reason = choice(Reason)
    source: str = Field(default="", max_length=80)


class WorkerHost(Row, table=True):
    """A worker that sends: where its journal lies, and when it was last seen."""

    __tablename__ = "worker_host"

    name: str = Field(max_length=80, unique=True)
    last_seen_at: datetime
