"""Take in what other programs tell: a batch in a few statements, durable before the answer.

Nothing here reacts. The lane of events does that afterwards; its sweep finds what nobody told it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from core import ids, outbox
from core.access.service import verb
from core.access.terms import Actor, Permission
from core.contacts import visitors
from core.contacts.models import Contact
from core.errors import ChaparError, Invalid, NotFound
from core.events import queries, rules
from core.events.service import LANE
from core.events.terms import BATCH_MOST, KEY_MOST
from core.organisation import queries as organisation
from core.tracking import resolving
from core.tracking.terms import EventInput, Recognised, Recorded, Refusal, Subject

Values = dict[str, object]


@verb(Permission.EVENT_RECORD, audit=None)
def record_events(
    session: Session, _actor: Actor, *, source: str, given: Sequence[EventInput], now: datetime
) -> Recorded:
    """Write the events that are new, and say which could not be taken in and why.

    The same number from the same source is the same event, however often it is told. No row of
    the log is written: the events are the record.

    Raises:
        Invalid: "event.many" for more than 1,000.
    """
    if len(given) > BATCH_MOST:
        raise Invalid("event.many", field="events", limit=BATCH_MOST)
    country = organisation.default_office(session).country
    subjects = [one.subject for one in given]
    whom = resolving.people(session, subjects, caller=source, country=country)
    rows, refused = list[Values](), list[Refusal]()
    for index, (one, person) in enumerate(zip(given, whom, strict=True)):
        try:
            rows.append(_values(one, person, source=source, now=now))
        except ChaparError as fault:
            refused.append(Refusal(index, fault.code, fault.params, fault.field))
    return _written(session, rows, refused)


@verb(Permission.EVENT_RECORD, audit=None)
def record_event(
    session: Session, actor: Actor, *, source: str, given: EventInput, now: datetime
) -> Recorded:
    """Write one event; what is wrong with it is raised."""
    country = organisation.default_office(session).country
    (person,) = resolving.people(session, [given.subject], caller=source, country=country)
    del actor
    return _written(session, [_values(given, person, source=source, now=now)], [])


@verb(Permission.EVENT_RECORD, audit="visitor.recognised")
def identify(
    session: Session, _actor: Actor, *, source: str, subject: Subject, now: datetime
) -> Recognised:
    """Say who a visitor is; what the visitor did before becomes theirs.

    Raises:
        Invalid: "event.no_visitor" without an anonymous id; what can be no address or number.
        NotFound: "event.person_unknown".
        Conflict: "event.visitor_taken" or "event.person_ambiguous": two people are never made one.
    """
    visitor = visitors.checked(subject.anonymous_id)
    if not visitor:
        raise Invalid("event.no_visitor", field="anonymous_id")
    named = Subject(**{**subject.__dict__, "anonymous_id": ""})
    country = organisation.default_office(session).country
    (person,) = resolving.people(session, [named], caller=source, country=country)
    contact = session.get(Contact, _person_of(person))
    if contact is None:
        raise NotFound("event.person_unknown", field="email")
    joined = visitors.recognise(session, contact, anonymous_id=visitor, now=now)
    return Recognised(contact.public_id, joined)


def _written(session: Session, rows: list[Values], refused: list[Refusal]) -> Recorded:
    count = queries.add_many(session, rows)
    if count:
        outbox.poke(session, LANE)
    return Recorded(count, len(rows) - count, tuple(refused))


def _values(
    given: EventInput, person: int | ChaparError | None, *, source: str, now: datetime
) -> Values:
    return {
        "name": rules.checked_name(given.name),
        "contact_id": _person_of(person),
        "anonymous_id": given.subject.anonymous_id or None,
        "source": source,
        "dedup_key": _key(given.key, now=now),
        "occurred_at": rules.checked_moment(given.occurred_at, now=now),
        "received_at": now,
        "properties": rules.checked_properties(given.properties),
        "is_held": False,
        "created_at": now,
        "updated_at": now,
    }


def _person_of(person: int | ChaparError | None) -> int | None:
    if isinstance(person, ChaparError):
        raise person
    return person


def _key(given: str, *, now: datetime) -> str:
    key = given.strip()
    if len(key) > KEY_MOST:
        raise Invalid("event.key_long", field="id", limit=KEY_MOST)
    return key or ids.uuid7(now).hex
