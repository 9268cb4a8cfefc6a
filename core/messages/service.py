"""Verbs of the way out: queue, look, explain, take back, settle a doubt, send one by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import Session, col, select

from core import ids, outbox
from core.access import rules as access_rules
from core.access.service import require_on, verb
from core.access.terms import Actor, Level, Permission
from core.accounts.links import blanked
from core.audit import service as audit
from core.consent.models import Topic
from core.contacts.models import Contact
from core.errors import Conflict, NotFound
from core.i18n.text import search_key
from core.messages import admission, links, queueing, rules
from core.messages.letters import closing_of, with_links
from core.messages.models import Decision, Delivery, Message
from core.messages.queueing import put as queue
from core.messages.terms import (
    Lane,
    MessageClass,
    MessageRequest,
    MessageStatus,
    Outcome,
    Reason,
)
from core.organisation import queries as organisation_queries
from core.templates.models import Template, TemplateVersion
from core.templates.service import render_for
from core.templates.terms import Framing, RenderedMail

PAGE = 50
TAKE_BACK = frozenset({MessageStatus.QUEUED})


@dataclass(frozen=True)
class MessageFilter:
    """What a list of messages is narrowed to; empty values narrow nothing."""

    text: str = ""
    statuses: tuple[MessageStatus, ...] = ()
    reasons: tuple[Reason, ...] = ()
    department_id: int | None = None
    contact_id: int | None = None


@dataclass(frozen=True)
class MessageLine:
    """One line of a list: the message, to whom it goes, and the template it is made of."""

    message: Message
    person: str
    template: Template | None = None


@dataclass(frozen=True)
class MessagePage:
    """One page of at most 50 lines, and how many there are in all."""

    lines: list[MessageLine]
    total: int


@dataclass(frozen=True)
class Explanation:
    """Why a message is where it is: the checklist as last decided, and every attempt.

    is_forecast: nothing was decided yet; the checklist is what admission would say now.
    """

    message: Message
    person: Contact | None
    reason: Reason
    detail: str
    until: datetime | None
    checks: list[dict[str, object]]
    decisions: list[Decision]
    attempts: list[Delivery]
    is_forecast: bool
    template: Template | None = None


@verb(Permission.MESSAGE_VIEW, audit=None)
def list_messages(
    session: Session,
    actor: Actor,
    *,
    where: MessageFilter | None = None,
    page: int = 1,
    limit: int = PAGE,
) -> MessagePage:
    """Return one page of the messages the actor may see, newest first."""
    wanted = [*_reach(actor), *_conditions(where or MessageFilter())]
    to = col(Contact.id) == col(Message.contact_id)
    counted = select(func.count()).select_from(Message).join(Contact, to, isouter=True)
    total = session.exec(counted.where(*wanted)).one()
    text = col(TemplateVersion.id) == col(Message.template_version_id)
    of = col(Template.id) == col(TemplateVersion.template_id)
    found = (
        select(Message, Contact, Template)
        .join(Contact, to, isouter=True)
        .join(TemplateVersion, text, isouter=True)
        .join(Template, of, isouter=True)
    )
    newest = found.where(*wanted).order_by(col(Message.id).desc())
    rows = session.exec(newest.limit(limit).offset((page - 1) * limit)).all()
    lines = [MessageLine(message, _name(person), template) for message, person, template in rows]
    return MessagePage(lines, total)


@verb(Permission.MESSAGE_VIEW, audit=None)
def counts(session: Session, actor: Actor, *, since: datetime) -> dict[MessageStatus, int]:
    """Return how many messages made since then are in each state."""
    statement = select(Message.status, func.count()).where(
        Message.created_at >= since, *_reach(actor)
    )
    rows = session.exec(statement.group_by(col(Message.status))).all()
    return {MessageStatus(status): count for status, count in rows}


@verb(Permission.MESSAGE_VIEW, audit=None)
def explain(session: Session, actor: Actor, *, public_id: str, now: datetime) -> Explanation:
    """Return why this message was sent, held or dropped, check by check."""
    message = _visible(session, actor, public_id)
    decisions = list(
        session.exec(
            select(Decision).where(Decision.message_id == message.id).order_by(col(Decision.id))
        )
    )
    attempts = list(
        session.exec(
            select(Delivery).where(Delivery.message_id == message.id).order_by(col(Delivery.id))
        )
    )
    person = session.get(Contact, message.contact_id) if message.contact_id else None
    version = session.get(TemplateVersion, message.template_version_id or 0)
    last = next((one for one in reversed(decisions) if one.checks), None)
    forecast = last is None and message.status is MessageStatus.QUEUED
    if last is None:
        last = _forecast(session, message, now=now)
    reason = message.reason or last.reason
    return Explanation(
        message=message,
        person=person,
        reason=reason,
        detail=message.reason_detail or last.detail,
        until=last.until,
        checks=last.checks,
        decisions=decisions,
        attempts=attempts,
        is_forecast=forecast,
        template=session.get(Template, version.template_id) if version else None,
    )


@verb(Permission.MESSAGE_VIEW, audit=None)
def letter(session: Session, actor: Actor, *, public_id: str) -> RenderedMail:
    """Return the message as its person gets it, but for links that open or do something.

    Raises MissingValue where data lacks.
    """
    message = _visible(session, actor, public_id)
    version = session.get(TemplateVersion, message.template_version_id or 0)
    person = session.get(Contact, message.contact_id or 0)
    if version is None or person is None:
        raise NotFound("template.missing")
    house = organisation_queries.organisation(session)
    values = links.filled(with_links(message, _blanked), links.shown())
    topic = session.get(Topic, message.topic_id) if message.topic_id else None
    return render_for(version, person, house, sender_name=house.name, values=values,
                      framing=Framing(closing_of(message, topic, links.shown())))  # fmt: skip


def _blanked(text: str) -> str:
    return links.blanked(blanked(text))


@verb(Permission.MESSAGE_SEND, audit="message.sent_by_hand")
def send_by_hand(
    session: Session,
    actor: Actor,
    *,
    contact_id: int,
    template_version_id: int,
    values: Mapping[str, object] | None = None,
    now: datetime,
) -> Message:
    """Queue one message to one person; it waits the recall time before it leaves."""
    person = session.get(Contact, contact_id)
    if person is None:
        raise NotFound("contact.missing", field="contact")
    require_on(actor, Permission.MESSAGE_SEND, department_id=None, owner_id=person.owner_id)
    message = queue(
        session,
        actor,
        MessageRequest(
            contact_id=contact_id,
            template_version_id=template_version_id,
            values=values or {},
            dedup_key=f"hand:{ids.uuid7(now).hex}",
            lane=Lane.NORMAL,
            is_manual=True,
        ),
        now=now,
    )
    audit.record(
        session, actor, "message.sent_by_hand", now=now, subject=message, contact_id=contact_id,
        department_id=message.department_id,
    )  # fmt: skip
    return message


@verb(Permission.MESSAGE_SEND, audit="message.recalled")
def recall(session: Session, actor: Actor, *, public_id: str, now: datetime) -> Message:
    """Take back a message that has not been handed over; a later attempt to lease finds nothing."""
    message = _visible(session, actor, public_id, permission=Permission.MESSAGE_SEND)
    if message.status not in TAKE_BACK:
        raise Conflict("message.already_left")
    message.status, message.reason = MessageStatus.CANCELLED, Reason.RECALLED
    session.add(
        Decision(message_id=message.id, at=now, outcome=Outcome.DROP, reason=Reason.RECALLED)
    )
    audit.record(
        session, actor, "message.recalled", now=now, subject=message,
        contact_id=message.contact_id, department_id=message.department_id,
    )  # fmt: skip
    return message


@verb(Permission.MESSAGE_RESOLVE, audit="message.doubt_resent")
def resend_in_doubt(session: Session, actor: Actor, *, public_id: str, now: datetime) -> None:
    """Queue a message in doubt again, with its Message-ID; the person may get it twice."""
    message = _in_doubt(session, actor, public_id)
    message.status, message.due_at = MessageStatus.QUEUED, now
    outbox.poke(session, f"messages:{message.lane.value}")
    audit.record(
        session, actor, "message.doubt_resent", now=now, subject=message,
        contact_id=message.contact_id, department_id=message.department_id,
    )  # fmt: skip


@verb(Permission.MESSAGE_RESOLVE, audit="message.doubt_accepted")
def accept_in_doubt(session: Session, actor: Actor, *, public_id: str, now: datetime) -> None:
    """Count a message in doubt as sent."""
    message = _in_doubt(session, actor, public_id)
    message.status, message.reason, message.sent_at = MessageStatus.SENT, Reason.SENT, now
    message.lease_owner = message.lease_until = None
    audit.record(
        session, actor, "message.doubt_accepted", now=now, subject=message,
        contact_id=message.contact_id, department_id=message.department_id,
    )  # fmt: skip


def _forecast(session: Session, message: Message, *, now: datetime) -> Decision:
    around = admission.look_around(session, [message], now=now)
    verdict = rules.admit(admission.facts(message, around), now=now)
    return admission.decision(message, verdict, now=now)


def _in_doubt(session: Session, actor: Actor, public_id: str) -> Message:
    message = _visible(session, actor, public_id, permission=Permission.MESSAGE_RESOLVE)
    if message.status is not MessageStatus.IN_DOUBT:
        raise Conflict("message.not_in_doubt")
    return message


def _visible(
    session: Session,
    actor: Actor,
    public_id: str,
    *,
    permission: Permission = Permission.MESSAGE_VIEW,
) -> Message:
    found = session.exec(
        select(Message)
        .where(Message.public_id == public_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFound("message.missing")
    require_on(actor, permission, department_id=found.department_id, owner_id=found.created_by_id)
    return found


def _reach(actor: Actor) -> list[ColumnElement[bool]]:
    """Return the conditions that keep a list to what the actor may see."""
    departments = access_rules.departments(actor, Permission.MESSAGE_VIEW)
    if departments is None:
        return []
    reach = [col(Message.department_id).in_(departments), col(Message.created_by_id) == actor.id]
    if access_rules.level(actor, Permission.MESSAGE_VIEW) >= Level.TEAM:
        reach.append(col(Message.department_id).is_(None))
    return [or_(*reach)]


def _conditions(where: MessageFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if where.statuses:
        found.append(col(Message.status).in_(where.statuses))
    if where.reasons:
        found.append(col(Message.reason).in_(where.reasons))
    if where.department_id is not None:
        found.append(col(Message.department_id) == where.department_id)
    if where.contact_id is not None:
        found.append(col(Message.contact_id) == where.contact_id)
    if where.text:
        key = f"%{search_key(where.text)}%"
        found.append(or_(col(Contact.search_key).like(key), col(Message.subject_text).ilike(key)))
    return found


def _name(person: Contact | None) -> str:
    return "" if person is None else f"{person.first_name} {person.last_name}".strip()


__all__ = [
    "Explanation",
    "MessageClass",
    "MessageFilter",
    "MessageLine",
    "MessagePage",
    "accept_in_doubt",
    "counts",
    "explain",
    "letter",
    "list_messages",
    "queue",
    "queueing",
    "recall",
    "resend_in_doubt",
    "send_by_hand",
]
