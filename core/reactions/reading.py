"""What people may read of the reactions to a mail."""

from sqlmodel import Session, select

from core.access.service import require_on, verb
from core.access.terms import Actor, Permission
from core.errors import NotFound
from core.messages.models import Message
from core.reactions import queries
from core.reactions.terms import Reacted


@verb(Permission.MESSAGE_VIEW, audit=None)
def reactions_to(session: Session, actor: Actor, *, public_id: str) -> list[Reacted]:
    """Return every open and click of this mail, machines' too, oldest first.

    Raises:
        NotFound: "message.missing".
    """
    found = session.exec(select(Message).where(Message.public_id == public_id)).first()
    if found is None:
        raise NotFound("message.missing")
    require_on(actor, Permission.MESSAGE_VIEW, department_id=found.department_id,
               owner_id=found.created_by_id)  # fmt: skip
    rows = queries.of_messages(session, [found.id])
    urls = queries.urls(session, queries.links_of(rows))
    return [Reacted(one.kind, one.at, urls.get(one.link_id or 0, ""), one.verdict, one.sign)
            for one in rows]  # fmt: skip
