"""Statements that notices need across people, tasks, accounts and messages."""

from sqlalchemy import CursorResult, func, update
from sqlmodel import Session, col, select

from core.accounts.models import User
from core.activities.models import Task
from core.contacts.models import Contact, ContactIdentity
from core.contacts.terms import IdentityKind
from core.messages.models import Message
from core.messages.terms import MessageStatus


def contact_at(session: Session, normalised: str) -> Contact | None:
    """Return the person with this email address."""
    statement = (
        select(Contact)
        .join(ContactIdentity, col(ContactIdentity.contact_id) == col(Contact.id))
        .where(
            ContactIdentity.kind == IdentityKind.EMAIL,
            ContactIdentity.normalised == normalised,
        )
    )
    return session.exec(statement).first()


def user_at(session: Session, normalised: str) -> User | None:
    """Return the account of the person with this email address."""
    statement = (
        select(User)
        .join(ContactIdentity, col(ContactIdentity.contact_id) == col(User.contact_id))
        .where(
            ContactIdentity.kind == IdentityKind.EMAIL,
            ContactIdentity.normalised == normalised,
        )
    )
    return session.exec(statement).first()


def open_task_count(session: Session, user_id: int) -> int:
    """Return how many tasks this account still has to do."""
    statement = select(func.count()).select_from(Task)
    return session.exec(
        statement.where(Task.owner_id == user_id, col(Task.done_at).is_(None))
    ).one()


def hand_over_tasks(session: Session, *, from_id: int, to_id: int) -> int:
    """Give the open tasks of one account to another; return how many."""
    statement = (
        update(Task)
        .where(col(Task.owner_id) == from_id, col(Task.done_at).is_(None))
        .values(owner_id=to_id, version=Task.version + 1)
    )
    return _count(session.execute(statement))


def owned_contact_count(session: Session, user_id: int) -> int:
    """Return how many contacts this account owns."""
    statement = select(func.count()).select_from(Contact)
    return session.exec(statement.where(Contact.owner_id == user_id)).one()


def hand_over_contacts(session: Session, *, from_id: int, to_id: int) -> int:
    """Give the contacts of one account to another; return how many."""
    statement = (
        update(Contact)
        .where(col(Contact.owner_id) == from_id)
        .values(owner_id=to_id, version=Contact.version + 1)
    )
    return _count(session.execute(statement))


def waiting_count(session: Session) -> int:
    """Return how many messages are queued, whenever they fall due."""
    statement = select(func.count()).select_from(Message)
    return session.exec(statement.where(Message.status == MessageStatus.QUEUED)).one()


def newest_about(session: Session, *, subject_type: str, subject_id: int) -> Message | None:
    """Return the last message that was queued about this subject."""
    statement = select(Message).where(
        Message.subject_type == subject_type, Message.subject_id == subject_id
    )
    return session.exec(statement.order_by(col(Message.id).desc()).limit(1)).first()


def has_contacts_of(session: Session, source: str) -> bool:
    """Return whether anybody came from this source."""
    return (
        session.exec(select(Contact.id).where(Contact.source == source).limit(1)).first()
        is not None
    )


def _count(result: object) -> int:
    assert isinstance(result, CursorResult)  # noqa: S101 - an UPDATE answers so
    return int(result.rowcount)
