"""How one item changes: its count by a movement, its state by comparing; crossings are told."""

from datetime import datetime

from sqlmodel import Session

from core import ids
from core.errors import Conflict
from core.events import service as events
from core.operations import inputs, rules
from core.operations.facts import counted_fact, level_fact
from core.operations.models import StockItem, StockMovement
from core.operations.terms import LevelReason, Move, StockState, Transition


def write_opening(
    session: Session, item: StockItem, move: Move, *, user_id: int | None, now: datetime
) -> None:
    """Give a new item its first count; one born low counts as fallen."""
    movement = _write(session, item, move, user_id=user_id, now=now)
    _settle(session, item, _fresh(item), key=_key(movement), reason=LevelReason.ADDED, now=now)


def write_move(
    session: Session, item: StockItem, move: Move, *, user_id: int | None, now: datetime
) -> StockMovement:
    """Return the movement of a signed quantity; the new count is told, crossing or not."""
    before = item.on_hand
    movement = _write(session, item, move, user_id=user_id, now=now)
    transition = rules.stock_transition(before, item.on_hand, item.reorder_point)
    key = _key(movement)
    _settle(session, item, transition, key=key, reason=LevelReason.MOVED, now=now)
    if not transition.is_crossing:
        events.record(session, counted_fact(item, item_id=item.id, at=now, key=key))
    return movement


def set_point(session: Session, item: StockItem, point: int, *, now: datetime) -> None:
    """Give the item a reorder point, after its version was raised."""
    transition = rules.point_transition(item.on_hand, item.reorder_point, point)
    item.reorder_point = point
    key = _version_key(item)
    _settle(session, item, transition, key=key, reason=LevelReason.REORDER_POINT, now=now)


def tell_restored(session: Session, item: StockItem, *, now: datetime) -> None:
    """Tell of an item that came back into use, if it is low; its version was raised before."""
    key = _version_key(item)
    _settle(session, item, _fresh(item), key=key, reason=LevelReason.RESTORED, now=now)


def same(known: StockMovement, item: StockItem, move: Move) -> StockMovement:
    """Return the known movement; raises Conflict "stock.key_used" when it is another one."""
    if (known.item_id, known.kind, known.quantity) != (item.id, move.kind, move.quantity):
        raise Conflict("stock.key_used", field="source_key")
    return known


def _settle(
    session: Session,
    item: StockItem,
    transition: Transition,
    *,
    key: str,
    reason: LevelReason,
    now: datetime,
) -> None:
    """Bring the state in step; a crossing is told, except of items that were put away."""
    item.state = transition.after
    if transition.is_crossing:
        item.low_since = now if item.state is StockState.LOW else None
        fact = level_fact(item, transition, item_id=item.id, at=now, key=key, reason=reason)
        if not item.is_archived:
            events.record(session, fact)
    session.flush()


def _fresh(item: StockItem) -> Transition:
    """Return the step from not being there to what the item is."""
    return Transition(StockState.OK, rules.state_of(item.on_hand, item.reorder_point))


def _version_key(item: StockItem) -> str:
    return f"item:{item.id}:version:{item.version}"


def _write(
    session: Session, item: StockItem, move: Move, *, user_id: int | None, now: datetime
) -> StockMovement:
    item.on_hand += move.quantity
    movement = StockMovement(
        item_id=item.id,
        kind=move.kind,
        quantity=move.quantity,
        on_hand_after=item.on_hand,
        at=now,
        source=move.source,
        source_key=move.source_key or ids.uuid7(now).hex,
        note=inputs.clean_text("note", move.note),
        user_id=user_id,
    )
    session.add(movement)
    session.flush()
    return movement


def _key(movement: StockMovement) -> str:
    return f"movement:{movement.id}"
