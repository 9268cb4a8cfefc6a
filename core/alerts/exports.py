"""Alerts as a file: the list as somebody looks at it, taken out by those who may."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from core.access.rules import within
from core.access.service import verb
from core.access.terms import Actor, Permission
from core.alerts import history
from core.alerts.terms import EpisodeFilter, EpisodeLine
from core.audit import service as audit


@verb(Permission.ALERT_EXPORT, audit="alert.exported")
def export_episodes(
    session: Session, actor: Actor, *, wanted: EpisodeFilter, limit: int, now: datetime
) -> Sequence[EpisodeLine]:
    """Return the episodes that match, of the departments from which the actor may take them."""
    taker = within(actor, Permission.ALERT_EXPORT)
    found = history.list_episodes(session, taker, wanted=wanted, limit=limit).lines
    audit.record(session, actor, "alert.exported", now=now, after={"rows": len(found)})
    return found
