"""Rows of alert rules, their recipients, episodes and what was told of them."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field

from core.alerts.terms import Level, Nag, NoticeKind, Severity
from core.db import Row, choice, document, maybe_ref, ref

OPEN = text("closed_at IS NULL")
UNTOLD = text("told_at IS NULL AND closed_at IS NULL")
OWED = text("recovery_due_at IS NOT NULL")


class AlertRule(Row, table=True):
    """When the stock of these items falls to this level, tell these people.

    categories and codes narrow the items; both empty means every item. `key` names the rule
    that comes with Chapar.
    """

    __tablename__ = "alert_rule"

    key: str | None = Field(default=None, max_length=40, unique=True)
    name: str = Field(max_length=120)
    department_id: int | None = maybe_ref("department", ondelete="CASCADE")
    categories: list[str] = document(factory=list)
    codes: list[str] = document(factory=list)
    level: Level = choice(Level, default=Level.REORDER_POINT)
    number: int | None = Field(default=None, sa_type=BigInteger)
    severity: Severity = choice(Severity, default=Severity.WARNING)
    nag: Nag = choice(Nag, default=Nag.OFF)
    tells_recovery: bool = True
    is_enabled: bool = True
    version: int = 1


class AlertRecipient(Row, table=True):
    """Whom a rule tells: one contact, or every active member of a department."""

    __tablename__ = "alert_recipient"
    __table_args__ = (UniqueConstraint("rule_id", "contact_id", "department_id"),)

    rule_id: int = ref("alert_rule")
    contact_id: int | None = maybe_ref("contact", ondelete="CASCADE")
    department_id: int | None = maybe_ref("department", ondelete="CASCADE")


class Episode(Row, table=True):
    """One period in which a rule holds for one item; opens and closes once.

    batch and closed_batch: the imports that opened and closed it. recovery_due_at: set while a
    recovery notice is owed. is_withdrawn: it ended because the rule was changed or switched off,
    or the item put away, not because stock came back.
    """

    __tablename__ = "episode"
    __table_args__ = (
        UniqueConstraint("rule_id", "opened_by_event_id", "item_id"),
        Index(
            "uq_episode_open",
            "rule_id",
            "item_id",
            unique=True,
            postgresql_where=OPEN,
            sqlite_where=OPEN,
        ),
        Index("ix_episode_untold", "id", postgresql_where=UNTOLD, sqlite_where=UNTOLD),
        Index("ix_episode_owed", "id", postgresql_where=OWED, sqlite_where=OWED),
    )

    rule_id: int = ref("alert_rule")
    item_id: int = ref("stock_item")
    opened_at: datetime = Field(index=True)
    opened_by_event_id: int = ref("event")
    level_at_open: int = Field(sa_type=BigInteger)
    on_hand_at_open: int = Field(sa_type=BigInteger)
    batch: str | None = Field(default=None, max_length=60, index=True)
    told_at: datetime | None = Field(default=None, index=True)
    next_nag_at: datetime | None = Field(default=None, index=True)
    nag_count: int = 0
    acknowledged_at: datetime | None = None
    acknowledged_by_id: int | None = maybe_ref("contact")
    closed_at: datetime | None = None
    closed_by_event_id: int | None = maybe_ref("event")
    closed_batch: str | None = Field(default=None, max_length=60)
    is_withdrawn: bool = False
    recovery_due_at: datetime | None = None
    recovery_told_at: datetime | None = None


class AlertNotice(Row, table=True):
    """One mail to one person about one or many episodes. Its id is in the acknowledge link."""

    __tablename__ = "alert_notice"

    kind: NoticeKind = choice(NoticeKind)
    key: str = Field(max_length=120, unique=True)
    contact_id: int = ref("contact")
    message_id: int | None = maybe_ref("message")


class EpisodeNotice(Row, table=True):
    """Which notice told of which episode."""

    __tablename__ = "episode_notice"
    __table_args__ = (UniqueConstraint("episode_id", "notice_id"),)

    episode_id: int = ref("episode")
    notice_id: int = ref("alert_notice")
