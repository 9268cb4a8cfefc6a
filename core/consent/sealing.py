"""The chain over each person's consent: written with every step, checked on demand."""

import hashlib
import hmac
from itertools import groupby

from sqlmodel import Session

from core.consent import queries, rules
from core.consent.models import ConsentEvent
from core.consent.terms import Broken, LedgerReport
from core.settings import settings

MOST_FINDINGS = 1_000
STEP = 5_000
"""How many people are held in memory at once."""


def keys() -> list[bytes]:
    """Return the keys of the ledger, newest first."""
    return [
        hmac.new(master, b"chapar/consent-ledger", hashlib.sha256).digest()
        for _, master in settings().signing_keys()
    ]


def content(event: ConsentEvent) -> dict[str, object]:
    """Return the step as its seal sees it."""
    return {name: getattr(event, name) for name in rules.CONTENT}


def sound_ones(events: list[ConsentEvent]) -> list[bool]:
    """Return for each of one person's steps, oldest first, whether its seal fits."""
    known, previous, found = keys(), "", []
    for event in events:
        found.append(rules.is_sealed(known, content(event), previous=previous, found=event.seal))
        previous = event.seal
    return found


def verify(session: Session, *, contact_id: int | None = None) -> LedgerReport:
    """Return the rows that were altered, and the people whose newest rows are gone."""
    if contact_id is not None:
        return _checked(session, contact_id, contact_id)
    reports = [
        _checked(session, first, first + STEP - 1)
        for first in range(1, queries.last_person(session) + 1, STEP)
    ]
    broken = tuple(one for report in reports for one in report.broken)
    return LedgerReport(sum(report.row_count for report in reports), broken[:MOST_FINDINGS])


def _checked(session: Session, first: int, last: int) -> LedgerReport:
    """Return how it stands with the people from this id to that one."""
    standing = queries.standings(session, first=first, last=last)
    count, broken = 0, list[Broken]()
    ledger = queries.ledger(session, first=first, last=last)
    for person, group in groupby(ledger, key=lambda one: one.contact_id):
        events = list(group)
        count += len(events)
        fits = sound_ones(events)
        broken += [Broken(person, e.id) for e, fit in zip(events, fits, strict=True) if not fit]
        if standing.pop(person, {}) != {event.topic_id: event.state for event in events}:
            broken.append(Broken(person, None))
    broken += [Broken(person, None) for person in standing]
    return LedgerReport(count, tuple(broken))
