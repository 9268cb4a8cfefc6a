"""Statements over topics, consent and suppressions."""

from collections.abc import Collection, Iterable

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from core.consent.models import ConsentEvent, Suppression, Topic
from core.consent.terms import ConsentState, SuppressionReason


def active_suppressions(
    session: Session, *, contact_ids: Collection[int], address_ids: Collection[int]
) -> list[Suppression]:
    """Return the suppressions in force on any of these people or addresses."""
    mine = or_(
        col(Suppression.contact_id).in_(contact_ids), col(Suppression.address_id).in_(address_ids)
    )
    return list(session.exec(select(Suppression).where(mine, col(Suppression.lifted_at).is_(None))))


def find_active(
    session: Session, *, reason: SuppressionReason, contact_id: int | None, address_id: int | None
) -> Suppression | None:
    """Return the suppression in force with this reason, if there is one."""
    statement = select(Suppression).where(
        Suppression.reason == reason,
        Suppression.contact_id == contact_id,
        Suppression.address_id == address_id,
        col(Suppression.lifted_at).is_(None),
    )
    return session.exec(statement).first()


def consent_states(
    session: Session, pairs: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], ConsentState]:
    """Return where each (contact, topic) stands; pairs without any event are left out."""
    wanted = set(pairs)
    if not wanted:
        return {}
    newest = (
        select(func.max(ConsentEvent.id))
        .where(
            col(ConsentEvent.contact_id).in_({contact for contact, _ in wanted}),
            col(ConsentEvent.topic_id).in_({topic for _, topic in wanted}),
        )
        .group_by(col(ConsentEvent.contact_id), col(ConsentEvent.topic_id))
    )
    rows = session.exec(select(ConsentEvent).where(col(ConsentEvent.id).in_(newest))).all()
    states = {(row.contact_id, row.topic_id): row.state for row in rows}
    return {pair: states[pair] for pair in wanted if pair in states}


def topics(session: Session, topic_ids: Collection[int]) -> dict[int, Topic]:
    """Return the topics with these ids."""
    rows = session.exec(select(Topic).where(col(Topic.id).in_(topic_ids))).all()
    return {row.id: row for row in rows}
