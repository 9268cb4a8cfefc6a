"""The part "timeline": what happened with a person, in all departments, newest first."""

from collections.abc import Callable, Mapping

from sqlalchemy import or_
from sqlmodel import Session, col, select

from core.access import rules
from core.access.terms import Actor, Level, Permission
from core.activities.models import Note
from core.commerce.models import Order
from core.events.models import Event
from core.messages.models import Message
from core.profiles.parts import Look, Part
from core.profiles.terms import Line, Tone

MAIL_EVENTS = ("mail.opened", "mail.clicked")
_REPEATS = ("order.%", "contact.%", "company.%")
"""Events that only repeat what stands elsewhere on the page."""


def read(session: Session, actor: Actor, look: Look) -> list[Line]:
    """Return the newest events, messages, orders and notes, one list."""
    found: list[Line] = []
    for kind, readers in READERS.items():
        if look.kind in {"", kind}:
            found += readers(session, actor, look)
    if look.department_id is not None:
        found = [one for one in found if one.department_id == look.department_id]
    return sorted(found, key=lambda one: one.at or look.now, reverse=True)[: look.limit]


def message_lines(session: Session, actor: Actor, look: Look) -> list[Line]:
    """Return the messages; of those of other departments only that there was one."""
    at = col(Message.created_at)
    statement = select(Message).where(Message.contact_id == look.contact.id)
    if look.before is not None:
        statement = statement.where(at < look.before)
    if look.department_id is not None:
        statement = statement.where(Message.department_id == look.department_id)
    rows = session.exec(statement.order_by(at.desc(), col(Message.id).desc()).limit(look.limit))
    return [_message(actor, one) for one in rows.all()]


def _message(actor: Actor, message: Message) -> Line:
    is_seen = rules.reaches(
        actor,
        Permission.MESSAGE_VIEW,
        department_id=message.department_id,
        owner_id=message.created_by_id,
    )
    reason = message.reason.value if message.reason else message.status.value
    return Line(
        code="profile.message.later" if is_seen else "profile.message.hidden",
        text=message.subject_text if is_seen else "",
        note_code=f"reason.{message.reason.value}" if message.reason else "profile.message.waiting",
        note_values={"reason": reason},
        at=message.created_at,
        link=f"/messages?open={message.public_id}" if is_seen else "",
        tone=Tone.GOOD if message.sent_at else Tone.MUTED,
        kind="messages",
        department_id=message.department_id,
    )


def _event_lines(session: Session, actor: Actor, look: Look) -> list[Line]:
    if rules.level(actor, Permission.EVENT_VIEW) is Level.NO:
        return []
    at = col(Event.occurred_at)
    repeats = (col(Event.name).like(one) for one in _REPEATS)
    statement = select(Event).where(Event.contact_id == look.contact.id, ~or_(*repeats))
    if look.before is not None:
        statement = statement.where(at < look.before)
    if look.department_id is not None:
        statement = statement.where(Event.department_id == look.department_id)
    rows = session.exec(statement.order_by(at.desc(), col(Event.id).desc()).limit(look.limit))
    return [_event(one) for one in rows.all()]


def _event(event: Event) -> Line:
    return Line(
        code=f"event.name.{event.name}",
        values={"name": event.name},
        note_code="profile.event.facts" if event.properties else "",
        note_values={"facts": facts(event.properties)},
        at=event.occurred_at,
        kind="mail" if event.name in MAIL_EVENTS else "events",
        department_id=event.department_id,
    )


def facts(properties: Mapping[str, object]) -> str:
    """Return a few plain properties as one short text."""
    plain = [(key, value) for key, value in properties.items()
             if isinstance(value, str | int | float) and not isinstance(value, bool)]  # fmt: skip
    return " · ".join(f"{key}: {str(value)[:60]}" for key, value in plain[:4])


def _order_lines(session: Session, _actor: Actor, look: Look) -> list[Line]:
    statement = select(Order).where(Order.contact_id == look.contact.id)
    if look.before is not None:
        statement = statement.where(col(Order.placed_at) < look.before)
    rows = session.exec(statement.order_by(col(Order.placed_at).desc()).limit(look.limit)).all()
    return [
        Line(code="profile.order", values={"reference": one.reference}, at=one.placed_at,
             kind="orders", tone=Tone.GOOD, link="")
        for one in rows
    ]  # fmt: skip


def _note_lines(session: Session, _actor: Actor, look: Look) -> list[Line]:
    statement = select(Note).where(Note.contact_id == look.contact.id)
    if look.before is not None:
        statement = statement.where(col(Note.created_at) < look.before)
    if look.department_id is not None:
        statement = statement.where(Note.department_id == look.department_id)
    rows = session.exec(statement.order_by(col(Note.id).desc()).limit(look.limit)).all()
    return [
        Line(text=one.text, note_code="profile.note", at=one.created_at, kind="notes",
             department_id=one.department_id)
        for one in rows
    ]  # fmt: skip


READERS: Mapping[str, Callable[[Session, Actor, Look], list[Line]]] = {
    "messages": message_lines,
    "events": _event_lines,
    "orders": _order_lines,
    "notes": _note_lines,
}
PART = Part(name="timeline", permission=Permission.CONTACT_VIEW, read=read,
            kinds=tuple(READERS), has_pages=True)  # fmt: skip
