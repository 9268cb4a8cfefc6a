"""Statements that show episodes: pages, counts and the moments reaction is measured by."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlmodel import Session, col

from core.alerts import queries
from core.alerts.models import AlertRule, Episode, EpisodeNotice
from core.alerts.terms import EpisodeFilter, EpisodeLine, EpisodePage, EpisodeState, Milestones
from core.contacts.models import Contact
from core.i18n.text import search_key
from core.operations.models import StockItem

Scope = Collection[int] | None
_OPEN = col(Episode.closed_at).is_(None)
_IN_HAND = col(Episode.acknowledged_at).is_not(None)


def page(
    session: Session, wanted: EpisodeFilter, scope: Scope, *, offset: int, limit: int
) -> EpisodePage:
    """Return the episodes of these departments that match, the newest first, and their number."""
    condition = [queries.in_departments(scope), *_conditions(wanted)]
    newest = (col(Episode.opened_at).desc(), col(Episode.id).desc())
    rows = session.execute(_lines().where(*condition).order_by(*newest).offset(offset).limit(limit))
    count = session.scalar(_joined(select(func.count(col(Episode.id)))).where(*condition))
    return EpisodePage(tuple(_line(row) for row in rows), count or 0)


def of_notice(session: Session, notice_id: int) -> tuple[EpisodeLine, ...]:
    """Return the episodes a notice told of, by the name of their item."""
    statement = _lines().join(EpisodeNotice, col(EpisodeNotice.episode_id) == col(Episode.id))
    chosen = statement.where(col(EpisodeNotice.notice_id) == notice_id)
    rows = session.execute(chosen.order_by(col(StockItem.search_key), col(Episode.id)))
    return tuple(_line(row) for row in rows)


def departments_of(session: Session, episode_ids: Collection[int]) -> dict[int, int | None]:
    """Return the department of the rule behind each of these episodes."""
    found: dict[int, int | None] = {}
    for part in queries.parts(episode_ids):
        statement = select(col(Episode.id), col(AlertRule.department_id)).join(
            AlertRule, col(AlertRule.id) == col(Episode.rule_id)
        )
        rows = session.execute(statement.where(col(Episode.id).in_(part)))
        found |= {row[0]: row[1] for row in rows}
    return found


def open_counts(session: Session, scope: Scope) -> tuple[int, int]:
    """Return how many episodes are open, and how many of those are in nobody's hands."""
    statement = (
        select(func.count(), func.count().filter(~_IN_HAND))
        .select_from(Episode)
        .join(AlertRule, col(AlertRule.id) == col(Episode.rule_id))
        .where(_OPEN, queries.in_departments(scope))
    )
    row = session.execute(statement).one()
    return row[0], row[1]


def milestones(session: Session, scope: Scope, *, since: datetime) -> list[Milestones]:
    """Return the moments of the episodes told since then; withdrawn ones are no reaction."""
    statement = (
        select(col(Episode.told_at), col(Episode.acknowledged_at), col(Episode.closed_at))
        .join(AlertRule, col(AlertRule.id) == col(Episode.rule_id))
        .where(
            col(Episode.told_at) >= since,
            col(Episode.is_withdrawn).is_(False),
            queries.in_departments(scope),
        )
    )
    return [
        Milestones(told, taken, closed)
        for told, taken, closed in session.execute(statement)
        if told is not None
    ]


def _joined(statement: Any) -> Select[Any]:
    joined: Select[Any] = (
        statement.select_from(Episode)
        .join(AlertRule, col(AlertRule.id) == col(Episode.rule_id))
        .join(StockItem, col(StockItem.id) == col(Episode.item_id))
        .outerjoin(Contact, col(Contact.id) == col(Episode.acknowledged_by_id))
    )
    return joined


def _lines() -> Select[Any]:
    return _joined(select(Episode, AlertRule, StockItem, Contact))


def _line(row: Any) -> EpisodeLine:
    episode, rule, item, person = row
    return EpisodeLine(
        episode_id=episode.id,
        rule_id=rule.id,
        rule_name=rule.name,
        severity=rule.severity,
        nag=rule.nag,
        item_id=item.id,
        code=item.code,
        name=item.name,
        unit=item.unit,
        on_hand=item.on_hand,
        on_hand_at_open=episode.on_hand_at_open,
        level=episode.level_at_open,
        opened_at=episode.opened_at,
        told_at=episode.told_at,
        next_nag_at=episode.next_nag_at,
        nag_count=episode.nag_count,
        acknowledged_at=episode.acknowledged_at,
        acknowledged_by=f"{person.first_name} {person.last_name}".strip() if person else "",
        closed_at=episode.closed_at,
        is_withdrawn=episode.is_withdrawn,
    )


def _conditions(wanted: EpisodeFilter) -> list[ColumnElement[bool]]:
    given = {
        col(Episode.rule_id): wanted.rule_id,
        col(Episode.item_id): wanted.item_id,
        col(AlertRule.severity): wanted.severity,
    }
    found = [column == value for column, value in given.items() if value is not None]
    found += [_in_state(wanted.state), _with_text(wanted.text)]
    if wanted.since is not None:
        found.append(col(Episode.opened_at) >= wanted.since)
    if wanted.until is not None:
        found.append(col(Episode.opened_at) < wanted.until)
    return found


def _in_state(state: EpisodeState | None) -> ColumnElement[bool]:
    match state:
        case None:
            return true()
        case EpisodeState.OPEN:
            return _OPEN
        case EpisodeState.UNACKNOWLEDGED:
            return _OPEN & ~_IN_HAND
        case EpisodeState.ACKNOWLEDGED:
            return _OPEN & _IN_HAND
        case EpisodeState.CLOSED:
            return ~_OPEN


def _with_text(text: str) -> ColumnElement[bool]:
    key = search_key(text)
    if not key:
        return true()
    code = func.lower(col(StockItem.code))
    return or_(
        col(StockItem.search_key).contains(key, autoescape=True),
        code.contains(key, autoescape=True),
    )
