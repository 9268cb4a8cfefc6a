"""The part "messages": every mail to a person, with what became of it and what they did with it."""

from sqlmodel import Session, col, select

from core.access.terms import Actor, Permission
from core.events.models import Event
from core.profiles.parts import Look, Part
from core.profiles.terms import Line
from core.profiles.timeline import MAIL_EVENTS, facts, message_lines


def read(session: Session, actor: Actor, look: Look) -> list[Line]:
    """Return the messages and their openings and clicks, newest first."""
    found = [] if look.kind == "reactions" else message_lines(session, actor, look)
    if look.kind != "sent":
        found += _reactions(session, look)
    return sorted(found, key=lambda one: (one.at is not None, one.at), reverse=True)[: look.limit]


def _reactions(session: Session, look: Look) -> list[Line]:
    statement = select(Event).where(
        Event.contact_id == look.contact.id, col(Event.name).in_(MAIL_EVENTS)
    )
    if look.before is not None:
        statement = statement.where(col(Event.occurred_at) < look.before)
    rows = session.exec(statement.order_by(col(Event.occurred_at).desc()).limit(look.limit)).all()
    return [
        Line(
            code=f"event.name.{one.name}",
            values={"name": one.name},
            note_code="profile.event.facts" if one.properties else "",
            note_values={"facts": facts(one.properties)},
            at=one.occurred_at,
            kind="reactions",
        )
        for one in rows
    ]


PART = Part(name="messages", permission=Permission.MESSAGE_VIEW, read=read,
            kinds=("sent", "reactions"), has_pages=True)  # fmt: skip
