"""The consent of one person, step by step, with the words that held and whether the seals fit."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.access.service import require_on, verb
from core.access.terms import Actor, Permission
from core.consent import queries, sealing
from core.consent.models import Preference, Suppression, Topic
from core.consent.terms import ConsentState, LedgerLine, LedgerReport
from core.contacts import queries as contacts
from core.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a person stands with one topic now."""

    topic: Topic
    state: ConsentState
    since: datetime


@dataclass(frozen=True, kw_only=True)
class ConsentFile:
    """All that is known of one person's consent, newest step first.

    is_sound: every step is as it was written, and none is missing.
    """

    lines: list[LedgerLine]
    standings: list[Standing]
    suppressions: list[Suppression]
    preference: Preference | None
    is_sound: bool


@verb(Permission.CONTACT_VIEW, audit=None)
def consent_of(session: Session, actor: Actor, *, contact_id: int) -> ConsentFile:
    """Return the consent of this person, with its proof."""
    person = contacts.contact(session, contact_id)
    if person is None:
        raise NotFound("contact.missing")
    require_on(actor, Permission.CONTACT_VIEW, department_id=None, owner_id=person.owner_id)
    addresses = contacts.primary_addresses(session, [contact_id])
    return ConsentFile(
        lines=_lines(session, contact_id),
        standings=_standings(session, contact_id),
        suppressions=queries.active_suppressions(
            session, contact_ids=[contact_id], address_ids=[one.id for one in addresses.values()]
        ),
        preference=queries.preferences(session, [contact_id]).get(contact_id),
        is_sound=sealing.verify(session, contact_id=contact_id).is_sound,
    )


@verb(Permission.AUDIT_VIEW, audit=None)
def verify_ledger(session: Session, _actor: Actor) -> LedgerReport:
    """Return which rows of the whole ledger were altered or are gone."""
    return sealing.verify(session)


def _lines(session: Session, contact_id: int) -> list[LedgerLine]:
    steps = list(queries.ledger(session, first=contact_id, last=contact_id))
    fits = sealing.sound_ones(steps)
    topics = queries.topics(session, {step.topic_id for step in steps})
    texts = queries.texts_of(session, topics)
    found = []
    for step, fit in zip(steps, fits, strict=True):
        words = texts.get((step.topic_id, step.text_version))
        found.append(
            LedgerLine(
                topic=topics[step.topic_id].names,
                state=step.state,
                at=step.at,
                source=step.source,
                basis=step.basis,
                text_version=step.text_version,
                text=words.texts if words else {},
                ip=step.ip,
                actor=step.actor,
                is_sound=fit,
            )
        )
    return found[::-1]


def _standings(session: Session, contact_id: int) -> list[Standing]:
    held = queries.subscriptions(session, contact_id)
    topics = queries.topics(session, held)
    return [
        Standing(topic=topics[topic_id], state=row.state, since=row.since)
        for topic_id, row in held.items()
    ]
