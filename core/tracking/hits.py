"""Take in what the script on a site says of a visitor."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from core import outbox
from core.contacts import queries as contacts
from core.contacts import visitors
from core.contacts.addresses import parse_address
from core.contacts.models import Contact
from core.contacts.terms import IdentityKind
from core.errors import ChaparError, NotFound
from core.events import queries as events
from core.events import rules as events_rules
from core.events.service import LANE
from core.events.terms import KEY_MOST
from core.tracking import queries, rules, sites
from core.tracking.models import Site
from core.tracking.terms import Hit, HitKind

TOUCH_EVERY = timedelta(seconds=10)


def take(session: Session, site: Site, *, visitor: str, hits: Sequence[Hit], now: datetime) -> int:
    """Write what is new of this, and return how much; what the site vouches for joins a person.

    Who a visitor is counts only with the site's proof: the key stands in every page, and anybody
    could claim to be somebody else. A claim that cannot be followed changes nothing, and nobody
    is told whether the person is known. Of somebody who is not to be tracked nothing is kept.

    Raises:
        Invalid: Where a hit holds what no event may hold; then nothing of it is kept.
    """
    checked = visitors.checked(visitor)
    for hit in hits:
        if hit.kind is HitKind.IDENTIFY:
            _recognise(session, site, hit, visitor=checked, now=now)
    known = contacts.identity(session, IdentityKind.COOKIE, checked)
    person = known.contact_id if known else None
    if person is not None and not _is_tracked(session, person):
        return 0
    rows = [
        _values(site, hit, visitor=checked, person=person, now=now)
        for hit in hits
        if hit.kind in rules.EVENTS
    ]
    count = events.add_many(session, rows)
    if count:
        outbox.poke(session, LANE)
    if site.last_seen_at is None or now - site.last_seen_at > TOUCH_EVERY:
        queries.touch(session, site.id, now=now)
    return count


def _values(
    site: Site, hit: Hit, *, visitor: str, person: int | None, now: datetime
) -> dict[str, object]:
    return {
        "name": rules.EVENTS[hit.kind].value,
        "contact_id": person,
        "anonymous_id": visitor,
        "source": sites.source_of(site),
        "dedup_key": f"{visitor}:{hit.key}"[:KEY_MOST],
        "occurred_at": hit.occurred_at,
        "received_at": now,
        "properties": events_rules.checked_properties(hit.properties),
        "is_held": False,
        "created_at": now,
        "updated_at": now,
    }


def _is_tracked(session: Session, contact_id: int) -> bool:
    found = contacts.contact(session, contact_id)
    return found is not None and found.is_tracked


def _recognise(session: Session, site: Site, hit: Hit, *, visitor: str, now: datetime) -> None:
    if not rules.is_vouched(sites.secret(site), hit.user, hit.proof):
        return
    try:
        person = _person(session, site, hit.user)
        if person.is_tracked:
            visitors.recognise(session, person, anonymous_id=visitor, now=now)
    except ChaparError:
        return  # somebody else's visitor, or nobody's name: never told to a browser


def _person(session: Session, site: Site, user: str) -> Contact:
    """Return whom the site means: an address, or the number by which its own system knows them."""
    if "@" in user:
        known = contacts.identity(session, IdentityKind.EMAIL, parse_address(user).normalised)
    else:
        known = contacts.identity(session, IdentityKind.EXTERNAL, user, source=site.user_source)
    found = contacts.contact(session, known.contact_id) if known else None
    if found is None:
        raise NotFound("event.person_unknown")
    return found
