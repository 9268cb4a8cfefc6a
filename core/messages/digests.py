"""Digests: what a cap kept from staff today comes as one list tomorrow morning."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from core import ids
from core.contacts.models import Contact
from core.errors import Invalid
from core.messages import queries
from core.messages.models import Message
from core.messages.terms import Lane, MessageClass, MessageStatus, OnCap
from core.organisation.models import Organisation
from core.templates import queries as templates
from core.templates.models import Template
from core.templates.service import render_for
from core.templates.terms import MissingValue

SUBJECT = "digest"
MORNING = time(8, 30)
TEMPLATE = "digest"


def join(
    session: Session,
    message: Message,
    *,
    person: Contact,
    organisation: Organisation,
    now: datetime,
) -> None:
    """End this message in the person's next digest, which is queued if there is none yet."""
    message.subject_text = _headline(session, message, person=person, organisation=organisation)
    digest = _next_digest(session, message, person=person, organisation=organisation, now=now)
    message.status, message.digest_id = MessageStatus.DIGESTED, digest.id
    session.flush()
    lines = [one.subject_text for one in queries.digested_into(session, digest.id)]
    digest.values = {"items": [{"title": line} for line in lines], "item_count": len(lines)}


def _headline(
    session: Session, message: Message, *, person: Contact, organisation: Organisation
) -> str:
    """Return the subject the message would have had; the name of its template where it has none."""
    version = next(iter(queries.template_versions(session, [message.template_version_id or 0])))
    try:
        mail = render_for(
            version, person, organisation, sender_name=organisation.name, values=message.values
        )
    except (Invalid, MissingValue):  # the data is there, as admission saw, but does not fit
        return session.get_one(Template, version.template_id).name
    return mail.subject


def _next_digest(
    session: Session,
    message: Message,
    *,
    person: Contact,
    organisation: Organisation,
    now: datetime,
) -> Message:
    zone = ZoneInfo(person.time_zone or organisation.time_zone)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    due_at = datetime.combine(tomorrow, MORNING, zone).astimezone(now.tzinfo)
    key = f"digest:{person.id}:{tomorrow.isoformat()}"
    found = queries.by_dedup_key(session, key)
    if found is not None and found.status is MessageStatus.QUEUED:
        return found
    if found is not None:  # it has gone already (a clock was set back): a second one that day
        key = f"{key}:{message.id}"
    version = templates.newest_by_key(session, TEMPLATE)
    made = Message(
        public_id=ids.public_id("msg", now),
        dedup_key=key,
        lane=Lane.NORMAL,
        klass=MessageClass.RELATIONSHIP,
        audience=message.audience,
        on_cap=OnCap.DEFER,
        contact_id=person.id,
        department_id=message.department_id,
        sender_id=message.sender_id,
        template_version_id=version.id if version else None,
        subject_type=SUBJECT,
        due_at=due_at,
    )
    session.add(made)
    session.flush()
    return made
