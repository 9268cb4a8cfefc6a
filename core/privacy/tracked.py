"""Whether what a person does with mails and pages is noted."""

from datetime import datetime

from sqlmodel import Session

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.contacts import card


@verb(Permission.CONTACT_EDIT, audit="contact.tracking_set")
def set_tracked(
    session: Session, actor: Actor, *, public_id: str, is_tracked: bool, now: datetime
) -> None:
    """Note from now on what the person does with mails and pages, or do not.

    Raises:
        NotFound: "contact.missing".
    """
    person = card.locked(session, actor, public_id)
    if person.is_tracked is is_tracked:
        return
    person.is_tracked = is_tracked
    person.version += 1
    session.flush()
    audit.record(session, actor, "contact.tracking_set", now=now, subject=person,
                 contact_id=person.id, before={"is_tracked": not is_tracked},
                 after={"is_tracked": is_tracked})  # fmt: skip
