"""The items of one chunk of an import: held, changed in memory in file order, written together."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlmodel import Session

from core import ids
from core.events import service as events
from core.operations import queries
from core.operations.facts import level_fact
from core.operations.inputs import item_search_key
from core.operations.rules import state_of, stock_transition
from core.operations.terms import LevelReason, MovementKind, NewItem, StockState, Transition

_FIELDS = (
    "id", "code", "name", "category", "unit", "on_hand", "reorder_point", "low_since",
    "is_archived", "department_id", "version",
)  # fmt: skip


@dataclass(frozen=True)
class Intake:
    """The import that changes stock: its events wait for its end under the name of its batch."""

    job_id: int
    source: str
    now: datetime
    user_id: int | None = None

    @property
    def batch(self) -> str:
        """The name its events wait under."""
        return batch_of(self.job_id)


def batch_of(job_id: int) -> str:
    """Return the name under which the events of a job wait."""
    return f"job:{job_id}"


@dataclass
class Held:
    """An item in hand. `id` is 0 until it is written for the first time."""

    code: str
    name: str
    category: str
    unit: str
    on_hand: int
    reorder_point: int
    id: int = 0
    low_since: datetime | None = None
    is_archived: bool = False
    department_id: int | None = None
    version: int = 1
    is_changed: bool = False

    @property
    def state(self) -> StockState:
        """Whether it is low now."""
        return state_of(self.on_hand, self.reorder_point)


@dataclass
class Shelf:
    """Items of a chunk. What is done to them is in the store after `write`."""

    session: Session
    intake: Intake
    _items: dict[str, Held] = field(default_factory=dict)
    _movements: list[tuple[Held, dict[str, object]]] = field(default_factory=list)
    _crossings: list[tuple[Held, events.Fact]] = field(default_factory=list)
    _added_count: int = 0

    def hold(self, codes: Iterable[str]) -> None:
        """Bring the known items of these codes into hand."""
        for row in queries.rows_of_codes(self.session, set(codes)):
            self._items[row["code"]] = Held(**{name: row[name] for name in _FIELDS})

    def item(self, code: str) -> Held | None:
        """Return the item in hand."""
        return self._items.get(code)

    def add(self, new: NewItem, *, at: datetime, key: str) -> Held:
        """Return a new item with its opening movement; one born low counts as fallen."""
        held = Held(new.code, new.name, new.category, new.unit, 0, new.reorder_point,
                    department_id=new.department_id, is_changed=True)  # fmt: skip
        self._items[new.code] = held
        self._added_count += 1
        self._move(held, MovementKind.OPENING, new.on_hand, at=at, key=key)
        fresh = Transition(StockState.OK, held.state)
        self._settle(held, fresh, at=at, key=key, reason=LevelReason.ADDED)
        return held

    def move(
        self, held: Held, kind: MovementKind, quantity: int, *, at: datetime, key: str
    ) -> None:
        """Change the count by a signed quantity."""
        before = held.on_hand
        self._move(held, kind, quantity, at=at, key=key)
        transition = stock_transition(before, held.on_hand, held.reorder_point)
        self._settle(held, transition, at=at, key=key, reason=LevelReason.MOVED)

    def count(
        self, held: Held, *, on_hand: int, reorder_point: int, at: datetime, key: str
    ) -> None:
        """Set count and reorder point together; the state is compared once, with both new."""
        before, reason = held.state, LevelReason.REORDER_POINT
        if on_hand != held.on_hand:
            reason = LevelReason.MOVED
            self._move(held, MovementKind.COUNT, on_hand - held.on_hand, at=at, key=key)
        if reorder_point != held.reorder_point:
            held.reorder_point = reorder_point
            self._renew(held)
        self._settle(held, Transition(before, held.state), at=at, key=key, reason=reason)

    def describe(self, held: Held, *, name: str, category: str, unit: str) -> None:
        """Take over what an item is called."""
        if (name, category, unit) != (held.name, held.category, held.unit):
            held.name, held.category, held.unit = name, category, unit
            self._renew(held)

    def restore(self, held: Held, *, at: datetime, key: str) -> None:
        """Bring an item that was put away back into use."""
        held.is_archived = False
        self._renew(held)
        fresh = Transition(StockState.OK, held.state)
        self._settle(held, fresh, at=at, key=key, reason=LevelReason.RESTORED)

    def write(self) -> dict[str, int]:
        """Write everything in hand and return the figures; events wait for the end of the job."""
        changed = [held for held in self._items.values() if held.is_changed]
        self._write_items(changed)
        queries.insert_movements(
            self.session, [{**row, "item_id": held.id} for held, row in self._movements]
        )
        events.record_many(self.session, [self._waiting(*one) for one in self._crossings])
        falls = sum(fact.properties["to"] == StockState.LOW for _, fact in self._crossings)
        return {
            "items_added": self._added_count,
            "movements": len(self._movements),
            "became_low": falls,
            "recovered": len(self._crossings) - falls,
        }

    def _move(
        self, held: Held, kind: MovementKind, quantity: int, *, at: datetime, key: str
    ) -> None:
        held.on_hand += quantity
        held.is_changed = True
        row: dict[str, object] = {
            "kind": kind,
            "quantity": quantity,
            "on_hand_after": held.on_hand,
            "at": at,
            "source": self.intake.source,
            "source_key": key,
            "user_id": self.intake.user_id,
            "job_id": self.intake.job_id,
        }
        self._movements.append((held, row))

    def _settle(
        self, held: Held, transition: Transition, *, at: datetime, key: str, reason: LevelReason
    ) -> None:
        if not transition.is_crossing:
            return
        held.low_since = at if held.state is StockState.LOW else None
        held.is_changed = True
        if not held.is_archived:
            fact = level_fact(held, transition, item_id=held.id, at=at, key=self._key(key),
                              reason=reason)  # fmt: skip
            self._crossings.append((held, fact))

    def _key(self, key: str) -> str:
        return f"{self.intake.source}:{key}"

    def _renew(self, held: Held) -> None:
        held.version += 1
        held.is_changed = True

    def _write_items(self, changed: list[Held]) -> None:
        new = [held for held in changed if not held.id]
        added = queries.insert_items(self.session, [self._new_row(held) for held in new])
        queries.update_items(
            self.session, [{**_columns(held), "id": held.id} for held in changed if held.id]
        )
        for held in new:
            held.id = added[held.code]
        for held in changed:
            held.is_changed = False

    def _new_row(self, held: Held) -> dict[str, object]:
        return {
            **_columns(held),
            "public_id": ids.public_id("itm", self.intake.now),
            "code": held.code,
            "department_id": held.department_id,
        }

    def _waiting(self, held: Held, fact: events.Fact) -> events.Fact:
        return replace(fact, subject_id=held.id, batch=self.intake.batch, is_held=True)


def _columns(held: Held) -> dict[str, object]:
    return {
        "name": held.name,
        "search_key": item_search_key(held.code, held.name, held.category),
        "category": held.category,
        "unit": held.unit,
        "on_hand": held.on_hand,
        "reorder_point": held.reorder_point,
        "state": held.state,
        "low_since": held.low_since,
        "is_archived": held.is_archived,
        "version": held.version,
    }
