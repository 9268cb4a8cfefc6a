"""Statements over stock items and their movements."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, case, func, insert, or_, true, update
from sqlmodel import Session, SQLModel, col, select

from core.i18n.text import search_key
from core.operations.models import StockItem, StockMovement
from core.operations.terms import (
    Level,
    MovementKind,
    Page,
    StockFilter,
    StockSort,
    StockState,
    StockTiles,
    StockWord,
)

_ITEM = col(StockItem.id)
_ON_HAND = col(StockItem.on_hand)
_WORDS: dict[StockWord, ColumnElement[bool]] = {
    StockWord.OK: col(StockItem.state) == StockState.OK,
    StockWord.LOW: col(StockItem.state) == StockState.LOW,
    StockWord.OUT: _ON_HAND == 0,
    StockWord.OVERSOLD: _ON_HAND < 0,
}
_SORTS: dict[StockSort, Any] = {
    StockSort.CODE: col(StockItem.code),
    StockSort.NAME: col(StockItem.name),
    StockSort.ON_HAND: _ON_HAND,
    StockSort.HEADROOM: _ON_HAND - col(StockItem.reorder_point),
    StockSort.CHANGED: col(StockItem.updated_at).desc(),
}


def item(session: Session, item_id: int) -> StockItem | None:
    """Return the item with this id."""
    return session.get(StockItem, item_id)


def item_of_code(session: Session, code: str) -> StockItem | None:
    """Return the item with exactly this code."""
    return session.exec(select(StockItem).where(StockItem.code == code)).first()


def item_for_update(session: Session, item_id: int) -> StockItem | None:
    """Return the item as it is now, held until the end of the transaction."""
    statement = select(StockItem).where(StockItem.id == item_id).with_for_update()
    return session.exec(statement.execution_options(populate_existing=True)).first()


def items_for_update(session: Session, item_ids: Collection[int]) -> Sequence[StockItem]:
    """Return these items as they are now, held until the end of the transaction."""
    statement = select(StockItem).where(_ITEM.in_(item_ids)).order_by(_ITEM).with_for_update()
    return session.exec(statement.execution_options(populate_existing=True)).all()


def of_departments(departments: Collection[int] | None) -> ColumnElement[bool]:
    """Return the condition that an item is one of theirs, or the organisation's; None is all."""
    if departments is None:
        return true()
    mine = col(StockItem.department_id)
    return or_(mine.is_(None), mine.in_(departments))


def page(
    session: Session,
    wanted: StockFilter,
    *,
    departments: Collection[int] | None,
    sort: StockSort,
    offset: int,
    limit: int,
) -> Page[StockItem]:
    """Return one page of the items that match, and how many do."""
    matches = and_(of_departments(departments), _matches(wanted))
    statement = select(StockItem).where(matches).order_by(_SORTS[sort], col(StockItem.code))
    count = session.exec(select(func.count()).select_from(StockItem).where(matches)).one()
    return Page(session.exec(statement.offset(offset).limit(limit)).all(), count)


def _matches(wanted: StockFilter) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [col(StockItem.is_archived).is_(wanted.is_archived)]
    conditions += [
        col(StockItem.search_key).contains(word, autoescape=True)
        for word in search_key(wanted.search).split()
    ]
    if wanted.category is not None:
        conditions.append(col(StockItem.category) == wanted.category)
    if wanted.word is not None:
        conditions.append(_WORDS[wanted.word])
    return and_(*conditions)


def tiles(session: Session, departments: Collection[int] | None) -> StockTiles:
    """Return stock in figures."""
    shown = and_(of_departments(departments), col(StockItem.is_archived).is_(False))
    sums = [
        func.coalesce(func.sum(case((_WORDS[word], 1), else_=0)), 0)
        for word in (StockWord.LOW, StockWord.OVERSOLD, StockWord.OUT)
    ]
    row = session.execute(select(func.count(), *sums).where(shown)).one()
    return StockTiles(*(int(number) for number in row))


def categories(session: Session, departments: Collection[int] | None) -> Sequence[str]:
    """Return the categories in use, in order."""
    category = col(StockItem.category)
    shown = and_(of_departments(departments), col(StockItem.is_archived).is_(False), category != "")
    return session.exec(select(category).where(shown).distinct().order_by(category)).all()


def movements(
    session: Session,
    *,
    item_id: int | None,
    kind: MovementKind | None,
    departments: Collection[int] | None,
    offset: int,
    limit: int,
) -> Page[tuple[StockMovement, StockItem]]:
    """Return movements with their items, the latest first, and how many there are."""
    matches = of_departments(departments)
    if item_id is not None:
        matches = and_(matches, col(StockMovement.item_id) == item_id)
    if kind is not None:
        matches = and_(matches, col(StockMovement.kind) == kind)
    of_item = col(StockMovement.item_id) == _ITEM
    statement = (
        select(StockMovement, StockItem)
        .join(StockItem, of_item)
        .where(matches)
        .order_by(col(StockMovement.at).desc(), col(StockMovement.id).desc())
    )
    total = select(func.count()).select_from(StockMovement).join(StockItem, of_item).where(matches)
    lines = session.exec(statement.offset(offset).limit(limit)).all()
    return Page([(movement, item) for movement, item in lines], session.exec(total).one())


def movement_of_key(session: Session, source: str, source_key: str) -> StockMovement | None:
    """Return the movement that this source knows under this key."""
    statement = select(StockMovement).where(
        StockMovement.source == source, StockMovement.source_key == source_key
    )
    return session.exec(statement).first()


def levels(session: Session, item_id: int, *, since: datetime, until: datetime) -> list[Level]:
    """Return the counts of an item from `since` to before `until`, in order."""
    at = col(StockMovement.at)
    statement = (
        select(at, StockMovement.on_hand_after)
        .where(StockMovement.item_id == item_id, at >= since, at < until)
        .order_by(at, col(StockMovement.id))
    )
    return [Level(moment, on_hand) for moment, on_hand in session.exec(statement).all()]


def level_before(session: Session, item_id: int, *, since: datetime) -> int:
    """Return the count of an item right before a moment; 0 before its first movement."""
    at = col(StockMovement.at)
    statement = (
        select(StockMovement.on_hand_after)
        .where(StockMovement.item_id == item_id, at < since)
        .order_by(at.desc(), col(StockMovement.id).desc())
    )
    return session.exec(statement.limit(1)).first() or 0


# In bulk, for imports

_ITEMS = SQLModel.metadata.tables["stock_item"]


def rows_of_codes(session: Session, codes: Collection[str]) -> Sequence[RowMapping]:
    """Return the items of these codes as plain rows, held until the end of the transaction.

    They are held in the order of their ids, so that two imports never wait for each other.
    """
    statement = (
        _ITEMS.select().where(_ITEMS.c.code.in_(codes)).order_by(_ITEMS.c.id).with_for_update()
    )
    return session.execute(statement).mappings().all()


def insert_items(session: Session, rows: Sequence[dict[str, object]]) -> dict[str, int]:
    """Insert items and return their ids by code."""
    if not rows:
        return {}
    statement = insert(StockItem).returning(col(StockItem.code), _ITEM)
    return {row.code: row.id for row in session.execute(statement, rows)}


def update_items(session: Session, rows: Sequence[dict[str, object]]) -> None:
    """Update items by id; every row names the same columns."""
    if rows:
        session.execute(update(StockItem), rows)


def insert_movements(session: Session, rows: Sequence[dict[str, object]]) -> None:
    """Insert movements."""
    if rows:
        session.execute(insert(StockMovement), rows)
