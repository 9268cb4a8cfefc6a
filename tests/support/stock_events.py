"""Stock for alert tests: items, and the events that operations records when a count changes."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count

from sqlmodel import Session

from core.alerts import service as alerts
from core.alerts.terms import Reaction
from core.db import transaction
from core.events import queries as events_queries
from core.events.service import Fact, record, release
from core.operations.models import StockItem, StockMovement
from core.operations.terms import MovementKind, StockState

_SERIAL = count(1)


def make_item(
    session: Session,
    code: str,
    *,
    on_hand: int = 100,
    reorder_point: int = 20,
    name: str = "",
    category: str = "",
) -> StockItem:
    low = on_hand <= reorder_point
    item = StockItem(
        public_id=f"sti_{code}",
        code=code,
        name=name or f"Item {code}",
        search_key=(name or f"item {code}").casefold(),
        category=category,
        on_hand=on_hand,
        reorder_point=reorder_point,
        state=StockState.LOW if low else StockState.OK,
    )
    session.add(item)
    session.flush()
    return item


@dataclass
class Stock:
    """Moves items as operations does: a fact for a crossing, or, by hand, for the new count."""

    session: Session
    now: datetime

    def set(
        self, item: StockItem, on_hand: int, *, at: datetime | None = None, batch: str | None = None
    ) -> int | None:
        """Bring the item to this count; in a batch only crossings are told, and held."""
        before, item.on_hand = item.state, on_hand
        item.state = StockState.LOW if on_hand <= item.reorder_point else StockState.OK
        self.session.add(item)
        moved = StockMovement(
            item_id=item.id,
            kind=MovementKind.COUNT,
            quantity=0,
            on_hand_after=on_hand,
            at=at or self.now,
            source="test",
            source_key=f"{next(_SERIAL)}",
        )
        self.session.add(moved)
        self.session.flush()
        crossed = before is not item.state
        if batch and not crossed:
            return None
        properties: dict[str, object] = {
            "code": item.code,
            "name": item.name,
            "on_hand": on_hand,
            "reorder_point": item.reorder_point,
        }
        if crossed:
            properties |= {"from": before.value, "to": item.state.value}
        fact = Fact(
            name="stock.level_changed" if crossed else "stock.counted",
            source="operations",
            dedup_key=f"movement:{moved.id}",
            occurred_at=at or self.now,
            subject_type="stock_item",
            subject_id=item.id,
            properties=properties,
            batch=batch,
            is_held=batch is not None,
        )
        return record(self.session, fact)

    def end(self, batch: str) -> None:
        release(self.session, batch=batch)


def drain(session: Session, *, now: datetime, limit: int = 500) -> Reaction:
    """One round of the event worker: claim, react, tell."""
    found = events_queries.claim_waiting(session, limit=limit, now=now)
    reaction = alerts.react(session, found, now=now)
    alerts.tell(session, now=now)
    return reaction


def drain_all(*, now: datetime, limit: int = 500) -> int:
    """Rounds of the event worker, each in its transaction, until nothing waits."""
    rounds = 0
    while True:
        with transaction() as session:
            found = events_queries.claim_waiting(session, limit=limit, now=now)
            alerts.react(session, found, now=now)
            alerts.tell(session, now=now)
        rounds += 1
        if not found:
            return rounds
