"""Rows of topics, consent events and suppressions."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from core.consent.terms import (
    ConsentState,
    SuppressionReason,
    ThrowawayRule,
    TopicClass,
    TopicRule,
)
from core.db import Row, choice, document, maybe_ref, ref


class Topic(Row, table=True):
    """A kind of mail one can subscribe to. promises: what comes and how often, by language.

    is_visible: offered in the preference centre; is_public: may be joined by a public form.
    """

    __tablename__ = "topic"

    key: str = Field(max_length=60, unique=True)
    names: dict[str, str] = document()
    promises: dict[str, str] = document()
    klass: TopicClass = choice(TopicClass, default=TopicClass.PROMOTIONAL)
    rule: TopicRule = choice(TopicRule)
    department_id: int | None = maybe_ref("department")
    is_visible: bool = True
    is_public: bool = False
    is_double: bool = True
    is_active: bool = True
    text_version: int = 1
    version: int = 1


class ConsentText(Row, table=True):
    """The words a person agreed to: one version of a topic's name and promise; never changed."""

    __tablename__ = "consent_text"
    __table_args__ = (UniqueConstraint("topic_id", "number"),)

    topic_id: int = ref("topic")
    number: int
    texts: dict[str, str] = document()


class ConsentEvent(Row, table=True):
    """A step of a person's consent to a topic, append-only; the newest one holds."""

    __tablename__ = "consent_event"
    __table_args__ = (Index("ix_consent_event_latest", "contact_id", "topic_id", "id"),)

    contact_id: int = ref("contact", index=False)
    topic_id: int = ref("topic")
    state: ConsentState = choice(ConsentState)
    basis: str = Field(default="", max_length=80)
    text_version: str = Field(default="", max_length=40)
    source: str = Field(default="", max_length=80)
    ip: str | None = Field(default=None, max_length=45)
    at: datetime
    actor: str = Field(default="", max_length=80)
    seal: str = Field(default="", max_length=64)
    change_set_id: int | None = maybe_ref("change_set")


class Subscription(Row, table=True):
    """Where a person stands with a topic now: the newest consent event, kept for fast reading."""

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("contact_id", "topic_id"),
        Index("ix_subscription_state", "topic_id", "state", "contact_id"),
    )

    contact_id: int = ref("contact", index=False)
    topic_id: int = ref("topic", index=False)
    state: ConsentState = choice(ConsentState)
    since: datetime


class Preference(Row, table=True):
    """What a person asked of us for all mail: a pause, and at most so many in a period."""

    __tablename__ = "preference"

    contact_id: int = ref("contact", unique=True)
    paused_from: datetime | None = None
    paused_until: datetime | None = None
    at_most: int | None = None
    window_s: int | None = None


class Suppression(Row, table=True):
    """A ban on an address, or on a person whatever the address, with its reason.

    address_hash: the keyed hash that alone is kept of an erased address.
    """

    __tablename__ = "suppression"

    address_id: int | None = maybe_ref("address", ondelete="CASCADE")
    contact_id: int | None = maybe_ref("contact", ondelete="CASCADE")
    address_hash: str | None = Field(default=None, max_length=64, index=True)
    reason: SuppressionReason = choice(SuppressionReason)
    note: str = Field(default="", max_length=300)
    placed_at: datetime
    lifted_at: datetime | None = None


class BlockedDomain(Row, table=True):
    """A mail domain from which nobody is taken in by forms or imports."""

    __tablename__ = "blocked_domain"

    domain: str = Field(max_length=253, unique=True)


class AllowedDomain(Row, table=True):
    """A mail domain from which people are taken in, whatever a longer list says of it."""

    __tablename__ = "allowed_domain"

    domain: str = Field(max_length=253, unique=True)


class Policy(Row, table=True):
    """The one row of how people are taken in and let go (`terms.HouseRules`)."""

    __tablename__ = "consent_policy"

    throwaway: ThrowawayRule = choice(ThrowawayRule)
    takes_only_allowed: bool
    asks_twice: bool
    erasure_waits: bool
    answer_days: int
    version: int = 1
