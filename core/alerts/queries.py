"""Statements over alert rules, the people they tell and the items they watch."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.accounts.models import Membership, User
from core.alerts.models import AlertRecipient, AlertRule, Episode
from core.alerts.terms import Condition, Level
from core.db import is_sqlite
from core.jobs.models import Job
from core.jobs.terms import JobKind, JobState
from core.operations.models import StockItem, StockMovement
from core.operations.terms import StockState

TURN = 4_183_001
"""The key of the lock under which episodes are opened, closed and told."""
_KEYS_AT_ONCE = 10_000
_STOCK_IMPORTS = (JobKind.IMPORT_STOCK, JobKind.IMPORT_ORDERS)


def take_turn(session: Session) -> None:
    """Wait until no other transaction opens, closes or tells episodes; held until the commit.

    SQLite has one writer anyway. Without it two workers would tell the same episodes twice, or
    wait for each other's rows for ever.
    """
    if not is_sqlite(session):
        session.execute(select(func.pg_advisory_xact_lock(TURN)))


def rule(session: Session, rule_id: int) -> AlertRule | None:
    """Return the rule with this id."""
    return session.get(AlertRule, rule_id)


def rule_of_key(session: Session, key: str) -> AlertRule | None:
    """Return the rule that comes with Chapar under this key."""
    return session.scalars(select(AlertRule).where(col(AlertRule.key) == key)).first()


def enabled_rules(session: Session) -> Sequence[AlertRule]:
    """Return the rules that are in force."""
    statement = select(AlertRule).where(col(AlertRule.is_enabled).is_(True))
    return session.scalars(statement.order_by(col(AlertRule.id))).all()


def visible_rules(session: Session, departments: Collection[int] | None) -> Sequence[AlertRule]:
    """Return the rules of these departments and of none; None stands for every department."""
    statement = select(AlertRule).where(in_departments(departments)).order_by(col(AlertRule.id))
    return session.scalars(statement).all()


def in_departments(departments: Collection[int] | None) -> ColumnElement[bool]:
    """Return "the rule is of these departments, or of none"; None stands for every department."""
    if departments is None:
        return true()
    mine = col(AlertRule.department_id)
    return or_(mine.is_(None), mine.in_(departments))


def recipients(session: Session, rule_ids: Collection[int]) -> Sequence[AlertRecipient]:
    """Return whom these rules name."""
    statement = select(AlertRecipient).where(col(AlertRecipient.rule_id).in_(rule_ids))
    return session.scalars(statement.order_by(col(AlertRecipient.id))).all()


def replace_recipients(
    session: Session, rule_id: int, *, contact_ids: Iterable[int], department_ids: Iterable[int]
) -> None:
    """Make these, and nobody else, the recipients of a rule."""
    for old in recipients(session, [rule_id]):
        session.delete(old)
    session.flush()
    people = [AlertRecipient(rule_id=rule_id, contact_id=one) for one in dict.fromkeys(contact_ids)]
    groups = [
        AlertRecipient(rule_id=rule_id, department_id=one) for one in dict.fromkeys(department_ids)
    ]
    session.add_all([*people, *groups])
    session.flush()


def members(session: Session, department_ids: Collection[int]) -> dict[int, list[int]]:
    """Return the contacts of the active members of each department."""
    statement = (
        select(col(Membership.department_id), col(User.contact_id))
        .join(User, col(User.id) == col(Membership.user_id))
        .where(col(Membership.department_id).in_(department_ids), col(User.is_active).is_(True))
        .distinct()
        .order_by(col(User.contact_id))
    )
    found: defaultdict[int, list[int]] = defaultdict(list)
    for department_id, contact_id in session.execute(statement):
        found[department_id].append(contact_id)
    return found


def raise_version(session: Session, rule_id: int, version: int) -> bool:
    """Raise the version of a rule if it still is this one; whether it was."""
    statement = (
        update(AlertRule)
        .where(col(AlertRule.id) == rule_id, col(AlertRule.version) == version)
        .values(version=version + 1)
    )
    result: Any = session.execute(statement)
    return bool(result.rowcount)


def open_counts(session: Session, rule_ids: Collection[int]) -> dict[int, int]:
    """Return how many episodes of each rule are open; rules without one are left out."""
    statement = (
        select(col(Episode.rule_id), func.count())
        .where(col(Episode.rule_id).in_(rule_ids), col(Episode.closed_at).is_(None))
        .group_by(col(Episode.rule_id))
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def items(session: Session, item_ids: Collection[int]) -> dict[int, StockItem]:
    """Return these items by id."""
    found: dict[int, StockItem] = {}
    for part in parts(item_ids):
        statement = select(StockItem).where(col(StockItem.id).in_(part))
        found |= {item.id: item for item in session.scalars(statement)}
    return found


def parts(keys: Iterable[int]) -> Iterator[list[int]]:
    """Return the keys in lists that a statement can carry (SQLite takes 32,766 values)."""
    rest = list(keys)
    for start in range(0, len(rest), _KEYS_AT_ONCE):
        yield rest[start : start + _KEYS_AT_ONCE]


def known_codes(session: Session, codes: Collection[str]) -> set[str]:
    """Return which of these item codes exist."""
    statement = select(col(StockItem.code)).where(col(StockItem.code).in_(codes))
    return set(session.scalars(statement))


def covered(condition: Condition) -> ColumnElement[bool]:
    """Return the SQL reading of `rules.covers`; items that were put away are never meant."""
    kept = col(StockItem.is_archived).is_(False)
    if not condition.categories and not condition.codes:
        return kept
    named = or_(
        col(StockItem.category).in_(sorted(condition.categories)),
        col(StockItem.code).in_(sorted(condition.codes)),
    )
    return and_(kept, named)


def reached(condition: Condition) -> ColumnElement[bool]:
    """Return the SQL reading of "its count is at or under the level"; without a number, of no."""
    if condition.level is Level.REORDER_POINT:
        return col(StockItem.state) == StockState.LOW
    return false() if condition.number is None else col(StockItem.on_hand) <= condition.number


def level(condition: Condition) -> Any:
    """Return the SQL reading of `rules.level_of`."""
    if condition.level is Level.NUMBER and condition.number is not None:
        return condition.number
    return col(StockItem.reorder_point)


def low_items(
    session: Session, condition: Condition, *, limit: int
) -> tuple[Sequence[StockItem], int]:
    """Return the items for which a condition holds now, furthest under first, and their number."""
    holds = and_(covered(condition), reached(condition))
    depth = col(StockItem.on_hand) - level(condition)
    statement = select(StockItem).where(holds).order_by(depth, col(StockItem.code)).limit(limit)
    count = session.scalar(select(func.count()).select_from(StockItem).where(holds))
    return session.scalars(statement).all(), count or 0


def some_item(session: Session, condition: Condition) -> StockItem | None:
    """Return an item a condition speaks of: the lowest one."""
    statement = select(StockItem).where(covered(condition))
    return session.scalars(statement.order_by(col(StockItem.on_hand), col(StockItem.id))).first()


def has_running_import(session: Session) -> bool:
    """Return whether stock is being imported, so that counts are on their way."""
    statement = select(col(Job.id)).where(
        col(Job.state) == JobState.RUNNING, col(Job.kind).in_(_STOCK_IMPORTS)
    )
    return session.scalar(statement.limit(1)) is not None


def low_since(
    session: Session, condition: Condition, item_ids: Collection[int]
) -> dict[int, datetime]:
    """Return when each item came to its level: the first movement after the last one above it."""
    above, then = aliased(StockMovement), col(StockMovement.item_id)
    last_above = (
        select(func.coalesce(func.max(col(above.id)), 0))
        .where(col(above.item_id) == then, col(above.on_hand_after) > level(condition))
        .correlate(StockMovement, StockItem)
        .scalar_subquery()
    )
    statement = (
        select(then, func.min(col(StockMovement.at)))
        .join(StockItem, col(StockItem.id) == then)
        .where(then.in_(item_ids), col(StockMovement.id) > last_above)
        .group_by(then)
    )
    return {row[0]: row[1] for row in session.execute(statement)}
