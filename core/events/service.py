"""Record facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from core import outbox
from core.events import queries
from core.events.models import Event

LANE = "events"


@dataclass(frozen=True)
class Fact:
    """Something that happened. `dedup_key` is unique within its source."""

    name: str
    source: str
    dedup_key: str
    occurred_at: datetime
    subject_type: str | None = None
    subject_id: int | None = None
    contact_id: int | None = None
    department_id: int | None = None
    properties: Mapping[str, object] = field(default_factory=dict)
    batch: str | None = None
    is_held: bool = False


def record(session: Session, fact: Fact) -> int | None:
    """Write the event in this transaction and return its id; None when it was known already."""
    found = queries.insert_new(session, [_values(fact)])
    if not fact.is_held:
        outbox.poke(session, LANE)
    return found[0] if found else None


def record_many(session: Session, facts: list[Fact]) -> None:
    """Write many events in one statement; known ones are left as they are."""
    if not facts:
        return
    queries.insert_new(session, [_values(fact) for fact in facts])
    if not all(fact.is_held for fact in facts):
        outbox.poke(session, LANE)


def release(session: Session, *, batch: str) -> None:
    """Let the events of an import be reacted to, now that its last row is in."""
    queries.release_batch(session, batch)
    outbox.poke(session, LANE)


def _values(fact: Fact) -> dict[str, object]:
    values = {name: getattr(fact, name) for name in Fact.__dataclass_fields__}
    return {**values, "properties": dict(fact.properties)}


__all__ = ["LANE", "Event", "Fact", "record", "record_many", "release"]
