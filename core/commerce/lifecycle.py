"""Keeps how near people are to the organisation in step with what they ordered and opened."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from core.commerce.facts import PLACED
from core.commerce.rules import lifecycle_of
from core.contacts.models import Contact
from core.contacts.terms import ContactKind, Lifecycle
from core.events.models import Event

BATCH = 2_000


def renew(session: Session, contact_ids: Collection[int], *, now: datetime) -> int:
    """Bring these people into step and return how many had moved. Staff have no such stage."""
    found = 0
    ids = sorted(contact_ids)
    for start in range(0, len(ids), BATCH):
        found += _renew(session, ids[start : start + BATCH], now)
    return found


def renew_next(session: Session, *, after_id: int, now: datetime) -> int:
    """Bring the next people by id into step; return the id to go on behind, 0 after the last."""
    statement = select(Contact.id).where(col(Contact.id) > after_id).order_by(col(Contact.id))
    ids = session.exec(statement.limit(BATCH)).all()
    _renew(session, ids, now)
    return ids[-1] if len(ids) == BATCH else 0


def _renew(session: Session, ids: Collection[int], now: datetime) -> int:
    orders = (
        select(Event.contact_id, func.count(), func.max(col(Event.occurred_at)))
        .where(Event.name == PLACED, col(Event.contact_id).in_(ids))
        .group_by(col(Event.contact_id))
    )
    placed = {who: (count, last) for who, count, last in session.exec(orders)}
    people = select(
        Contact.id, Contact.lifecycle, Contact.engaged_at, Contact.first_touch_at,
        Contact.created_at,
    ).where(col(Contact.id).in_(ids), Contact.kind != ContactKind.EMPLOYEE)  # type: ignore[call-overload]  # fmt: skip
    moved: dict[Lifecycle, list[int]] = {}
    for who, current, engaged_at, touched_at, created_at in session.execute(people):
        count, last = placed.get(who, (0, None))
        stage = lifecycle_of(count, last_order_at=last, engaged_at=engaged_at,
                             known_since=touched_at or created_at, now=now)  # fmt: skip
        if stage is not current:
            moved.setdefault(stage, []).append(who)
    for stage, who in moved.items():
        session.execute(update(Contact).where(col(Contact.id).in_(who)).values(lifecycle=stage))
    return sum(map(len, moved.values()))
