"""Messages as a file: the list as somebody looks at it, taken out by those who may."""

from datetime import datetime

from sqlmodel import Session

from core.access.rules import within
from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.messages.service import MessageFilter, MessageLine, list_messages


@verb(Permission.MESSAGE_EXPORT, audit="messages.exported")
def export_messages(
    session: Session, actor: Actor, *, where: MessageFilter, limit: int, now: datetime
) -> list[MessageLine]:
    """Return the messages that match, of those the actor may take out, the newest first."""
    taker = within(actor, Permission.MESSAGE_EXPORT)
    found = list_messages(session, taker, where=where, limit=limit).lines
    audit.record(session, actor, "messages.exported", now=now, after={"rows": len(found)})
    return found
