"""Statements over messages: claiming, fencing, and all that admission has to know."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnClause, case, delete, func, literal_column, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core.contacts.models import Contact
from core.messages.models import (
    CapRule,
    Decision,
    Exclusion,
    Hold,
    Message,
    QuietRule,
    SendLedger,
)
from core.messages.terms import CAPPED_CLASSES, Lane, MessageStatus
from core.templates.models import TemplateVersion

QUEUED: ColumnClause[str] = literal_column("'queued'")
LEASED: ColumnClause[str] = literal_column("'leased'")
SENDING: ColumnClause[str] = literal_column("'sending'")


def by_dedup_key(session: Session, key: str) -> Message | None:
    """Return the message that was queued under this key."""
    return session.exec(select(Message).where(Message.dedup_key == key)).first()


def claim(
    session: Session, lane: Lane, *, owner: str, now: datetime, until: datetime, limit: int
) -> Sequence[Message]:
    """Lease up to `limit` due messages of the lane and return them, most pressing first.

    The CTE is kept apart from the UPDATE: PostgreSQL could otherwise run the limit again and
    claim more than it.
    """
    ready = (
        select(Message.id)
        .where(col(Message.status) == QUEUED, Message.lane == lane, Message.due_at <= now)
        .order_by(col(Message.due_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("ready")
    )
    statement = (
        update(Message)
        .where(col(Message.id).in_(select(ready.c.id)))
        .values(
            status=MessageStatus.LEASED,
            lease_owner=owner,
            lease_until=until,
            attempt_count=col(Message.attempt_count) + 1,
        )
        .returning(col(Message.id))
        .execution_options(synchronize_session=False)
    )
    ids = session.execute(statement).scalars().all()
    return mine(session, ids)


def mine(session: Session, ids: Collection[int]) -> Sequence[Message]:
    """Return these messages as they now are, most pressing first."""
    statement = select(Message).where(col(Message.id).in_(ids))
    in_order = (
        col(Message.priority),
        case((col(Message.expires_at).is_(None), 1), else_=0),
        col(Message.expires_at),
        col(Message.id),
    )
    return session.exec(
        statement.order_by(*in_order).execution_options(populate_existing=True)
    ).all()


def fence(
    session: Session, ids: Collection[int], *, owner: str, now: datetime, until: datetime
) -> set[int]:
    """Mark as `sending` those of the messages whose lease is still mine, and return their ids."""
    statement = (
        update(Message)
        .where(
            col(Message.id).in_(ids),
            col(Message.status) == LEASED,
            col(Message.lease_owner) == owner,
            col(Message.lease_until) > now,
        )
        .values(status=MessageStatus.SENDING, lease_until=until)
        .returning(col(Message.id))
        .execution_options(synchronize_session=False)
    )
    return set(session.execute(statement).scalars())


def expired(session: Session, *, now: datetime, limit: int = 500) -> Sequence[Message]:
    """Return messages whose worker let its lease run out."""
    statement = (
        select(Message)
        .where(
            col(Message.status).in_([LEASED, SENDING]),
            col(Message.lease_until) <= now,
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.exec(statement).all()


def held_by_prefix(session: Session, prefix: str) -> Sequence[Message]:
    """Return messages leased by workers whose name begins so."""
    statement = select(Message).where(
        col(Message.status).in_([LEASED, SENDING]),
        col(Message.lease_owner).startswith(prefix, autoescape=True),
    )
    return session.exec(statement.with_for_update(skip_locked=True)).all()


def lock_contacts(session: Session, contact_ids: Collection[int]) -> None:
    """Let no other worker count slots of these people until this transaction ends.

    Sorted, so that two workers cannot wait for each other; in a statement of its own, because
    PostgreSQL takes the snapshot for the probe after the lock only then. SQLite has one writer.
    """
    statement = select(Contact.id).where(col(Contact.id).in_(contact_ids)).order_by(col(Contact.id))
    session.execute(statement.with_for_update()).all()


def ledger_of(
    session: Session, contact_ids: Collection[int], *, since: datetime
) -> Sequence[SendLedger]:
    """Return the slots these people used since then."""
    statement = select(SendLedger).where(
        col(SendLedger.contact_id).in_(contact_ids), SendLedger.counted_at > since
    )
    return session.exec(statement).all()


def planned(
    session: Session, contact_ids: Collection[int], *, now: datetime, until: datetime
) -> Sequence[Message]:
    """Return what else is queued for these people after now, of the classes that caps count."""
    statement = select(Message).where(
        col(Message.contact_id).in_(contact_ids),
        col(Message.status) == QUEUED,
        col(Message.klass).in_(CAPPED_CLASSES),
        Message.due_at > now,
        Message.due_at < until,
    )
    return session.exec(statement).all()


def give_back_slots(session: Session, message_ids: Collection[int]) -> None:
    """Free the slots of messages that were not handed over."""
    session.execute(delete(SendLedger).where(col(SendLedger.message_id).in_(message_ids)))


def purge_ledger(session: Session, *, before: datetime) -> None:
    """Forget slots older than the longest window."""
    session.execute(delete(SendLedger).where(col(SendLedger.counted_at) < before))


def cap_rules(session: Session) -> Sequence[CapRule]:
    """Return the caps that are in force."""
    statement = select(CapRule).where(col(CapRule.is_enabled).is_(True))
    return session.exec(statement.order_by(col(CapRule.id))).all()


def quiet_rules(session: Session) -> Sequence[QuietRule]:
    """Return the quiet hours that are in force."""
    return session.exec(select(QuietRule).where(col(QuietRule.is_enabled).is_(True))).all()


def open_holds(session: Session, contact_ids: Collection[int], *, now: datetime) -> Sequence[Hold]:
    """Return the holds on these people that are neither released nor over."""
    statement = select(Hold).where(
        col(Hold.contact_id).in_(contact_ids),
        col(Hold.released_at).is_(None),
        (col(Hold.until).is_(None)) | (col(Hold.until) > now),
    )
    return session.exec(statement).all()


def exclusions(
    session: Session, batches: Collection[str], contact_ids: Collection[int]
) -> Sequence[Exclusion]:
    """Return who is kept out of these batches."""
    statement = select(Exclusion).where(
        col(Exclusion.batch).in_(batches), col(Exclusion.contact_id).in_(contact_ids)
    )
    return session.exec(statement).all()


def duplicates(session: Session, ids: Collection[int]) -> set[int]:
    """Return those of the messages whose address already got, or is getting, the same batch."""
    other = aliased(Message)
    went = [MessageStatus.LEASED, MessageStatus.SENDING, MessageStatus.SENT,
            MessageStatus.DELIVERED, MessageStatus.BOUNCED, MessageStatus.IN_DOUBT]  # fmt: skip
    statement = (
        select(Message.id)
        .join(
            other,
            (col(other.batch) == col(Message.batch))
            & (col(other.address_id) == col(Message.address_id))
            & (col(other.template_version_id) == col(Message.template_version_id))
            & (col(other.subject_id).is_not_distinct_from(col(Message.subject_id))),
        )
        .where(
            col(Message.id).in_(ids),
            col(Message.batch).is_not(None),
            col(other.id) < col(Message.id),
            col(other.status).in_(went),
        )
    )
    return set(session.exec(statement))


def newest_decisions(session: Session, message_ids: Collection[int]) -> dict[int, Decision]:
    """Return the last decision about each message."""
    newest = (
        select(func.max(Decision.id))
        .where(col(Decision.message_id).in_(message_ids))
        .group_by(col(Decision.message_id))
    )
    rows = session.exec(select(Decision).where(col(Decision.id).in_(newest))).all()
    return {row.message_id: row for row in rows}


def template_versions(session: Session, ids: Collection[int]) -> Sequence[TemplateVersion]:
    """Return these template versions."""
    return session.exec(select(TemplateVersion).where(col(TemplateVersion.id).in_(ids))).all()


def digested_into(session: Session, digest_id: int) -> Sequence[Message]:
    """Return the messages that a digest carries, oldest first."""
    statement = select(Message).where(Message.digest_id == digest_id)
    return session.exec(statement.order_by(col(Message.id))).all()


def next_due(session: Session, lane: Lane, *, until: datetime) -> datetime | None:
    """Return when the next message of the lane is due, or None when none is up to this moment."""
    statement = select(Message.due_at).where(
        col(Message.status) == QUEUED, Message.lane == lane, Message.due_at <= until
    )
    return session.exec(statement.order_by(col(Message.due_at)).limit(1)).first()


def lanes_with_work(session: Session, *, now: datetime) -> list[Lane]:
    """Return the lanes that have a message due."""
    return [
        lane
        for lane in Lane
        if session.exec(
            select(Message.id)
            .where(col(Message.status) == QUEUED, Message.lane == lane, Message.due_at <= now)
            .limit(1)
        ).first()
        is not None
    ]


LONGEST_WINDOW = timedelta(days=30)
