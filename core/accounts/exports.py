"""Staff accounts as a file, taken out by those who may."""

from datetime import datetime

from sqlmodel import Session

from core.access.rules import within
from core.access.service import verb
from core.access.terms import Actor, Permission
from core.accounts.service import StaffLine, list_staff
from core.audit import service as audit


@verb(Permission.USER_EXPORT, audit="users.exported")
def export_staff(session: Session, actor: Actor, *, now: datetime) -> list[StaffLine]:
    """Return all accounts with their roles and where they stand, by name."""
    found = list_staff(session, within(actor, Permission.USER_EXPORT))
    audit.record(session, actor, "users.exported", now=now, after={"rows": len(found)})
    return found
