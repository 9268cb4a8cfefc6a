"""Statements over episodes and the notices that told of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, insert, not_, or_, select, update
from sqlmodel import Session, col

from core.alerts import queries
from core.alerts.models import AlertNotice, Episode, EpisodeNotice
from core.alerts.terms import Condition, NoticeKind
from core.db import insert_or_skip
from core.events.models import Event
from core.operations.models import StockItem

_ROWS_AT_ONCE = 500


def open_of_items(session: Session, item_ids: Collection[int]) -> dict[tuple[int, int], Episode]:
    """Return the open episodes of these items by rule and item."""
    statement = select(Episode).where(
        col(Episode.item_id).in_(item_ids), col(Episode.closed_at).is_(None)
    )
    return {(one.rule_id, one.item_id): one for one in session.scalars(statement)}


def read_up_to(session: Session, item_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """Return the newest event that opened or closed an episode, by rule and item."""
    statement = (
        select(
            col(Episode.rule_id),
            col(Episode.item_id),
            func.max(col(Episode.opened_by_event_id)),
            func.max(func.coalesce(col(Episode.closed_by_event_id), 0)),
        )
        .where(col(Episode.item_id).in_(item_ids))
        .group_by(col(Episode.rule_id), col(Episode.item_id))
    )
    rows = session.execute(statement)
    return {(rule, item): max(opened, closed) for rule, item, opened, closed in rows}


def open_of_rule(session: Session, rule_id: int) -> Sequence[Episode]:
    """Return the open episodes of a rule."""
    statement = select(Episode).where(
        col(Episode.rule_id) == rule_id, col(Episode.closed_at).is_(None)
    )
    return session.scalars(statement.order_by(col(Episode.id))).all()


def to_open(session: Session, rule_id: int, condition: Condition) -> Sequence[StockItem]:
    """Return the items for which the rule holds, but no episode is open and no event waits."""
    statement = select(StockItem).where(
        queries.covered(condition),
        queries.reached(condition),
        ~select(col(Episode.id))
        .where(
            col(Episode.rule_id) == rule_id,
            col(Episode.item_id) == col(StockItem.id),
            col(Episode.closed_at).is_(None),
        )
        .exists(),
        ~_has_waiting_event(),
    )
    return session.scalars(statement.order_by(col(StockItem.id))).all()


def to_close(
    session: Session, rule_id: int, condition: Condition
) -> Sequence[tuple[Episode, StockItem]]:
    """Return the open episodes, with their items, for which the rule holds no more.

    Items with an event that waits are left to that event.
    """
    statement = (
        select(Episode, StockItem)
        .join(StockItem, col(StockItem.id) == col(Episode.item_id))
        .where(
            col(Episode.rule_id) == rule_id,
            col(Episode.closed_at).is_(None),
            not_(and_(queries.covered(condition), queries.reached(condition))),
            ~_has_waiting_event(),
        )
    )
    rows = session.execute(statement.order_by(col(Episode.id))).all()
    return [(episode, item) for episode, item in rows]


def _has_waiting_event() -> ColumnElement[bool]:
    return (
        select(col(Event.id))
        .where(
            col(Event.subject_type) == "stock_item",
            col(Event.subject_id) == col(StockItem.id),
            col(Event.dispatched_at).is_(None),
        )
        .exists()
    )


def insert_new(session: Session, new: Sequence[Episode]) -> int:
    """Insert the episodes that no unique key knows yet; return how many were new."""
    rows = [episode.model_dump(exclude={"id"}) for episode in new]
    count = 0
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows[start : start + _ROWS_AT_ONCE]
        statement = insert_or_skip(session, Episode, part).returning(col(Episode.id))
        count += len(session.scalars(statement).all())
    return count


def event_id(session: Session, source: str, dedup_key: str) -> int:
    """Return the id of an event that is known to exist."""
    statement = select(col(Event.id)).where(
        col(Event.source) == source, col(Event.dedup_key) == dedup_key
    )
    return session.scalars(statement).one()


def waiting_batches(session: Session, batches: Iterable[str | None]) -> set[str]:
    """Return which of these batches have an event that nobody has reacted to."""
    named = {batch for batch in batches if batch is not None}
    if not named:
        return set()
    statement = select(col(Event.batch)).where(
        col(Event.batch).in_(named), col(Event.dispatched_at).is_(None)
    )
    return {batch for batch in session.scalars(statement.distinct()) if batch is not None}


def untold(session: Session, rule_ids: Collection[int]) -> Sequence[Episode]:
    """Return the open episodes of these rules that nobody was told of.

    Those of an import that still has events waiting are left out.
    """
    is_untold = and_(col(Episode.told_at).is_(None), col(Episode.closed_at).is_(None))
    batches = session.scalars(select(col(Episode.batch)).where(is_untold).distinct()).all()
    statement = select(Episode).where(
        is_untold,
        col(Episode.rule_id).in_(rule_ids),
        or_(
            col(Episode.batch).is_(None),
            col(Episode.batch).not_in(waiting_batches(session, batches)),
        ),
    )
    return session.scalars(statement.order_by(col(Episode.id))).all()


def owed_recoveries(session: Session) -> list[Episode]:
    """Return the closed episodes whose recovery is still to be told, imports as in `untold`."""
    statement = select(Episode).where(col(Episode.recovery_due_at).is_not(None))
    owed = session.scalars(statement.order_by(col(Episode.id))).all()
    waiting = waiting_batches(session, {episode.closed_batch for episode in owed})
    return [episode for episode in owed if episode.closed_batch not in waiting]


def due_nags(session: Session, rule_ids: Collection[int], *, now: datetime) -> Sequence[Episode]:
    """Return the open, told, unacknowledged episodes of these rules whose reminder is due."""
    statement = select(Episode).where(
        col(Episode.next_nag_at) <= now,
        col(Episode.closed_at).is_(None),
        col(Episode.acknowledged_at).is_(None),
        col(Episode.told_at).is_not(None),
        col(Episode.rule_id).in_(rule_ids),
    )
    return session.scalars(statement.order_by(col(Episode.id))).all()


def acknowledge(
    session: Session, episode_ids: Collection[int], *, by_id: int | None, now: datetime
) -> list[int]:
    """Mark those of these episodes that are open and in nobody's hands; return their ids."""
    marked: list[int] = []
    for part in queries.parts(episode_ids):
        statement = (
            update(Episode)
            .where(
                col(Episode.id).in_(part),
                col(Episode.acknowledged_at).is_(None),
                col(Episode.closed_at).is_(None),
            )
            .values(acknowledged_at=now, acknowledged_by_id=by_id, next_nag_at=None)
            .returning(col(Episode.id))
        )
        marked += session.scalars(statement).all()
    return sorted(marked)


def renew_nags(session: Session, rule_id: int, *, next_nag_at: datetime | None) -> None:
    """Set the next reminder of the open, told, unacknowledged episodes of a rule."""
    session.execute(
        update(Episode)
        .where(
            col(Episode.rule_id) == rule_id,
            col(Episode.told_at).is_not(None),
            col(Episode.acknowledged_at).is_(None),
            col(Episode.closed_at).is_(None),
        )
        .values(next_nag_at=next_nag_at)
    )


def one(session: Session, episode_id: int) -> Episode | None:
    """Return the episode with this id."""
    return session.get(Episode, episode_id)


def insert_notice(session: Session, *, kind: NoticeKind, key: str, contact_id: int) -> int | None:
    """Insert a notice and return its id; None when its key is known already."""
    row = {"kind": kind, "key": key, "contact_id": contact_id}
    statement = insert_or_skip(session, AlertNotice, [row]).returning(col(AlertNotice.id))
    return session.scalars(statement).first()


def link_notice(
    session: Session, notice_id: int, *, message_id: int, episode_ids: Sequence[int]
) -> None:
    """Note which message carries a notice, and of which episodes it tells."""
    session.execute(
        update(AlertNotice).where(col(AlertNotice.id) == notice_id).values(message_id=message_id)
    )
    if episode_ids:
        rows = [{"episode_id": one, "notice_id": notice_id} for one in episode_ids]
        session.execute(insert(EpisodeNotice), rows)


def notice(session: Session, notice_id: int) -> AlertNotice | None:
    """Return the notice with this id."""
    return session.get(AlertNotice, notice_id)


def ids_of_notice(session: Session, notice_id: int) -> Sequence[int]:
    """Return the episodes a notice tells of."""
    statement = select(col(EpisodeNotice.episode_id)).where(
        col(EpisodeNotice.notice_id) == notice_id
    )
    return session.scalars(statement.order_by(col(EpisodeNotice.episode_id))).all()


def told_people(session: Session, episode_ids: Collection[int]) -> dict[int, set[int]]:
    """Return the contacts who were told of each of these episodes."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    told = select(col(EpisodeNotice.episode_id), col(AlertNotice.contact_id)).join(
        AlertNotice, col(AlertNotice.id) == col(EpisodeNotice.notice_id)
    )
    for part in queries.parts(episode_ids):
        for episode_id, contact_id in session.execute(
            told.where(col(EpisodeNotice.episode_id).in_(part))
        ):
            found[episode_id].add(contact_id)
    return found
