"""Words of events: what we ourselves record, what sites record, and how much one event may hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

NAME_MOST = 80
KEY_MOST = 120
PROPERTIES_MOST = 50
PROPERTY_NAME_MOST = 60
DEPTH_MOST = 3
BYTES_MOST = 8_192
BATCH_MOST = 1_000
AHEAD_MOST = timedelta(minutes=5)
"""How far the clock of another program may be ahead of ours."""
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
"""Nobody means an earlier moment, and one at the edge of the calendar could not be kept."""

OWN = frozenset({
    "alert.compared",
    "consent.confirmed",
    "consent.unconfirmed",
    "consent.unsubscribed",
    "contact.created",
    "contact.recognised",
    "employee.added",
    "employee.changed",
    "file.downloaded",
    "form.submitted",
    "mail.bounced",
    "mail.clicked",
    "mail.opened",
    "order.placed",
    "segment.entered",
    "segment.left",
    "stock.counted",
    "stock.imported",
    "stock.level_changed",
})  # fmt: skip
"""Facts that only Chapar itself can know; nobody else may record them."""

OWN_NOUNS = frozenset({"alert", "consent", "contact", "employee", "mail", "segment", "stock"})
"""Whatever begins so is ours too, now and later."""


class SiteEvent(StrEnum):
    """What the script on somebody's site records."""

    PAGE = "page.viewed"
    PRODUCT = "product.viewed"
    CART = "cart.changed"
    DOWNLOAD = "site.downloaded"
    SEARCH = "site.searched"


class PropertyKind(StrEnum):
    """What a property held when it was last seen."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    MOMENT = "moment"
    LIST = "list"
    GROUP = "group"


@dataclass(frozen=True)
class SeenProperty:
    """A property of the events of one name, with what it held last."""

    name: str
    kind: PropertyKind
    sample: str


@dataclass(frozen=True, kw_only=True)
class NameLine:
    """The events of one name as the dictionary shows them. names: given by colleagues."""

    name: str
    names: Mapping[str, str] = field(default_factory=dict)
    is_ours: bool = False
    count: int = 0
    first_seen_at: datetime
    last_seen_at: datetime
    properties: tuple[SeenProperty, ...] = ()
