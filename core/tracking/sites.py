"""Verbs of sites: add one, change one, switch it off; the line to paste and what came last."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from core import ids, signing
from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.errors import Conflict, NotFound
from core.events.models import Event
from core.settings import settings
from core.tracking import queries, rules
from core.tracking.models import Site
from core.tracking.terms import SiteInput

P = Permission
VOUCHING = "site-visitors"
LAST = 20


@verb(P.EVENT_VIEW, audit=None)
def list_sites(session: Session, _actor: Actor) -> Sequence[Site]:
    """Return the sites, those in use first."""
    return queries.sites(session)


@verb(P.CONTACT_CONFIGURE, audit="site.added")
def add_site(session: Session, actor: Actor, *, given: SiteInput, now: datetime) -> Site:
    """Return a new site, whose pages may say what visitors do from now on.

    Raises Invalid at "name" or "origins".
    """
    values = rules.checked_site(given)
    start = {"public_id": ids.public_id("site", now), "nonce": signing.new_nonce()}
    site = Site.model_validate({**start, **values})
    session.add(site)
    _note(session, actor, site, act="site.added", now=now)
    return site


@verb(P.CONTACT_CONFIGURE, audit="site.changed")
def change_site(
    session: Session,
    actor: Actor,
    *,
    site_id: int,
    seen_version: int,
    given: SiteInput,
    now: datetime,
) -> Site:
    """Return the site as given; its key stays. Errors as above."""
    site = _editable(session, site_id, seen_version=seen_version)
    for name, value in rules.checked_site(given).items():
        setattr(site, name, value)
    _note(session, actor, site, act="site.changed", now=now)
    return site


@verb(P.CONTACT_CONFIGURE, audit="site.switched")
def switch_site(
    session: Session, actor: Actor, *, site_id: int, seen_version: int, now: datetime
) -> Site:
    """Return the site, listened to from now on if it was not, and the other way round."""
    site = _editable(session, site_id, seen_version=seen_version)
    site.is_active = not site.is_active
    _note(session, actor, site, act="site.switched", now=now)
    return site


@verb(P.CONTACT_CONFIGURE, audit=None)
def secret_of(session: Session, _actor: Actor, *, site_id: int) -> str:
    """Return the secret by which the site's server vouches for who a visitor is."""
    return secret(_known(session, site_id))


@verb(P.CONTACT_CONFIGURE, audit=None)
def last_hits(session: Session, _actor: Actor, *, site_id: int) -> Sequence[Event]:
    """Return the last events that came from the site, the newest first."""
    return queries.last_of(session, source_of(_known(session, site_id)), limit=LAST)


def line_to_paste(site: Site) -> str:
    """Return the one line that stands on every page of the site."""
    return f'<script async src="{settings().link_url}/e/{site.public_id}.js"></script>'


def secret(site: Site) -> str:
    """Return the secret of a site, made from its nonce and kept nowhere."""
    return signing.secret_of(VOUCHING, site.nonce)


def source_of(site: Site) -> str:
    """Return under which source the events of a site are recorded."""
    return f"site:{site.id}"


def _editable(session: Session, site_id: int, *, seen_version: int) -> Site:
    site = _known(session, site_id)
    if site.version != seen_version:
        raise Conflict("site.changed_meanwhile")
    site.version += 1
    return site


def _known(session: Session, site_id: int) -> Site:
    site = session.get(Site, site_id)
    if site is None:
        raise NotFound("site.missing")
    return site


def _note(session: Session, actor: Actor, site: Site, *, act: str, now: datetime) -> None:
    session.flush()
    after = {"origins": site.origins, "waits_for_consent": site.waits_for_consent,
             "is_active": site.is_active}  # fmt: skip
    audit.record(session, actor, act, now=now, subject=site, name=site.name, after=after)
