"""What happens opens and closes episodes, each exactly once.

`react` follows the events, in the transaction that claimed them. `settle` compares the rules
with the stock as it is: after a rule was written, when an import is in, and every minute for
whatever fell between two stools.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from core.alerts import episodes, queries, rules
from core.alerts.models import AlertRule, Episode
from core.alerts.terms import Condition, Effect, Level, Observation, Reaction
from core.events import service as events
from core.events.models import Event
from core.operations.models import StockItem
from core.operations.terms import StockState

CROSSED = "stock.level_changed"
COUNTED = "stock.counted"
COMPARED = "alert.compared"
_SUBJECT = "stock_item"


@dataclass
class _Ledger:
    """The episodes of some items while events are read: the open ones, and all that are new.

    read_up_to: the newest event that opened or closed an episode, by rule and item.
    """

    open: dict[tuple[int, int], Episode]
    read_up_to: dict[tuple[int, int], int]
    new: list[Episode] = field(default_factory=list)
    closed_count: int = 0


@dataclass(frozen=True)
class _Cause:
    """The event that episodes are opened and closed by, and its import."""

    event_id: int
    batch: str | None = None


def condition_of(rule: AlertRule) -> Condition:
    """Return what a rule looks at."""
    return Condition(frozenset(rule.categories), frozenset(rule.codes), rule.level, rule.number)


def react(session: Session, found: Sequence[Event], *, now: datetime) -> Reaction:
    """Open and close the episodes these events demand, read in the order of their ids.

    found: events that this transaction claimed. When they end an import, rules with a number
    of their own are compared with the stock it left: between its crossings it told no counts.
    """
    seen = [one for event in sorted(found, key=_id) if (one := observation(event)) is not None]
    if not seen and all(event.batch is None for event in found):
        return Reaction()
    queries.take_turn(session)
    ended = _ended_batches(session, found)  # in our turn: another drain may just have ended one
    active = queries.enabled_rules(session)
    done = _follow(session, active, seen, now=now)
    numbered = [rule for rule in active if rule.level is Level.NUMBER]
    for event in ended.values():
        for rule in numbered:
            cause = _Cause(event.id, event.batch)
            done = _sum(done, _settle_rule(session, rule, now=now, cause=cause))
    return done


def settle(session: Session, *, now: datetime) -> Reaction:
    """Bring the episodes of every rule in step with the stock; whatever is in step stays.

    Items with an event that waits are left to that event. While stock is being imported, rules
    with a number of their own wait for its end.
    """
    queries.take_turn(session)
    is_importing = queries.has_running_import(session)
    done = Reaction()
    for rule in queries.enabled_rules(session):
        if rule.level is Level.NUMBER and is_importing:
            continue
        done = _sum(done, _settle_rule(session, rule, now=now))
    return done


def settle_rule(session: Session, rule: AlertRule, *, now: datetime) -> Reaction:
    """Bring the episodes of a rule that was just written in step with the stock.

    What it no longer holds for is withdrawn: the rule changed, not the stock.
    """
    queries.take_turn(session)
    for episode, _ in episodes.to_close(session, rule.id, condition_of(rule)):
        _withdraw(episode, now=now)
    session.flush()
    return _settle_rule(session, rule, now=now)


def withdraw_all(session: Session, rule: AlertRule, *, now: datetime) -> None:
    """End every open episode of a rule that is switched off, without a word to anybody."""
    queries.take_turn(session)
    for episode in episodes.open_of_rule(session, rule.id):
        _withdraw(episode, now=now)
    session.flush()


def observation(event: Event) -> Observation | None:
    """Return the count an event tells, or None when it tells none."""
    if event.name not in {CROSSED, COUNTED} or event.subject_type != _SUBJECT:
        return None
    on_hand, point = event.properties.get("on_hand"), event.properties.get("reorder_point")
    if event.subject_id is None or not isinstance(on_hand, int) or not isinstance(point, int):
        return None
    state = StockState(str(event.properties["to"])) if event.name == CROSSED else None
    return Observation(
        event.id, event.subject_id, event.occurred_at, on_hand, point, state, event.batch
    )


def _id(event: Event) -> int:
    return event.id


def _sum(one: Reaction, other: Reaction) -> Reaction:
    return Reaction(one.opened_count + other.opened_count, one.closed_count + other.closed_count)


def _ended_batches(session: Session, found: Iterable[Event]) -> dict[str, Event]:
    last = {event.batch: event for event in sorted(found, key=_id) if event.batch is not None}
    waiting = episodes.waiting_batches(session, last)
    return {batch: event for batch, event in last.items() if batch not in waiting}


def _follow(
    session: Session, active: Sequence[AlertRule], seen: Sequence[Observation], *, now: datetime
) -> Reaction:
    item_ids = sorted({one.item_id for one in seen})
    items = queries.items(session, item_ids)
    ledger = _Ledger(
        episodes.open_of_items(session, item_ids), episodes.read_up_to(session, item_ids)
    )
    for one in seen:
        item = items.get(one.item_id)
        for rule in active:
            if item is not None and _is_meant(rule, item):
                _apply(ledger, rule, one, now=now)
    session.flush()
    return Reaction(episodes.insert_new(session, ledger.new), ledger.closed_count)


def _is_meant(rule: AlertRule, item: StockItem) -> bool:
    condition = condition_of(rule)
    is_named = rules.covers(condition, code=item.code, category=item.category)
    return is_named and not item.is_archived


def _apply(ledger: _Ledger, rule: AlertRule, seen: Observation, *, now: datetime) -> None:
    key = (rule.id, seen.item_id)
    verdict = rules.effect(
        condition_of(rule),
        seen,
        is_open=key in ledger.open,
        read_up_to=ledger.read_up_to.get(key, 0),
    )
    match verdict:
        case Effect.OPENS:
            ledger.open[key] = _opened(rule, seen)
            ledger.new.append(ledger.open[key])
        case Effect.CLOSES:
            _close(ledger.open.pop(key), rule, seen, now=now)
            ledger.closed_count += 1
        case Effect.NOTHING:
            return
    ledger.read_up_to[key] = seen.event_id


def _opened(rule: AlertRule, seen: Observation) -> Episode:
    """Return an episode that begins with this count; it is not in the store yet."""
    return Episode(
        rule_id=rule.id,
        item_id=seen.item_id,
        opened_at=seen.at,
        opened_by_event_id=seen.event_id,
        level_at_open=rules.level_of(condition_of(rule), reorder_point=seen.reorder_point),
        on_hand_at_open=seen.on_hand,
        batch=seen.batch,
    )


def _close(episode: Episode, rule: AlertRule, seen: Observation, *, now: datetime) -> None:
    """End an episode because stock is back; those who were told will hear of it."""
    episode.closed_at, episode.closed_by_event_id = seen.at, seen.event_id
    episode.closed_batch, episode.next_nag_at = seen.batch, None
    if episode.told_at is not None and rule.tells_recovery:
        episode.recovery_due_at = now


def _withdraw(episode: Episode, *, now: datetime) -> None:
    episode.closed_at, episode.is_withdrawn, episode.next_nag_at = now, True, None


def _settle_rule(
    session: Session, rule: AlertRule, *, now: datetime, cause: _Cause | None = None
) -> Reaction:
    condition = condition_of(rule)
    opening = episodes.to_open(session, rule.id, condition)
    closing = episodes.to_close(session, rule.id, condition)
    if not opening and not closing:
        return Reaction()
    cause = cause or _Cause(_compared(session, rule, now=now))
    for episode, item in closing:
        if _is_meant(rule, item):
            _close(episode, rule, _as_seen(item, cause, at=now), now=now)
        else:
            _withdraw(episode, now=now)
    session.flush()
    since = queries.low_since(session, condition, [item.id for item in opening])
    new = [_opened(rule, _as_seen(item, cause, at=since.get(item.id, now))) for item in opening]
    return Reaction(episodes.insert_new(session, new), len(closing))


def _as_seen(item: StockItem, cause: _Cause, *, at: datetime) -> Observation:
    return Observation(
        event_id=cause.event_id,
        item_id=item.id,
        at=at,
        on_hand=item.on_hand,
        reorder_point=item.reorder_point,
        state=item.state,
        batch=cause.batch,
    )


def _compared(session: Session, rule: AlertRule, *, now: datetime) -> int:
    """Record that a rule was compared with the stock, and return the event's id."""
    fact = events.Fact(
        name=COMPARED,
        source="alerts",
        dedup_key=f"{rule.id}:{rule.version}:{now.isoformat()}",
        occurred_at=now,
        subject_type="alert_rule",
        subject_id=rule.id,
        department_id=rule.department_id,
    )
    found = events.record(session, fact)
    return episodes.event_id(session, fact.source, fact.dedup_key) if found is None else found
