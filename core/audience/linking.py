"""Gives people the orders and events that came before them."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from core.audience import queries
from core.commerce import lifecycle

_DIGEST = 20


def waiting_key(kind: str, source: str, normalised: str) -> str:
    """Return under what an event waits for somebody known by this and nothing else yet."""
    told = f"{source}\0{normalised}".encode()
    return f"{kind}:{hashlib.blake2b(told, digest_size=_DIGEST).hexdigest()}"


def link(
    session: Session,
    numbering: str,
    *,
    emails: Mapping[str, int],
    phones: Mapping[str, int],
    numbers: Mapping[str, int],
    now: datetime,
) -> None:
    """Give people the orders and events that name them, by number, address or phone."""
    buyers = queries.give_orders(session, numbering, numbers) if numbers else []
    keys = {
        **{waiting_key("email", "", one): who for one, who in emails.items()},
        **{waiting_key("phone", "", one): who for one, who in phones.items()},
        **{waiting_key("external", numbering, one): who for one, who in numbers.items()},
    }
    if keys:
        queries.give_events(session, keys)
    if buyers:
        lifecycle.renew(session, set(buyers), now=now)
