"""Everything a tree can speak of; owners of data are named here, because they lie above filters."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

from sqlmodel import Session

from core.filters.fields import Catalogue, FilterField
from core.filters.terms import Option

PEOPLE = "core.contacts.filter_fields"
EVENTS = "core.events.filter_fields"
SEGMENTS = "core.segments.filter_fields"
MODULES = (
    PEOPLE,
    EVENTS,
    "core.consent.filter_fields",
    "core.commerce.filter_fields",
    "core.messages.filter_fields",
    SEGMENTS,
)
"""Each offers FIELDS; `more_fields` for those that people made and `options` where it has any."""


def catalogue(session: Session) -> Catalogue:
    """Return the fields there are now, with those that people made."""
    fields = dict(_standing())
    for module in _modules():
        if hasattr(module, "more_fields"):
            made: Sequence[FilterField] = module.more_fields(session)
            fields |= {one.info.key: one for one in made}
    people, events, segments = map(import_module, (PEOPLE, EVENTS, SEGMENTS))
    return Catalogue(people.ROOT, fields, events.SOURCE, segments.MEMBERS)


def options(session: Session) -> Mapping[str, Sequence[Option]]:
    """Return what can be chosen where it is kept in the store, by field: owners, topics, tags."""
    found: dict[str, Sequence[Option]] = {}
    for module in _modules():
        if hasattr(module, "options"):
            found |= module.options(session)
    return found


@cache
def _standing() -> Mapping[str, FilterField]:
    return {one.info.key: one for module in _modules() for one in module.FIELDS}


@cache
def _modules() -> tuple[Any, ...]:
    return tuple(import_module(name) for name in MODULES)
