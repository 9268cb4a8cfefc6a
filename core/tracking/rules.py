"""Pure decisions about sites: where their pages are, what a hit means, who is vouched for."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from core.errors import Invalid
from core.events.terms import SiteEvent
from core.i18n.text import stored_line
from core.tracking.terms import Hit, HitKind, SiteInput

NAME_MOST = 120
SOURCE_MOST = 80
ORIGINS_MOST = 20
HITS_MOST = 50
USER_MOST = 254
ID_MOST = 40
EVENTS: Mapping[HitKind, SiteEvent] = {
    HitKind.PAGE: SiteEvent.PAGE,
    HitKind.PRODUCT: SiteEvent.PRODUCT,
    HitKind.CART: SiteEvent.CART,
    HitKind.DOWNLOAD: SiteEvent.DOWNLOAD,
    HitKind.SEARCH: SiteEvent.SEARCH,
}
_FIELDS = frozenset({"kind", "id", "at", "properties", "user", "proof"})
_USUAL = {"http": 80, "https": 443}


def checked_site(given: SiteInput) -> dict[str, object]:
    """Return the values of a site's row.

    Raises:
        Invalid: "site.no_name", "site.name_long", "site.no_origin", "site.bad_origin" or
            "site.many_origins", at its field.
    """
    name = stored_line(given.name)
    if not name:
        raise Invalid("site.no_name", field="name")
    if len(name) > NAME_MOST:
        raise Invalid("site.name_long", field="name", limit=NAME_MOST)
    origins = list(dict.fromkeys(origin_of(one) for one in given.origins if one.strip()))
    if not origins:
        raise Invalid("site.no_origin", field="origins")
    if len(origins) > ORIGINS_MOST:
        raise Invalid("site.many_origins", field="origins", limit=ORIGINS_MOST)
    source = stored_line(given.user_source)
    if len(source) > SOURCE_MOST:
        raise Invalid("site.name_long", field="user_source", limit=SOURCE_MOST)
    return {
        "name": name,
        "origins": origins,
        "waits_for_consent": given.waits_for_consent,
        "user_source": source,
    }


def origin_of(text: str) -> str:
    """Return the origin of an address as browsers send it; https where no scheme was typed."""
    typed = text.strip()
    try:
        parts = urlsplit(typed if "://" in typed else f"https://{typed}")
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port
    except ValueError as fault:
        raise Invalid("site.bad_origin", field="origins", typed=typed[:80]) from fault
    is_host = bool(host) and all(sign.isalnum() or sign in ".-" for sign in host)
    if parts.scheme not in _USUAL or not is_host or parts.username is not None:
        raise Invalid("site.bad_origin", field="origins", typed=typed[:80])
    shown = "" if port in {None, _USUAL[parts.scheme]} else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def proof_of(secret: str, user: str) -> str:
    """Return what the site's own server sends along, to vouch that a visitor is this user."""
    return hmac.new(secret.encode(), user.encode(), hashlib.sha256).hexdigest()


def is_vouched(secret: str, user: str, proof: str) -> bool:
    """Return whether the site says that the visitor is this user."""
    return hmac.compare_digest(proof_of(secret, user), proof.lower())


def read_hits(given: object, *, now: datetime) -> tuple[str, list[Hit]]:
    """Return the visitor and what was said of them, from what a browser sent.

    Raises:
        Invalid: "site.bad_hit" for anything but what our script sends.
    """
    if not isinstance(given, dict) or set(given) - {"visitor", "hits"}:
        raise Invalid("site.bad_hit")
    visitor, hits = given.get("visitor"), given.get("hits")
    if not isinstance(visitor, str) or not visitor or not isinstance(hits, list):
        raise Invalid("site.bad_hit")
    if not 0 < len(hits) <= HITS_MOST:
        raise Invalid("site.bad_hit")
    return visitor, [_hit(one, now=now) for one in hits]


def _hit(given: object, *, now: datetime) -> Hit:
    if not isinstance(given, dict) or set(given) - _FIELDS:
        raise Invalid("site.bad_hit")
    key, at, properties = given.get("id"), given.get("at"), given.get("properties", {})
    kinds = {one.value: one for one in HitKind}
    kind = kinds.get(str(given.get("kind")))
    if kind is None or not isinstance(key, str) or not 0 < len(key) <= ID_MOST:
        raise Invalid("site.bad_hit")
    if not isinstance(properties, dict):
        raise Invalid("site.bad_hit")
    user, proof = given.get("user", ""), given.get("proof", "")
    if not isinstance(user, str) or not isinstance(proof, str) or len(user) > USER_MOST:
        raise Invalid("site.bad_hit")
    return Hit(kind=kind, key=key, occurred_at=_moment(at, now=now), properties=properties,
               user=user, proof=proof if proof.isascii() else "")  # fmt: skip


def _moment(at: object, *, now: datetime) -> datetime:
    """Return when it was by the browser's clock (ms), but never after now: clocks are wrong."""
    if (
        not isinstance(at, int | float)
        or isinstance(at, bool)
        or not 0 < at < now.timestamp() * 1e3
    ):
        return now
    return datetime.fromtimestamp(at / 1e3, UTC)
