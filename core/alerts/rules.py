"""Pure decisions about alerts: what a count does, who is told what, how and until when."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from statistics import median
from typing import assert_never

from core.alerts.terms import (
    Condition,
    Effect,
    Level,
    Manner,
    Milestones,
    Nag,
    NoticeKind,
    Observation,
    ReactionTimes,
    RuleDraft,
    Severity,
)
from core.errors import Invalid
from core.operations.terms import StockState
from core.templates.terms import MessageClass

NUMBER_LIMIT = 10**12
RANK = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.NOTICE: 2}
_MANNERS = {
    Severity.CRITICAL: Manner(MessageClass.SERVICE, 1, timedelta(days=1)),
    Severity.WARNING: Manner(MessageClass.RELATIONSHIP, 2, timedelta(days=3)),
    Severity.NOTICE: Manner(MessageClass.RELATIONSHIP, 3, timedelta(days=3)),
}
_PERIODS = {Nag.HOURLY: timedelta(hours=1), Nag.DAILY: timedelta(days=1)}


def covers(condition: Condition, *, code: str, category: str) -> bool:
    """Return whether the condition speaks of an item."""
    if not condition.categories and not condition.codes:
        return True
    return category in condition.categories or code in condition.codes


def level_of(condition: Condition, *, reorder_point: int) -> int:
    """Return the count at or under which the condition holds for an item."""
    if condition.level is Level.NUMBER and condition.number is not None:
        return condition.number
    return reorder_point


def effect(condition: Condition, seen: Observation, *, is_open: bool, read_up_to: int) -> Effect:
    """Return what a count does to the rule's episode of its item.

    is_open: whether there is an open one. read_up_to: the newest event that opened or closed one,
    or 0; what is older, or read again, says nothing.
    """
    reached = _is_reached(condition, seen)
    if reached is None or seen.event_id <= read_up_to or reached is is_open:
        return Effect.NOTHING
    return Effect.OPENS if reached else Effect.CLOSES


def _is_reached(condition: Condition, seen: Observation) -> bool | None:
    """Return whether the count is at or under the level, or None where the event does not say.

    Stock itself says when it crosses a reorder point; a count between two crossings says nothing
    new about it.
    """
    match condition.level:
        case Level.REORDER_POINT:
            return None if seen.state is None else seen.state is StockState.LOW
        case Level.NUMBER:
            return seen.on_hand <= level_of(condition, reorder_point=seen.reorder_point)
        case _:
            assert_never(condition.level)


def first_nag(nag: Nag, *, told_at: datetime) -> datetime | None:
    """Return when an alert is told again for the first time, or None for never."""
    period = _PERIODS.get(nag)
    return None if period is None else told_at + period


def following_nag(nag: Nag, *, due_at: datetime, now: datetime) -> datetime | None:
    """Return the next beat after now. Beats that were slept through are left out."""
    period = _PERIODS.get(nag)
    if period is None:
        return None
    beats = max((now - due_at) // period, 0) + 1
    return due_at + beats * period


def manner(severities: Iterable[Severity]) -> Manner:
    """Return how a notice about these travels: as the most urgent of them demands."""
    return _MANNERS[min(severities, key=RANK.__getitem__)]


def expires_at(how: Manner, *, now: datetime, next_nags: Iterable[datetime | None]) -> datetime:
    """Return until when a notice is worth sending: the first reminder that replaces it, if any."""
    known = [nag for nag in next_nags if nag is not None]
    return min(known, default=now + how.useful_for)


def per_person(people: Mapping[int, Collection[int]]) -> dict[int, list[int]]:
    """Return the episodes each person is told of, people in the order of their ids.

    people: the contacts to tell, by episode.
    """
    found: defaultdict[int, list[int]] = defaultdict(list)
    for episode_id in sorted(people):
        for contact_id in people[episode_id]:
            found[contact_id].append(episode_id)
    return {contact_id: found[contact_id] for contact_id in sorted(found)}


def notice_key(kind: NoticeKind, *, episode_id: int, contact_id: int, number: int = 0) -> str:
    """Return the key of a notice: its oldest episode and its person name it for good.

    An episode is raised once, recovers once and is nagged about once per number.
    """
    return f"{kind}:{episode_id}:{number}:{contact_id}"


def check(draft: RuleDraft) -> None:
    """Raise Invalid where a draft cannot become a rule by itself."""
    if not draft.contact_ids and not draft.department_ids:
        raise Invalid("alert.nobody_to_tell", field="recipients")
    if draft.level is not Level.NUMBER:
        return
    if draft.number is None:
        raise Invalid("alert.number_missing", field="number")
    if not 0 <= draft.number <= NUMBER_LIMIT:
        raise Invalid("alert.number_out_of_range", field="number", limit=NUMBER_LIMIT)


def reaction_times(seen: Iterable[Milestones]) -> ReactionTimes:
    """Return the medians. Times that run backwards come from old dates in files: left out."""
    to_acknowledge: list[timedelta] = []
    to_resolve: list[timedelta] = []
    in_hand: list[timedelta] = []
    for one in seen:
        _add(to_acknowledge, one.told_at, one.acknowledged_at)
        _add(to_resolve, one.told_at, one.closed_at)
        _add(in_hand, one.acknowledged_at, one.closed_at)
    return ReactionTimes(_median(to_acknowledge), _median(to_resolve), _median(in_hand))


def _median(spans: list[timedelta]) -> timedelta | None:
    if not spans:
        return None
    return timedelta(seconds=median(span.total_seconds() for span in spans))


def _add(spans: list[timedelta], start: datetime | None, end: datetime | None) -> None:
    if start is not None and end is not None and end >= start:
        spans.append(end - start)
