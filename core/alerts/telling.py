"""Who is told of which episodes: one mail per person and occasion, however many items it names."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.access.terms import SYSTEM
from core.alerts import episodes, queries, rules
from core.alerts.models import AlertRule, Episode
from core.alerts.terms import SHOWN_ITEMS, Nag, NoticeKind, Severity
from core.messages import links
from core.messages import service as messages
from core.messages.models import Message
from core.messages.terms import Lane, MessageRequest, OnCap
from core.operations.models import StockItem
from core.templates.terms import MessageClass

ACKNOWLEDGE = "acknowledge"
"""The purpose of the tokens in acknowledge links; they carry the id of a notice."""

_SINGLE = {
    NoticeKind.RAISED: "alert_low_stock",
    NoticeKind.RECOVERED: "alert_recovered",
    NoticeKind.NAG: "alert_nag",
    NoticeKind.SAMPLE: "alert_low_stock",
}
_SEVERAL = {**_SINGLE, NoticeKind.RAISED: "alert_low_stock_list",
            NoticeKind.RECOVERED: "alert_recovered_list"}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """An episode with its rule and item."""

    episode: Episode
    rule: AlertRule
    item: StockItem


@dataclass(frozen=True)
class Recipient:
    """Whom a notice goes to, and the key that keeps it from going twice."""

    contact_id: int
    key: str


def tell(session: Session, *, now: datetime) -> int:
    """Queue what is to be told and return how many messages that made.

    Told are episodes that are open, and the end of those that were told, once the last event of
    their import has been read. Each person gets one mail for all that began and one for all that
    ended. What closed before anybody was told is never mailed; nor is the end of what began again.
    """
    queries.take_turn(session)
    return _tell_raised(session, now=now) + _tell_recovered(session, now=now)


def nag(session: Session, *, now: datetime) -> int:
    """Queue the reminders that are due and return how many messages that made.

    Open, told and unacknowledged episodes only; one mail per person. Reminders slept through are
    left out, not made up for.
    """
    queries.take_turn(session)
    active = {rule.id: rule for rule in queries.enabled_rules(session) if rule.nag is not Nag.OFF}
    people = people_of(session, active)
    due = episodes.due_nags(session, [one for one in active if people[one]], now=now)
    for episode in due:
        period = active[episode.rule_id].nag
        beat = episode.next_nag_at or now
        episode.nag_count += 1
        episode.next_nag_at = rules.following_nag(period, due_at=beat, now=now)
    session.flush()
    told = {episode.id: people[episode.rule_id] for episode in due}
    cases = _cases(session, due, active)
    return _notify(session, NoticeKind.NAG, told, cases=cases, now=now)


def people_of(session: Session, rule_ids: Collection[int]) -> dict[int, list[int]]:
    """Return the contacts each rule tells: those it names and the members of its departments."""
    named = queries.recipients(session, rule_ids)
    departments = {one.department_id for one in named if one.department_id is not None}
    members = queries.members(session, departments)
    found: dict[int, set[int]] = {rule_id: set() for rule_id in rule_ids}
    for one in named:
        if one.contact_id is not None:
            found[one.rule_id].add(one.contact_id)
        if one.department_id is not None:
            found[one.rule_id].update(members.get(one.department_id, ()))
    return {rule_id: sorted(people) for rule_id, people in found.items()}


def send_notice(
    session: Session, kind: NoticeKind, cases: Sequence[Case], *, to: Recipient, now: datetime
) -> Message | None:
    """Queue one notice to one person and return its message; None when its key is known."""
    notice_id = episodes.insert_notice(session, kind=kind, key=to.key, contact_id=to.contact_id)
    if notice_id is None:
        return None
    worst = min(cases, key=_urgency)
    how = rules.manner(case.rule.severity for case in cases)
    nags = [case.episode.next_nag_at for case in cases]
    request = MessageRequest(
        contact_id=to.contact_id,
        dedup_key=f"alert:{to.key}",
        template_key=(_SINGLE if len(cases) == 1 else _SEVERAL)[kind],
        values=_values(kind, cases),
        department_id=worst.rule.department_id,
        lane=Lane.URGENT,
        priority=how.priority,
        klass=how.klass if how.klass is MessageClass.SERVICE else None,
        on_cap=OnCap.DIGEST,
        expires_at=rules.expires_at(how, now=now, next_nags=nags),
        subject_type="alert_notice",
        subject_id=notice_id,
    )
    message = messages.queue(session, SYSTEM, request, now=now)
    ids = [case.episode.id for case in cases if kind is not NoticeKind.SAMPLE]
    episodes.link_notice(session, notice_id, message_id=message.id, episode_ids=ids)
    return message


def _tell_raised(session: Session, *, now: datetime) -> int:
    active = {rule.id: rule for rule in queries.enabled_rules(session)}
    people = people_of(session, active)
    found = episodes.untold(session, [one for one in active if people[one]])
    for episode in found:
        episode.told_at = now
        if episode.acknowledged_at is None:
            episode.next_nag_at = rules.first_nag(active[episode.rule_id].nag, told_at=now)
    session.flush()
    told = {episode.id: people[episode.rule_id] for episode in found}
    cases = _cases(session, found, active)
    return _notify(session, NoticeKind.RAISED, told, cases=cases, now=now)


def _tell_recovered(session: Session, *, now: datetime) -> int:
    active = {rule.id: rule for rule in queries.enabled_rules(session)}
    ended = episodes.owed_recoveries(session)
    again = episodes.open_of_items(session, {episode.item_id for episode in ended})
    found = []
    for episode in ended:
        episode.recovery_due_at = None
        if episode.rule_id in active and (episode.rule_id, episode.item_id) not in again:
            episode.recovery_told_at = now
            found.append(episode)
    session.flush()
    told = episodes.told_people(session, [episode.id for episode in found])
    cases = _cases(session, found, active)
    return _notify(session, NoticeKind.RECOVERED, told, cases=cases, now=now)


def _cases(
    session: Session, found: Sequence[Episode], active: Mapping[int, AlertRule]
) -> dict[int, Case]:
    items = queries.items(session, {episode.item_id for episode in found})
    return {one.id: Case(one, active[one.rule_id], items[one.item_id]) for one in found}


def _notify(
    session: Session,
    kind: NoticeKind,
    told: Mapping[int, Collection[int]],
    *,
    cases: Mapping[int, Case],
    now: datetime,
) -> int:
    """Send each person one notice of their episodes; return how many messages that made."""
    count = 0
    for contact_id, ids in rules.per_person(told).items():
        number = cases[ids[0]].episode.nag_count if kind is NoticeKind.NAG else 0
        key = rules.notice_key(kind, episode_id=ids[0], contact_id=contact_id, number=number)
        mine = [cases[one] for one in ids]
        sent = send_notice(session, kind, mine, to=Recipient(contact_id, key), now=now)
        count += sent is not None
    return count


def _urgency(case: Case) -> tuple[int, int, str]:
    depth = case.item.on_hand - case.episode.level_at_open
    return rules.RANK[case.rule.severity], depth, case.item.code


def _values(kind: NoticeKind, cases: Sequence[Case]) -> dict[str, object]:
    """Return the plain values a template reads: one item, the first of many, how many more."""
    ordered = sorted(cases, key=_urgency)
    shown = [_item_values(case) for case in ordered[:SHOWN_ITEMS]]
    return {
        "item": shown[0],
        "items": shown,
        "count": len(cases),
        "rest": len(cases) - len(shown),
        "is_critical": any(case.rule.severity is Severity.CRITICAL for case in cases),
        "is_sample": kind is NoticeKind.SAMPLE,
        "links": {"acknowledge": links.unsigned(ACKNOWLEDGE, path="/a")},
    }


def _item_values(case: Case) -> dict[str, object]:
    """Return one item as it stands. A count that rose again since is told as it was."""
    episode, item = case.episode, case.item
    is_low = item.on_hand <= episode.level_at_open
    on_hand = item.on_hand if is_low or episode.closed_at else episode.on_hand_at_open
    span = (episode.closed_at - episode.opened_at) if episode.closed_at else None
    return {
        "code": item.code,
        "name": item.name,
        "unit": item.unit,
        "on_hand": on_hand,
        "oversold": max(-on_hand, 0),
        "level": episode.level_at_open,
        "opened_at": episode.opened_at.isoformat(),
        "seconds": int(span.total_seconds()) if span else 0,
    }
