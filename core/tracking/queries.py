"""Statements over sites and what came from them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from core.events.models import Event
from core.tracking.models import Site

LOOKED_AT = 20_000
"""So many of the newest events are looked at for those of one site: enough for what is live."""


def sites(session: Session) -> Sequence[Site]:
    """Return all sites, those in use first."""
    order = (col(Site.is_active).desc(), col(Site.name), col(Site.id))
    return session.exec(select(Site).order_by(*order)).all()


def site_of_key(session: Session, public_id: str) -> Site | None:
    """Return the site with this key, when it is in use."""
    statement = select(Site).where(Site.public_id == public_id, col(Site.is_active).is_(True))
    return session.exec(statement).first()


def last_of(session: Session, source: str, *, limit: int) -> Sequence[Event]:
    """Return the newest events of a source, as far as they are among the newest of all."""
    newest = session.exec(select(func.max(Event.id))).one() or 0
    statement = select(Event).where(col(Event.id) > newest - LOOKED_AT, Event.source == source)
    return session.exec(statement.order_by(col(Event.id).desc()).limit(limit)).all()


def touch(session: Session, site_id: int, *, now: datetime) -> None:
    """Note that the site was heard from."""
    session.execute(update(Site).where(col(Site.id) == site_id).values(last_seen_at=now))
