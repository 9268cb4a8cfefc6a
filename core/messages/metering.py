"""The meter of a person: what caps leave room for, who used them up, and when there is room again.

Every answer is drawn from the rule that admission asks, so that the two cannot disagree.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from core.access import rules as access
from core.access.service import verb
from core.access.terms import Actor, Permission
from core.consent import queries as consent
from core.contacts.models import Contact
from core.contacts.terms import Audience
from core.errors import NotFound
from core.messages import capping, queries
from core.messages.admission import cap_of, counted_slot, own_cap
from core.messages.capping import Cap, Slot
from core.messages.models import Message, SendLedger
from core.messages.queueing import audience_of
from core.messages.terms import CapScope, MessageClass, OnCap, WindowKind
from core.organisation import queries as organisation


@dataclass(frozen=True, kw_only=True)
class Use:
    """A message that took a slot. public_id and subject: empty where the actor may not see it."""

    klass: MessageClass
    department_id: int | None
    counted_at: datetime
    public_id: str
    subject: str


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """One cap as it stands for one person. free_at: None while there is room.

    rule_id 0: the limit the person set for themselves in the preference centre. scope_value: the
    department, topic or sender counted here; None for the organisation.
    """

    rule_id: int
    name: str
    classes: frozenset[MessageClass]
    limit: int
    used_count: int
    window_kind: WindowKind
    window: timedelta
    on_cap: OnCap | None
    scope: CapScope
    scope_value: int | None
    free_at: datetime | None
    uses: tuple[Use, ...]

    @property
    def left_count(self) -> int:
        """How many more messages this cap lets through now."""
        return max(self.limit - self.used_count, 0)


@dataclass(frozen=True)
class Meter:
    """All caps that speak of a person, the fullest first."""

    contact_id: int
    audience: Audience
    time_zone: str
    gauges: tuple[Gauge, ...]


@verb(Permission.MESSAGE_VIEW, audit=None)
def meter(session: Session, actor: Actor, *, contact_id: int, now: datetime) -> Meter:
    """Return what this person may still receive, cap by cap, their own limit too, and its uses.

    Caps count across departments, so all uses are shown; which mail it was, only to those who may
    see that mail.
    """
    person = session.get(Contact, contact_id)
    if person is None:
        raise NotFound("contact.missing")
    zone = person.time_zone or organisation.organisation(session).time_zone
    audience = audience_of(person)
    ledger = queries.ledger_of(session, [contact_id], since=now - queries.LONGEST_WINDOW)
    taken = [_Taken(counted_slot(row), _use(session, actor, row)) for row in ledger]
    asked = consent.preferences(session, [contact_id]).get(contact_id)
    own = own_cap(asked, audience) if asked else None
    caps = [*([own] if own else []), *map(cap_of, queries.cap_rules(session))]
    gauges = [
        _gauge(cap, wanted, taken, now=now, zone=zone)
        for cap in caps
        if cap.audience is audience
        for wanted in _wanted(cap, taken)
    ]
    fullest = sorted(gauges, key=lambda one: (one.left_count, one.rule_id))
    return Meter(contact_id, audience, zone, tuple(fullest))


@dataclass(frozen=True)
class _Taken:
    slot: Slot
    use: Use


def _gauge(cap: Cap, wanted: Slot, taken: Sequence[_Taken], *, now: datetime, zone: str) -> Gauge:
    window = capping.window(cap, wanted, now=now, zone=zone)
    full = window.full(each.slot for each in taken)
    counted = (each.use for each in taken if window.counts(each.slot))
    uses = tuple(sorted(counted, key=lambda use: use.counted_at))
    return Gauge(
        rule_id=cap.id,
        name=cap.name,
        classes=cap.counted_classes,
        limit=cap.limit,
        used_count=len(uses),
        window_kind=cap.window_kind,
        window=cap.window,
        on_cap=cap.on_cap,
        scope=cap.scope,
        scope_value=capping.scope_value(cap, wanted),
        free_at=full.free_at if full else None,
        uses=uses,
    )


def _wanted(cap: Cap, taken: Iterable[_Taken]) -> list[Slot]:
    """Return one message for each count this cap keeps: its one scope, or each scope in use."""
    plain = Slot(klass=min(cap.counted_classes), audience=cap.audience)
    if cap.scope is CapScope.ORGANISATION:
        return [plain]
    if cap.scope_id is not None:
        return [_within(plain, cap.scope, cap.scope_id)]
    values = {capping.scope_value(cap, one.slot) for one in taken} - {None}
    return [_within(plain, cap.scope, value) for value in sorted(values, key=str)]


def _within(slot: Slot, scope: CapScope, value: int | None) -> Slot:
    match scope:
        case CapScope.ORGANISATION:
            return slot
        case CapScope.DEPARTMENT:
            return replace(slot, department_id=value)
        case CapScope.TOPIC:
            return replace(slot, topic_id=value)
        case CapScope.SENDER:
            return replace(slot, sender_id=value)


def _use(session: Session, actor: Actor, row: SendLedger) -> Use:
    message = session.get(Message, row.message_id)
    is_seen = message is not None and access.reaches(
        actor,
        Permission.MESSAGE_VIEW,
        department_id=message.department_id,
        owner_id=message.created_by_id,
    )
    return Use(
        klass=row.klass,
        department_id=row.department_id,
        counted_at=row.counted_at,
        public_id=message.public_id if message and is_seen else "",
        subject=message.subject_text if message and is_seen else "",
    )
