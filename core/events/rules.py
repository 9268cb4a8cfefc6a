"""Pure decisions about events: which names and properties may be recorded, what they held."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from core.errors import Invalid
from core.events.terms import (
    AHEAD_MOST,
    BYTES_MOST,
    DEPTH_MOST,
    EARLIEST,
    NAME_MOST,
    OWN,
    OWN_NOUNS,
    PROPERTIES_MOST,
    PROPERTY_NAME_MOST,
    PropertyKind,
)
from core.i18n.text import stored

SAMPLE_MOST = 80
SEEN_MOST = 100
"""A name keeps no more properties than this: one that makes up new ones is no dictionary."""

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}\S*)?")


def is_ours(name: str) -> bool:
    """Return whether only Chapar itself may record events of this name."""
    return name in OWN or name.partition(".")[0] in OWN_NOUNS


def checked_name(name: str) -> str:
    """Return the name.

    Raises:
        Invalid: "event.bad_name", or "event.name_reserved" for a name of our own.
    """
    if len(name) > NAME_MOST or not _NAME.fullmatch(name):
        raise Invalid("event.bad_name", field="name", limit=NAME_MOST)
    if is_ours(name):
        raise Invalid("event.name_reserved", field="name", name=name)
    return name


def checked_moment(at: datetime | None, *, now: datetime) -> datetime:
    """Return when it happened; now where nobody said.

    Raises:
        Invalid: "event.in_future" or "event.too_early".
    """
    if at is not None and at - now > AHEAD_MOST:
        raise Invalid("event.in_future", field="occurred_at")
    if at is not None and at < EARLIEST:
        raise Invalid("event.too_early", field="occurred_at")
    return at or now


def checked_properties(given: Mapping[str, object]) -> dict[str, object]:
    """Return the properties, cleaned for storage.

    Raises:
        Invalid: "event.many_properties", "event.bad_property" or "event.large".
    """
    _check_size(len(given))
    found = {_key(name): _cleaned(value, depth=2) for name, value in given.items()}
    if len(json.dumps(found, ensure_ascii=False).encode()) > BYTES_MOST:
        raise Invalid("event.large", field="properties", limit=BYTES_MOST)
    return found


def _cleaned(value: object, *, depth: int) -> object:
    if isinstance(value, str):
        return value.strip() if value.isprintable() else stored(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if depth > DEPTH_MOST:
        raise Invalid("event.deep", field="properties", limit=DEPTH_MOST)
    if isinstance(value, Mapping):
        _check_size(len(value))
        return {_key(name): _cleaned(one, depth=depth + 1) for name, one in value.items()}
    if isinstance(value, list):
        _check_size(len(value))
        return [_cleaned(one, depth=depth + 1) for one in value]
    raise Invalid("event.bad_property", field="properties")


def _check_size(size: int) -> None:
    if size > PROPERTIES_MOST:
        raise Invalid("event.many_properties", field="properties", limit=PROPERTIES_MOST)


def _key(name: object) -> str:
    clean = stored(name).strip() if isinstance(name, str) else ""
    if not clean or len(clean) > PROPERTY_NAME_MOST:
        raise Invalid("event.bad_property", field="properties", limit=PROPERTY_NAME_MOST)
    return clean


def kind_of(value: object) -> PropertyKind:
    """Return what a property holds."""
    if isinstance(value, bool):
        return PropertyKind.FLAG
    if isinstance(value, int | float):
        return PropertyKind.NUMBER
    if isinstance(value, list):
        return PropertyKind.LIST
    if isinstance(value, Mapping):
        return PropertyKind.GROUP
    is_moment = isinstance(value, str) and _MOMENT.fullmatch(value) is not None
    return PropertyKind.MOMENT if is_moment else PropertyKind.TEXT


def sample_of(value: object) -> str:
    """Return the value as a short text."""
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return shown[:SAMPLE_MOST]


def seen(
    known: Mapping[str, object], properties: Iterable[Mapping[str, object]]
) -> dict[str, object]:
    """Return what is known of the properties of a name, with those of newer events."""
    found = dict(known)
    for one in properties:
        for name, value in one.items():
            is_told = value is not None and (name in found or len(found) < SEEN_MOST)
            if is_told:
                found[name] = {"kind": kind_of(value).value, "sample": sample_of(value)}
    return found
