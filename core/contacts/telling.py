"""Changes of people as events: segments, journeys and the timeline live by them."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session

from core.contacts.models import Contact
from core.events import service as events
from core.events.service import Fact

SOURCE = "contact"
CREATED, CHANGED, MERGED = "contact.created", "contact.changed", "contact.merged"


def tell(session: Session, contact: Contact, act: str, *, now: datetime) -> None:
    """Record that this happened to the person, once for each version of their row."""
    is_first = act == CREATED
    key = str(contact.id) if is_first else f"{contact.id}:{contact.version}"
    events.record(session, _fact(contact.id, act, key=key, now=now))


def tell_many(
    session: Session, contact_ids: Collection[int], act: str, *, key: str, now: datetime
) -> None:
    """Record that this happened to all these people by one act, which `key` names."""
    facts = [_fact(one, act, key=f"{key}:{one}", now=now) for one in contact_ids]
    events.record_many(session, facts)


def _fact(contact_id: int, act: str, *, key: str, now: datetime) -> Fact:
    return Fact(
        name=act,
        source=SOURCE,
        dedup_key=f"{act.partition('.')[2]}:{key}",
        occurred_at=now,
        subject_type="contact",
        subject_id=contact_id,
        contact_id=contact_id,
    )
