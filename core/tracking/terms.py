"""Words of events from outside: whom they are about, what came of them, and the sites."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Whom an event is about, named by one thing or by several that agree.

    country: where a number without a country code belongs. external_source: the system whose
    number external_id is; what the caller is called without it.
    """

    contact: str = ""
    email: str = ""
    phone: str = ""
    country: str = ""
    external_id: str = ""
    external_source: str = ""
    anonymous_id: str = ""


@dataclass(frozen=True, kw_only=True)
class EventInput:
    """An event as somebody outside tells it. key: the caller's own number of it."""

    name: str
    subject: Subject
    key: str = ""
    occurred_at: datetime | None = None
    properties: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Refusal:
    """An event that was not taken in, by its place in the batch, and why."""

    index: int
    code: str
    params: Mapping[str, object]
    field: str | None = None


@dataclass(frozen=True)
class Recorded:
    """What became of a batch. known_count: those that were recorded before."""

    recorded_count: int
    known_count: int
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True)
class Recognised:
    """Who a visitor is, and how many earlier events became theirs."""

    contact: str
    joined_count: int


@dataclass(frozen=True, kw_only=True)
class SiteInput:
    """A site as somebody describes it. origins: where its pages are, as https://example.com.

    user_source: the system whose numbers the site calls its users by.
    """

    name: str
    origins: Sequence[str]
    waits_for_consent: bool = True
    user_source: str = ""


class HitKind(StrEnum):
    """What the script on a site may say."""

    PAGE = "page"
    PRODUCT = "product"
    CART = "cart"
    DOWNLOAD = "download"
    SEARCH = "search"
    IDENTIFY = "identify"


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One thing a site says of a visitor. user and proof: who it is, vouched for by the site."""

    kind: HitKind
    key: str
    occurred_at: datetime
    properties: Mapping[str, object] = field(default_factory=dict)
    user: str = ""
    proof: str = ""
