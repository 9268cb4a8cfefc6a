"""Reading the offices."""

from sqlmodel import Session

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.organisation import queries
from core.organisation.models import Office


@verb(Permission.CALENDAR_VIEW, audit=None)
def list_offices(session: Session, _actor: Actor) -> list[Office]:
    """Return all offices, the default one first."""
    return list(queries.offices(session))
