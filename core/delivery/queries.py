"""Statements over senders, transports and the capture mailbox."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from core.delivery.models import CapturedMail, Sender, Transport

Kept = TypeVar("Kept", Sender, Transport)


def senders(session: Session) -> Sequence[Sender]:
    """Return all senders, the default one first, then by name."""
    statement = select(Sender).order_by(
        col(Sender.is_default).desc(), col(Sender.name), col(Sender.id)
    )
    return session.exec(statement).all()


def default_sender(session: Session) -> Sender | None:
    """Return the sender whose address is used where no other one is named."""
    statement = select(Sender).where(col(Sender.is_default).is_(True)).order_by(col(Sender.id))
    return session.exec(statement).first()


def lock_senders(session: Session) -> Sequence[Sender]:
    """Return all senders, held until the end of the transaction: one of them is the default."""
    statement = select(Sender).order_by(col(Sender.id)).with_for_update()
    return session.exec(statement.execution_options(populate_existing=True)).all()


def clear_default(session: Session) -> None:
    """Leave no sender marked as the default one."""
    session.execute(update(Sender).where(col(Sender.is_default).is_(True)).values(is_default=False))


def transports(session: Session) -> Sequence[Transport]:
    """Return all transports in the order they were made: the first active one is the usual one."""
    return session.exec(select(Transport).order_by(col(Transport.id))).all()


def sender_count(session: Session, transport_id: int) -> int:
    """Return how many senders leave by this transport."""
    statement = select(func.count()).select_from(Sender)
    return session.exec(statement.where(Sender.transport_id == transport_id)).one()


def bind_senders(session: Session, transport_id: int) -> None:
    """Have every sender that names no transport leave by this one."""
    unbound = col(Sender.transport_id).is_(None)
    session.execute(
        update(Sender).where(unbound).values(transport_id=transport_id, version=Sender.version + 1)
    )


def for_update(session: Session, table: type[Kept], row_id: int) -> Kept | None:
    """Return the row as it is now, held until the end of the transaction."""
    return session.get(table, row_id, with_for_update=True, populate_existing=True)


def drop_captured(session: Session, *, before: datetime, limit: int = 500) -> int:
    """Drop mails captured before then, oldest first, and return how many went.

    No more than `limit` at once: each carries the whole mail, and SQLite has one writer.
    """
    old = select(CapturedMail.id).where(col(CapturedMail.received_at) < before)
    oldest = old.order_by(col(CapturedMail.received_at)).limit(limit)
    gone = (
        delete(CapturedMail).where(col(CapturedMail.id).in_(oldest)).returning(col(CapturedMail.id))
    )
    return len(session.execute(gone).all())
