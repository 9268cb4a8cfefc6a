"""What an installation that may not send is: not decided yet, or a copy for looking and trying."""

from datetime import datetime

from sqlmodel import Session

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.errors import Conflict
from core.organisation import instance, queries
from core.organisation.terms import Standing


def standing(session: Session) -> Standing:
    """Return what this installation is among those with the same content."""
    if instance.may_send(session):
        return Standing.SENDS
    return Standing.COPY if instance.is_marked_as_copy() else Standing.UNDECIDED


@verb(Permission.SETTINGS_EDIT, audit="instance.kept_as_copy")
def keep_as_copy(session: Session, actor: Actor, *, now: datetime) -> None:
    """Have this installation be a copy: it sends nothing, and asks no more what it is.

    Only its data directory learns of it; `instance.confirm` undoes it. Raises Conflict
    "instance.sends" where it is the one that sends.
    """
    if standing(session) is Standing.SENDS:
        raise Conflict("instance.sends")
    instance.mark_as_copy()
    house = queries.organisation(session)
    audit.record(session, actor, "instance.kept_as_copy", now=now, subject=house)
