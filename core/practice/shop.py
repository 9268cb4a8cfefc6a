"""The made-up stock in the store: items, ninety days of movements, and the alerts they raised."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import insert
from sqlmodel import Session, select

from core import ids
from core.access.terms import DepartmentKind
from core.alerts import queries as alerts
from core.alerts.models import AlertRule, Episode
from core.alerts.service import DEFAULT_RULE
from core.events.models import Event
from core.events.service import Fact
from core.i18n.terms import Language
from core.operations.facts import level_fact
from core.operations.inputs import item_search_key
from core.operations.models import StockItem, StockMovement
from core.operations.rules import state_of
from core.operations.terms import LevelReason, StockState, Transition
from core.organisation import queries as organisation
from core.practice import rules
from core.practice.goods import CATEGORIES, GOODS, UNITS
from core.practice.terms import Good, Shortage, Step

SOURCE = "practice"
FELL = Transition(StockState.OK, StockState.LOW)
ROSE = Transition(StockState.LOW, StockState.OK)
TOLD_AFTER, READ_AFTER = timedelta(minutes=1), timedelta(minutes=95)


def stock(session: Session, *, now: datetime) -> None:
    """Put the items with their history into the store; a code that is taken is left out."""
    language = organisation.organisation(session).language
    place = organisation.department_of_kind(session, DepartmentKind.OPERATIONS)
    owner_id = place.id if place else None
    taken = set(session.exec(select(StockItem.code)))
    rule = alerts.rule_of_key(session, DEFAULT_RULE)
    for good in GOODS:
        if good.code not in taken:
            _keep(session, good, rule, language=language, department_id=owner_id, now=now)


def _keep(
    session: Session,
    good: Good,
    rule: AlertRule | None,
    *,
    language: Language,
    department_id: int | None,
    now: datetime,
) -> None:
    steps = rules.history(good, now=now)
    item = _item(good, steps, language=language, department_id=department_id)
    session.add(item)
    session.flush()
    session.execute(insert(StockMovement), [_movement(item, good, one) for one in enumerate(steps)])
    if rule is not None:
        _episodes(session, item, rule, found=rules.shortages(good, steps))


def _item(
    good: Good, steps: Sequence[Step], *, language: Language, department_id: int | None
) -> StockItem:
    name, category = good.names[language], CATEGORIES[good.category][language]
    on_hand = steps[-1].on_hand
    state = state_of(on_hand, good.reorder_point)
    fell = next((one.at for one in reversed(steps) if one.on_hand > good.reorder_point), None)
    return StockItem(
        public_id=ids.public_id("itm", steps[0].at),
        code=good.code,
        name=name,
        search_key=item_search_key(good.code, name, category),
        category=category,
        unit=UNITS[good.unit][language],
        on_hand=on_hand,
        reorder_point=good.reorder_point,
        state=state,
        low_since=fell if state is StockState.LOW else None,
        department_id=department_id,
        created_at=steps[0].at,
    )


def _movement(item: StockItem, good: Good, numbered: tuple[int, Step]) -> dict[str, object]:
    number, step = numbered
    return {
        "item_id": item.id,
        "kind": step.kind,
        "quantity": step.quantity,
        "on_hand_after": step.on_hand,
        "at": step.at,
        "created_at": step.at,
        "source": SOURCE,
        "source_key": f"{good.code}:{number}",
    }


def _episodes(
    session: Session, item: StockItem, rule: AlertRule, *, found: Sequence[Shortage]
) -> None:
    """Note the alerts that are over, as they would stand there had they happened."""
    opened = [_event(item, FELL, at=one.since) for one in found]
    closed = [_event(item, ROSE, at=one.until) for one in found]
    session.add_all([*opened, *closed])
    session.flush()
    session.add_all(
        Episode(
            rule_id=rule.id,
            item_id=item.id,
            opened_at=one.since,
            opened_by_event_id=fell.id,
            level_at_open=item.reorder_point,
            on_hand_at_open=one.on_hand,
            told_at=one.since + TOLD_AFTER,
            acknowledged_at=_read_at(item, one, number),
            closed_at=one.until,
            closed_by_event_id=rose.id,
            recovery_told_at=one.until + TOLD_AFTER,
        )
        for number, (one, fell, rose) in enumerate(zip(found, opened, closed, strict=True))
    )


def _read_at(item: StockItem, shortage: Shortage, number: int) -> datetime | None:
    """Return when somebody took it in hand; some are over before anybody does."""
    delay = READ_AFTER * (1 + rules.draw(item.code, number, "read", limit=5))
    at = shortage.since + delay
    return at if at < shortage.until else None


def _event(item: StockItem, transition: Transition, *, at: datetime) -> Event:
    """Return a crossing that was reacted to long ago."""
    key = f"practice:{item.id}:{transition.after.value}:{at.isoformat()}"
    fact = level_fact(item, transition, item_id=item.id, at=at, key=key, reason=LevelReason.MOVED)
    values = {name: getattr(fact, name) for name in Fact.__dataclass_fields__}
    return Event(**{**values, "properties": dict(fact.properties)}, dispatched_at=at)
