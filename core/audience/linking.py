"""Gives people the orders and events that came before them."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlmodel import Session

from core.audience import queries
from core.audience.merging import Person
from core.commerce import lifecycle

_DIGEST = 20


def waiting_key(kind: str, source: str, normalised: str) -> str:
    """Return under what an event waits for somebody known by this and nothing else yet."""
    told = f"{source}\0{normalised}".encode()
    return f"{kind}:{hashlib.blake2b(told, digest_size=_DIGEST).hexdigest()}"


def link(session: Session, numbering: str, people: Mapping[int, Person], *, now: datetime) -> None:
    """Give these people the orders and events that name them, by number, address or phone."""
    numbers = {one: who for who, person in people.items() for one in person.numbers}
    buyers = queries.give_orders(session, numbering, numbers) if numbers else []
    keys = {key: who for who, person in people.items() for key in _keys(person, numbering)}
    if keys:
        queries.give_events(session, keys)
    if buyers:
        lifecycle.renew(session, set(buyers), now=now)


def _keys(person: Person, numbering: str) -> Iterable[str]:
    yield from (waiting_key("email", "", one[0]) for one in person.emails)
    yield from (waiting_key("phone", "", one[0]) for one in person.phones)
    yield from (waiting_key("external", numbering, one) for one in person.numbers)
