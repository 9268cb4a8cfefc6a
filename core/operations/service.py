"""Verbs of stock: keep items, move them, count them, look at them.

Whatever brings an item to its reorder point, or above it again, leaves an event in the same
transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from core import ids
from core.access import rules as access_rules
from core.access.service import require_on, verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.errors import Conflict, Invalid, NotFound
from core.operations import inputs, ledger, queries, rules
from core.operations.models import StockItem, StockMovement
from core.operations.terms import (
    DayLevel,
    ItemChange,
    Move,
    MovementKind,
    NewItem,
    Page,
    StockFilter,
    StockSort,
    StockTiles,
)

PAGE_SIZE = 50
MOST_AT_ONCE = 500
MOST_DAYS = 400
P = Permission


@dataclass(frozen=True)
class Change:
    """What the audit log keeps of an act."""

    action: str
    item: StockItem
    before: Mapping[str, object] | None = None
    after: Mapping[str, object] | None = None


@verb(P.STOCK_EDIT, audit="stock.added")
def add_item(session: Session, actor: Actor, *, new: NewItem, now: datetime) -> StockItem:
    """Return a new item with its opening count; one that begins low counts as fallen.

    Raises:
        Invalid: At the field at fault.
        Conflict: "stock.code_taken".
    """
    checked = inputs.checked_item(new)
    require_on(actor, P.STOCK_EDIT, department_id=checked.department_id)
    if queries.item_of_code(session, checked.code) is not None:
        raise Conflict("stock.code_taken", field="code", code=checked.code)
    item = StockItem(
        public_id=ids.public_id("itm", now),
        code=checked.code,
        name=checked.name,
        search_key=inputs.item_search_key(checked.code, checked.name, checked.category),
        category=checked.category,
        unit=checked.unit,
        reorder_point=checked.reorder_point,
        department_id=checked.department_id,
    )
    session.add(item)
    session.flush()
    opening = Move(MovementKind.OPENING, checked.on_hand)
    ledger.write_opening(session, item, opening, user_id=_user_id(actor), now=now)
    _record(session, actor, Change("stock.added", item, after=_described(item)), now=now)
    return item


@verb(P.STOCK_EDIT, audit="stock.changed")
def change_item(
    session: Session, actor: Actor, *, item_id: int, version: int, change: ItemChange, now: datetime
) -> StockItem:
    """Return the item with this change taken over; what is absent stays.

    Raises:
        Invalid: At the field at fault.
        Conflict: "stock.changed_meanwhile" when somebody else was faster.
    """
    item = _reached(session, actor, item_id)
    if item.version != version:
        raise Conflict("stock.changed_meanwhile")
    before = _described(item)
    checked = inputs.checked_change(change)
    point = checked.pop("reorder_point", item.reorder_point)
    for name, text in checked.items():
        setattr(item, name, text)
    item.search_key = inputs.item_search_key(item.code, item.name, item.category)
    item.version += 1
    ledger.set_point(session, item, point, now=now)
    _record(session, actor, Change("stock.changed", item, before, _described(item)), now=now)
    return item


@verb(P.STOCK_EDIT, audit="stock.reorder_points_set")
def set_reorder_points(
    session: Session, actor: Actor, *, points: Mapping[int, int], now: datetime
) -> Sequence[StockItem]:
    """Return these items, by id, with their new reorder points: all of them or none.

    Raises:
        Invalid: "stock.too_many_at_once", or at "reorder_point".
        NotFound: "stock.missing".
    """
    if len(points) > MOST_AT_ONCE:
        raise Invalid("stock.too_many_at_once", limit=MOST_AT_ONCE)
    items = queries.items_for_update(session, points.keys())
    if len(items) != len(points):
        raise NotFound("stock.missing")
    before, after = {}, {}
    for item in items:
        require_on(actor, P.STOCK_EDIT, department_id=item.department_id)
        point = inputs.clean_count("reorder_point", points[item.id])
        if point != item.reorder_point:
            before[item.code], after[item.code] = item.reorder_point, point
            item.version += 1
            ledger.set_point(session, item, point, now=now)
    audit.record(session, actor, "stock.reorder_points_set", now=now, before=before, after=after)
    return items


@verb(P.STOCK_EDIT, audit="stock.adjusted")
def adjust_stock(
    session: Session, actor: Actor, *, item_id: int, counted: int, now: datetime, note: str = ""
) -> StockItem:
    """Return the item with the count somebody typed, after counting by hand.

    Raises:
        Invalid: "number.negative" or "number.too_large" at "counted", or at "note".
        Conflict: "stock.archived".
    """
    item = _in_use(session, actor, item_id)
    counted = inputs.clean_count("counted", counted)
    before = item.on_hand
    move = Move(MovementKind.COUNT, counted - before, note=note)
    ledger.write_move(session, item, move, user_id=_user_id(actor), now=now)
    change = Change("stock.adjusted", item, {"on_hand": before}, {"on_hand": counted})
    _record(session, actor, change, now=now)
    return item


@verb(P.STOCK_EDIT, audit="stock.moved")
def move_stock(
    session: Session, actor: Actor, *, item_id: int, move: Move, now: datetime
) -> StockMovement:
    """Return the movement of so many pieces in or out; one with a known key is not made again.

    An issue or a sale may take the count below zero: the item is then oversold.

    Raises:
        Invalid: `stock.*` or `number.*` at the field.
        Conflict: "stock.archived", or "stock.key_used" when the key means another movement.
    """
    item = _in_use(session, actor, item_id)
    signed = replace(move, quantity=inputs.signed_quantity(move.kind, move.quantity))
    if move.source_key:
        known = queries.movement_of_key(session, move.source, move.source_key)
        if known is not None:
            return ledger.same(known, item, signed)
    before = item.on_hand
    movement = ledger.write_move(session, item, signed, user_id=_user_id(actor), now=now)
    change = Change("stock.moved", item, {"on_hand": before}, {"on_hand": item.on_hand})
    _record(session, actor, change, now=now)
    return movement


@verb(P.STOCK_EDIT, audit="stock.archived")
def archive_item(
    session: Session, actor: Actor, *, item_id: int, version: int, now: datetime
) -> StockItem:
    """Return the item, put away: it is in no list and no figure, and warns nobody."""
    item = _reached(session, actor, item_id)
    if item.version != version:
        raise Conflict("stock.changed_meanwhile")
    if not item.is_archived:
        item.is_archived, item.version = True, item.version + 1
        _record(session, actor, Change("stock.archived", item), now=now)
    return item


@verb(P.STOCK_EDIT, audit="stock.restored")
def restore_item(
    session: Session, actor: Actor, *, item_id: int, version: int, now: datetime
) -> StockItem:
    """Return the item, in use again; one that is low counts as fallen now."""
    item = _reached(session, actor, item_id)
    if item.version != version:
        raise Conflict("stock.changed_meanwhile")
    if item.is_archived:
        item.is_archived, item.version = False, item.version + 1
        ledger.tell_restored(session, item, now=now)
        _record(session, actor, Change("stock.restored", item), now=now)
    return item


@verb(P.STOCK_VIEW, audit=None)
def list_items(
    session: Session,
    actor: Actor,
    *,
    wanted: StockFilter | None = None,
    sort: StockSort = StockSort.CODE,
    offset: int = 0,
    limit: int = PAGE_SIZE,
) -> Page[StockItem]:
    """Return one page of the items that match, and how many do."""
    return queries.page(session, wanted or StockFilter(), departments=_departments(actor),
                        sort=sort, offset=offset, limit=limit)  # fmt: skip


@verb(P.STOCK_VIEW, audit=None)
def item(session: Session, actor: Actor, *, item_id: int) -> StockItem:
    """Return one item; raises NotFound "stock.missing"."""
    return _visible(actor, queries.item(session, item_id))


@verb(P.STOCK_VIEW, audit=None)
def item_of_code(session: Session, actor: Actor, *, code: str) -> StockItem:
    """Return the item of this code, typed in any digits; raises NotFound "stock.missing"."""
    return _visible(actor, queries.item_of_code(session, inputs.clean_code(code)))


@verb(P.STOCK_VIEW, audit=None)
def tiles(session: Session, actor: Actor) -> StockTiles:
    """Return stock in figures: items, low, oversold, out."""
    return queries.tiles(session, _departments(actor))


@verb(P.STOCK_VIEW, audit=None)
def categories(session: Session, actor: Actor) -> Sequence[str]:
    """Return the categories in use, in order."""
    return queries.categories(session, _departments(actor))


@verb(P.STOCK_VIEW, audit=None)
def movements(
    session: Session,
    actor: Actor,
    *,
    item_id: int | None = None,
    kind: MovementKind | None = None,
    offset: int = 0,
    limit: int = PAGE_SIZE,
) -> Page[tuple[StockMovement, StockItem]]:
    """Return movements with their items, of one item or of all, the latest first."""
    return queries.movements(session, item_id=item_id, kind=kind, departments=_departments(actor),
                             offset=offset, limit=limit)  # fmt: skip


@verb(P.STOCK_VIEW, audit=None)
def daily_levels(
    session: Session, actor: Actor, *, item_id: int, since: date, until: date, zone: str
) -> list[DayLevel]:
    """Return what was on hand at the end of each local day, both included; at most 400 days."""
    _visible(actor, queries.item(session, item_id))
    place = ZoneInfo(zone)
    since = max(since, until - timedelta(days=MOST_DAYS - 1))
    first = datetime.combine(since, time(), place)
    end = datetime.combine(until + timedelta(days=1), time(), place)
    before = queries.level_before(session, item_id, since=first)
    levels = queries.levels(session, item_id, since=first, until=end)
    return rules.daily_levels(before, levels, since=since, until=until, zone=place)


def _reached(session: Session, actor: Actor, item_id: int) -> StockItem:
    found = queries.item_for_update(session, item_id)
    if found is None:
        raise NotFound("stock.missing")
    require_on(actor, P.STOCK_EDIT, department_id=found.department_id)
    return found


def _in_use(session: Session, actor: Actor, item_id: int) -> StockItem:
    found = _reached(session, actor, item_id)
    if found.is_archived:
        raise Conflict("stock.archived", code=found.code)
    return found


def _visible(actor: Actor, found: StockItem | None) -> StockItem:
    if found is None:
        raise NotFound("stock.missing")
    require_on(actor, P.STOCK_VIEW, department_id=found.department_id)
    return found


def _departments(actor: Actor) -> frozenset[int] | None:
    return access_rules.departments(actor, P.STOCK_VIEW)


def _described(item: StockItem) -> dict[str, object]:
    return {
        "name": item.name,
        "category": item.category,
        "unit": item.unit,
        "reorder_point": item.reorder_point,
    }


def _user_id(actor: Actor) -> int | None:
    return actor.id if actor.kind == "user" else None


def _record(session: Session, actor: Actor, change: Change, *, now: datetime) -> None:
    item = change.item
    audit.record(session, actor, change.action, now=now, subject=item, name=item.name,
                 department_id=item.department_id,
                 before=change.before, after=change.after)  # fmt: skip
