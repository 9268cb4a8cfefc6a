"""Lease due messages, gather the facts about them set-wise, and carry out the verdicts.

All of it is one transaction: whoever leases a message also takes its slot, so that caps hold
under any number of workers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sqlmodel import Session

from core.consent import queries as consent
from core.consent.models import Preference, Suppression, Topic
from core.consent.terms import ConsentState, SuppressionReason
from core.contacts import queries as contacts
from core.contacts.models import Address, Contact
from core.contacts.terms import Audience
from core.errors import Invalid
from core.messages import digests, links, queries, rules
from core.messages.capping import Cap, Slot
from core.messages.models import CapRule, Decision, Exclusion, Message, QuietRule, SendLedger
from core.messages.rules import Facts
from core.messages.terms import (
    CAPPED_CLASSES,
    HoldKind,
    Lane,
    MessageClass,
    MessageStatus,
    Outcome,
    Reason,
    Verdict,
)
from core.messages.timing import QuietHours
from core.organisation import queries as organisation_queries
from core.organisation.models import Organisation
from core.templates.compiler import missing_name
from core.templates.models import TemplateVersion
from core.templates.service import compiled_text, person_values, reader_of

LEASE = timedelta(seconds=120)
HOLIDAYS_AHEAD = timedelta(days=70)


@dataclass
class Surroundings:
    """What is known about the people, addresses and rules around a batch of messages."""

    now: datetime
    organisation: Organisation
    people: dict[int, Contact]
    addresses: dict[int, Address]
    suppressions: Sequence[Suppression]
    topics: dict[int, Topic]
    consent: dict[tuple[int, int], ConsentState]
    never_confirmed: set[int]
    preferences: dict[int, Preference]
    holds: dict[int, dict[HoldKind, datetime | None]]
    exclusions: dict[tuple[str, int], Exclusion]
    duplicates: set[int]
    versions: dict[int, TemplateVersion]
    caps: Sequence[Cap]
    quiet: Sequence[QuietRule]
    weekend: frozenset[int]
    holidays: frozenset[date]
    slots: dict[int, list[Slot]] = field(default_factory=dict)
    planned: dict[int, list[Message]] = field(default_factory=dict)


def lease_and_admit(
    session: Session, lane: Lane, *, owner: str, now: datetime, limit: int
) -> tuple[int, list[Message]]:
    """Return how many messages were leased, and those of them that may leave now.

    The others are queued for later, joined to a digest or dropped, each with its decision row.
    """
    until = now + LEASE
    batch = queries.claim(session, lane, owner=owner, now=now, until=until, limit=limit)
    if not batch:
        return 0, []
    around = look_around(session, batch, now=now)
    admitted = []
    for message in batch:
        verdict = rules.admit(facts(message, around), now=now)
        _carry_out(session, message, verdict, around=around)
        if verdict.outcome is Outcome.SEND:
            admitted.append(message)
    session.flush()
    return len(batch), admitted


def look_around(session: Session, batch: Sequence[Message], *, now: datetime) -> Surroundings:
    """Return all that admission needs to know about this batch, one query a kind of fact."""
    ids = [message.id for message in batch]
    contact_ids = {message.contact_id for message in batch if message.contact_id is not None}
    if any(message.klass in CAPPED_CLASSES for message in batch):
        queries.lock_contacts(session, contact_ids)
    people = {person.id: person for person in contacts.contacts(session, contact_ids)}
    addresses = contacts.primary_addresses(session, contact_ids)
    topic_ids = {message.topic_id for message in batch if message.topic_id is not None}
    pairs = {(m.contact_id, m.topic_id) for m in batch if m.contact_id and m.topic_id}
    office = organisation_queries.default_office(session)
    today = now.date()
    days_off = organisation_queries.holidays(
        session, office_ids=[office.id], since=today, until=today + HOLIDAYS_AHEAD
    )
    return Surroundings(
        now=now,
        organisation=organisation_queries.organisation(session),
        people=people,
        addresses=addresses,
        suppressions=consent.active_suppressions(
            session, contact_ids=contact_ids, address_ids={one.id for one in addresses.values()}
        ),
        topics=consent.topics(session, topic_ids),
        consent=consent.consent_states(session, pairs),
        never_confirmed=_never_confirmed(session, batch),
        preferences=consent.preferences(session, contact_ids),
        holds=_holds(session, contact_ids, now),
        exclusions=_exclusions(session, batch, contact_ids),
        duplicates=queries.duplicates(session, ids),
        versions=_versions(session, batch),
        caps=[cap_of(rule) for rule in queries.cap_rules(session)],
        quiet=queries.quiet_rules(session),
        weekend=frozenset(office.weekend),
        holidays=frozenset(holiday.day for holiday in days_off),
        slots=_slots(session, contact_ids, now),
        planned=_planned(session, contact_ids, now),
    )


def facts(message: Message, around: Surroundings) -> Facts:
    """Return the facts about one message, as plain values."""
    person = around.people.get(message.contact_id or 0)
    address = around.addresses.get(message.contact_id or 0)
    topic = around.topics.get(message.topic_id or 0)
    quiet = quiet_hours(message, around)
    asked = around.preferences.get(message.contact_id or 0)
    return Facts(
        klass=message.klass,
        audience=message.audience,
        slot=slot_of(message),
        zone=(person.time_zone if person else None) or around.organisation.time_zone,
        on_cap=message.on_cap,
        contact_status=person.status if person else None,
        address=address.deliverable if address else None,
        suppressions=_reasons(person, address, around),
        topic_rule=topic.rule if topic else None,
        topic_state=around.consent.get((message.contact_id or 0, message.topic_id or 0)),
        is_never_confirmed=message.contact_id in around.never_confirmed,
        is_paused=asked is not None and is_pausing(asked, now=around.now),
        paused_until=asked.paused_until if asked else None,
        own_cap=own_cap(asked, message.audience) if asked else None,
        exclusion=_excluded(message, around),
        holds=around.holds.get(message.contact_id or 0, {}),
        is_duplicate=message.id in around.duplicates,
        missing_field=_missing(message, person, around),
        expires_at=message.expires_at,
        quiet=quiet,
        caps=around.caps,
        history=[*around.slots.get(message.contact_id or 0, []), *_pressing(message, around)],
        is_digest=message.subject_type == digests.SUBJECT,
        is_reserved=message.reserved_at is not None,
    )


def slot_of(message: Message) -> Slot:
    """Return what this message counts as."""
    return Slot(
        klass=message.klass,
        audience=message.audience,
        department_id=message.department_id,
        topic_id=message.topic_id,
        sender_id=message.sender_id,
    )


def counted_slot(row: SendLedger) -> Slot:
    """Return the slot that a message took, as plain values."""
    return Slot(row.klass, row.audience, row.department_id, row.topic_id, row.sender_id,
                counted_at=row.counted_at)  # fmt: skip


def cap_of(rule: CapRule) -> Cap:
    """Return the rule as plain values."""
    return Cap(
        id=rule.id,
        name=rule.name,
        counted_classes=frozenset(MessageClass(one) for one in rule.counted_classes),
        audience=rule.audience,
        limit=rule.limit,
        window_kind=rule.window_kind,
        window=timedelta(seconds=rule.window_s),
        scope=rule.scope,
        scope_id=rule.scope_id,
        on_cap=rule.on_cap,
    )


def is_pausing(asked: Preference, *, now: datetime) -> bool:
    """Return whether the person's own pause holds now; without an end it holds until taken back."""
    has_begun = asked.paused_from is not None and asked.paused_from <= now
    return has_begun and (asked.paused_until is None or now < asked.paused_until)


def own_cap(asked: Preference, audience: Audience) -> Cap | None:
    """Return the person's own limit on all mail but what must arrive, or None."""
    if asked.at_most is None or not asked.window_s:
        return None
    return Cap(
        id=0,
        name="",
        counted_classes=frozenset(CAPPED_CLASSES),
        audience=audience,
        limit=asked.at_most,
        window=timedelta(seconds=asked.window_s),
    )


def quiet_hours(message: Message, around: Surroundings) -> QuietHours:
    """Return the quiet hours of the message's department, else those of its audience."""
    mine = [rule for rule in around.quiet if rule.audience is message.audience]
    rule = next((r for r in mine if r.department_id == message.department_id), None)
    rule = rule or next((r for r in mine if r.department_id is None), None)
    if rule is None:
        return QuietHours(weekend=around.weekend, holidays=around.holidays)
    return QuietHours(
        starts=rule.starts,
        ends=rule.ends,
        weekend_rule=rule.weekend,
        holiday_rule=rule.holiday,
        weekend=around.weekend,
        holidays=around.holidays,
    )


def _carry_out(
    session: Session, message: Message, verdict: Verdict, *, around: Surroundings
) -> None:
    now = around.now
    message.reason, message.reason_detail = verdict.reason, verdict.detail[:512]
    session.add(decision(message, verdict, now=now))
    match verdict.outcome:
        case Outcome.SEND:
            message.admitted_at = now
            message.address_id = around.addresses[message.contact_id or 0].id
            message.first_tried_at = message.first_tried_at or now
            _take_slot(session, message, around)
            return
        case Outcome.POSTPONE:
            message.status, message.due_at = MessageStatus.QUEUED, verdict.until or now + LEASE
        case Outcome.DIGEST:
            digests.join(
                session,
                message,
                person=around.people[message.contact_id or 0],
                organisation=around.organisation,
                now=now,
            )
        case Outcome.DROP:
            message.status = MessageStatus.DROPPED
    message.lease_owner = message.lease_until = None
    message.attempt_count -= 1


def decision(message: Message, verdict: Verdict, *, now: datetime) -> Decision:
    """Return the row that keeps the verdict and its checklist."""
    return Decision(
        message_id=message.id,
        at=now,
        outcome=verdict.outcome,
        reason=verdict.reason,
        detail=verdict.detail[:512],
        until=verdict.until,
        checks=[
            {"name": check.name, "passed": check.passed, "values": dict(check.values)}
            for check in verdict.checks
        ],
    )


def _take_slot(session: Session, message: Message, around: Surroundings) -> None:
    if message.reserved_at is not None or message.klass not in CAPPED_CLASSES:
        return
    assert message.contact_id is not None  # noqa: S101 - admitted, so there is a person
    slot = slot_of(message)
    message.reserved_at = around.now
    session.add(
        SendLedger(
            contact_id=message.contact_id,
            counted_at=around.now,
            message_id=message.id,
            klass=slot.klass,
            audience=slot.audience,
            department_id=slot.department_id,
            topic_id=slot.topic_id,
            sender_id=slot.sender_id,
        )
    )
    taken = Slot(slot.klass, slot.audience, slot.department_id, slot.topic_id, slot.sender_id,
                 counted_at=around.now)  # fmt: skip
    around.slots.setdefault(message.contact_id, []).append(taken)


def _reasons(
    person: Contact | None, address: Address | None, around: Surroundings
) -> frozenset[SuppressionReason]:
    return frozenset(
        one.reason
        for one in around.suppressions
        if (person is not None and one.contact_id == person.id)
        or (address is not None and one.address_id == address.id)
    )


def _never_confirmed(session: Session, batch: Sequence[Message]) -> set[int]:
    """Return who of those to get a promotion of no topic stands unconfirmed and said yes never."""
    wanted = {
        m.contact_id
        for m in batch
        if m.contact_id and m.topic_id is None and m.klass is MessageClass.PROMOTIONAL
    }
    return consent.never_confirmed(session, wanted) if wanted else set()


def _excluded(message: Message, around: Surroundings) -> Reason | None:
    found = around.exclusions.get((message.batch or "", message.contact_id or 0))
    return None if found is None else found.reason


def _missing(message: Message, person: Contact | None, around: Surroundings) -> str | None:
    version = around.versions.get(message.template_version_id or 0)
    if person is None or version is None:
        return "template" if version is None else None
    try:
        reader = reader_of(person, around.organisation, version)
        compiled = compiled_text(version, reader.language)
    except Invalid as refusal:
        return refusal.code
    known = person_values(person, around.organisation, sender_name=around.organisation.name)
    return missing_name(compiled, {**links.filled(message.values, links.shown()), **known})


def _versions(session: Session, batch: Sequence[Message]) -> dict[int, TemplateVersion]:
    wanted = {message.template_version_id for message in batch if message.template_version_id}
    return {one.id: one for one in queries.template_versions(session, wanted)}


def _holds(
    session: Session, contact_ids: set[int], now: datetime
) -> dict[int, dict[HoldKind, datetime | None]]:
    found: dict[int, dict[HoldKind, datetime | None]] = {}
    for hold in queries.open_holds(session, contact_ids, now=now):
        found.setdefault(hold.contact_id or 0, {})[hold.kind] = hold.until
    return found


def _exclusions(
    session: Session, batch: Sequence[Message], contact_ids: set[int]
) -> dict[tuple[str, int], Exclusion]:
    batches = {message.batch for message in batch if message.batch is not None}
    found = queries.exclusions(session, batches, contact_ids)
    return {(one.batch, one.contact_id): one for one in found}


def _planned(session: Session, contact_ids: set[int], now: datetime) -> dict[int, list[Message]]:
    found: dict[int, list[Message]] = {}
    until = now + queries.LONGEST_WINDOW
    for message in queries.planned(session, contact_ids, now=now, until=until):
        found.setdefault(message.contact_id or 0, []).append(message)
    return found


def _pressing(message: Message, around: Surroundings) -> list[Slot]:
    """Return the slots that more pressing messages to this person, planned already, will want."""
    rivals = around.planned.get(message.contact_id or 0, [])
    return [
        replace(slot_of(rival), counted_at=rival.due_at)
        for rival in rivals
        if rival.priority < message.priority and rival.id != message.id
    ]


def _slots(session: Session, contact_ids: set[int], now: datetime) -> dict[int, list[Slot]]:
    since = now - queries.LONGEST_WINDOW
    found: dict[int, list[Slot]] = {}
    for row in queries.ledger_of(session, contact_ids, since=since):
        found.setdefault(row.contact_id, []).append(counted_slot(row))
    return found
