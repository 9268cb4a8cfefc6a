"""Put a message into the one way out."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from core import ids, outbox
from core.access.terms import Actor
from core.contacts import queries as contacts
from core.contacts.models import Contact
from core.contacts.terms import Audience, ContactKind
from core.errors import Invalid, NotFound, Unavailable
from core.messages import queries
from core.messages.letters import sender_of
from core.messages.models import Message
from core.messages.terms import MessageRequest, OnCap
from core.organisation import queries as organisation_queries
from core.templates import queries as templates
from core.templates.models import Template, TemplateVersion

USEFUL_FOR = timedelta(days=7)


def put(session: Session, actor: Actor, request: MessageRequest, *, now: datetime) -> Message:
    """Return the queued message, or the one that was queued before under the same key.

    A manual send waits the organisation's recall time, in which it can be taken back.
    """
    known = queries.by_dedup_key(session, request.dedup_key)
    if known is not None:
        return known
    person = contacts.contact(session, request.contact_id)
    if person is None:
        raise NotFound("contact.missing")
    template, version = _text(session, request)
    message = _message(request, person, template, now=now)
    message.template_version_id = version.id
    message.created_by_id = actor.id if actor.kind == "user" else None
    message.address_id = _address_id(session, person)
    message.sender_id = _sender_id(session, message)
    if request.is_manual:
        seconds = organisation_queries.organisation(session).recall_seconds
        message.recall_until = message.due_at = max(
            message.due_at, now + timedelta(seconds=seconds)
        )
    session.add(message)
    session.flush()
    outbox.poke(session, f"messages:{message.lane.value}")
    return message


def audience_of(person: Contact) -> Audience:
    """Return whether mail to this person is mail to staff."""
    return Audience.INTERNAL if person.kind is ContactKind.EMPLOYEE else Audience.EXTERNAL


def _message(
    request: MessageRequest, person: Contact, template: Template, *, now: datetime
) -> Message:
    audience = audience_of(person)
    usual = OnCap.DIGEST if audience is Audience.INTERNAL else OnCap.DEFER
    due_at = request.due_at or now
    return Message(
        public_id=ids.public_id("msg", now),
        dedup_key=request.dedup_key,
        lane=request.lane,
        klass=request.klass or template.klass,
        audience=audience,
        priority=request.priority,
        on_cap=request.on_cap or usual,
        contact_id=person.id,
        department_id=request.department_id or template.department_id,
        sender_id=request.sender_id,
        transport_id=request.transport_id,
        topic_id=template.topic_id,
        values=dict(request.values),
        subject_type=request.subject_type,
        subject_id=request.subject_id,
        batch=request.batch,
        is_manual=request.is_manual,
        due_at=due_at,
        expires_at=request.expires_at or due_at + USEFUL_FOR,
    )


def _text(session: Session, request: MessageRequest) -> tuple[Template, TemplateVersion]:
    if request.template_version_id is not None:
        version = session.get(TemplateVersion, request.template_version_id)
    elif request.template_key is not None:
        version = templates.newest_by_key(session, request.template_key)
    else:
        raise Invalid("template.missing", field="template")
    template = session.get(Template, version.template_id) if version else None
    if version is None or template is None:
        raise NotFound("template.missing", field="template")
    return template, version


def _address_id(session: Session, person: Contact) -> int | None:
    found = contacts.primary_addresses(session, [person.id])
    return found[person.id].id if person.id in found else None


def _sender_id(session: Session, message: Message) -> int | None:
    """Return who will send it, so that caps of a sender count it; None while there is nobody."""
    try:
        return sender_of(session, message).id
    except Unavailable:
        return None


def newest_manual(session: Session, *, user_id: int, now: datetime) -> Message | None:
    """Return the message that this person sent by hand and can still take back."""
    statement = select(Message).where(
        Message.created_by_id == user_id, col(Message.recall_until) > now
    )
    return session.exec(statement.order_by(col(Message.id).desc()).limit(1)).first()
