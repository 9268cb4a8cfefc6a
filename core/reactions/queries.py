"""Statements over opens and clicks."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select, update

from core.messages.models import Message, TrackedLink
from core.reactions.models import Reaction
from core.reactions.terms import ReactionKind, Verdict

Visit = tuple[datetime, int]
"""When a network asked for something, and of which mail."""


class Sent(NamedTuple):
    """What reactions need to know of a mail."""

    id: int
    contact_id: int | None
    department_id: int | None
    sent_at: datetime | None


def sent(session: Session, message_ids: Collection[int]) -> dict[int, Sent]:
    """Return these mails by id."""
    statement = select(Message.id, Message.contact_id, Message.department_id, Message.sent_at)
    found = session.exec(statement.where(col(Message.id).in_(message_ids)))
    return {row[0]: Sent(*row) for row in found}


def url_of(session: Session, link_id: int) -> str | None:
    """Return where a link leads."""
    return session.exec(select(TrackedLink.url).where(TrackedLink.id == link_id)).first()


def urls(session: Session, link_ids: Collection[int]) -> dict[int, str]:
    """Return where these links lead, by id."""
    statement = select(TrackedLink.id, TrackedLink.url).where(col(TrackedLink.id).in_(link_ids))
    return dict(session.exec(statement).all())


def waiting(session: Session, *, before: datetime, limit: int) -> Sequence[Reaction]:
    """Return reactions nobody has judged yet that came in up to this moment, oldest first."""
    statement = select(Reaction).where(col(Reaction.verdict).is_(None), Reaction.at <= before)
    return session.exec(statement.order_by(col(Reaction.at), col(Reaction.id)).limit(limit)).all()


def is_waiting(session: Session) -> bool:
    """Return whether some reaction has not been judged."""
    statement = select(Reaction.id).where(col(Reaction.verdict).is_(None)).limit(1)
    return session.exec(statement).first() is not None


def of_messages(session: Session, message_ids: Collection[int]) -> Sequence[Reaction]:
    """Return all reactions to these mails, oldest first."""
    statement = select(Reaction).where(col(Reaction.message_id).in_(message_ids))
    return session.exec(statement.order_by(col(Reaction.at), col(Reaction.id))).all()


def visits(session: Session, network: str, *, since: datetime, until: datetime) -> Sequence[Visit]:
    """Return what one network asked for in this time, oldest first."""
    statement = select(Reaction.at, Reaction.message_id).where(*_by(network, since, until))
    return [(at, mail) for at, mail in session.exec(statement.order_by(col(Reaction.at)))]


def mails_of(session: Session, network: str, *, since: datetime, until: datetime) -> set[int]:
    """Return the mails for which this network was not taken for a machine in this time."""
    statement = select(Reaction.message_id).where(
        *_by(network, since, until), col(Reaction.verdict) != Verdict.MACHINE
    )
    return set(session.exec(statement.distinct()))


def _by(network: str, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Reaction.network) == network,
        col(Reaction.at) >= since,
        col(Reaction.at) <= until,
    )


def forget_networks(session: Session, *, before: datetime) -> None:
    """Forget where reactions from before this moment came from."""
    old = update(Reaction).where(col(Reaction.at) < before, col(Reaction.network) != "")
    session.execute(old.values(network=""))


def links_of(reactions: Collection[Reaction]) -> set[int]:
    """Return the links that were clicked."""
    return {one.link_id for one in reactions if one.kind is ReactionKind.CLICK and one.link_id}
