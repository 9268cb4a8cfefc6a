"""Verbs of the practice company: load it, and take all of it away again."""

from datetime import datetime

from sqlmodel import Session

from core.access.service import verb
from core.access.terms import SYSTEM, Actor, Permission
from core.alerts import service as alerts
from core.audit import service as audit
from core.errors import Conflict
from core.organisation import queries as organisation
from core.organisation.terms import MailMode
from core.practice import letters, queries, shop, staff


def is_loaded(session: Session) -> bool:
    """Return whether the practice company is there."""
    return queries.is_loaded(session)


@verb(Permission.SETTINGS_EDIT, audit="practice.loaded")
def load_for(session: Session, actor: Actor, *, now: datetime) -> int:
    """Return how many rows the practice company has; loaded unless it was there already.

    Raises Conflict "practice.live" once mail leaves for the world: its people are made up.
    """
    home = organisation.organisation(session)
    if home.mail_mode is MailMode.LIVE:
        raise Conflict("practice.live")
    queries.lock(session)
    if not queries.is_loaded(session):
        alerts.settle(session, now=now)  # what is really low opens its own episodes first
        session.flush()
        before = queries.highest(session)
        _fill(session, now=now)
        session.flush()
        queries.mark_since(session, before)
    count = queries.marked_count(session)
    audit.record(session, actor, "practice.loaded", now=now, after={"rows": count})
    return count


@verb(Permission.SETTINGS_EDIT, audit="practice.cleared")
def clear_for(session: Session, actor: Actor, *, now: datetime) -> int:
    """Return how many rows were taken away: all that was loaded, and all that grew out of it.

    The audit log keeps what happened. A template that something real uses by now stays. Raises
    Conflict "practice.busy" while a mail to one of its people is being handed over.
    """
    queries.lock(session)
    queries.adopt(session)
    if queries.has_underway(session):
        raise Conflict("practice.busy")
    queries.spare(session)
    count = queries.marked_count(session)
    queries.remove(session)
    audit.record(session, actor, "practice.cleared", now=now, after={"rows": count})
    return count


def load(session: Session, *, now: datetime) -> int:
    """Load the practice company on behalf of the system; otherwise as `load_for`."""
    return load_for(session, SYSTEM, now=now)


def clear(session: Session, *, now: datetime) -> int:
    """Clear the practice company on behalf of the system; otherwise as `clear_for`."""
    return clear_for(session, SYSTEM, now=now)


def _fill(session: Session, *, now: datetime) -> None:
    shop.stock(session, now=now)
    staff.hire(session, now=now)
    session.flush()
    alerts.settle(session, now=now)
    letters.write(session, now=now)
