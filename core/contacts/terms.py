"""Words of contacts: kinds of people, identities and the state of a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.i18n.terms import Calendar


class ContactKind(StrEnum):
    """What a person is to the organisation."""

    LEAD = "lead"
    CUSTOMER = "customer"
    PARTNER = "partner"
    EMPLOYEE = "employee"


class Gender(StrEnum):
    """What a person said of themselves; unknown is None."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


class Lifecycle(StrEnum):
    """How near a person is to the organisation, drawn from what they did (features S43)."""

    NEW = "new"
    ACTIVE_LEAD = "active_lead"
    FIRST_TIME = "first_time"
    REPEAT = "repeat"
    INACTIVE = "inactive"


class AttributeKind(StrEnum):
    """What a custom field holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    FLAG = "flag"
    CHOICE = "choice"
    CHOICES = "choices"
    LINK = "link"


class ChangeKind(StrEnum):
    """What changed many people at once and can be taken back."""

    IMPORT = "import"
    BULK_EDIT = "bulk_edit"
    MERGE = "merge"
    HYGIENE = "hygiene"


class Audience(StrEnum):
    """Whether a message speaks to staff or to people outside."""

    INTERNAL = "internal"
    EXTERNAL = "external"


class IdentityKind(StrEnum):
    """By what a person is known."""

    EMAIL = "email"
    PHONE = "phone"
    EXTERNAL = "external"
    COOKIE = "cookie"


class ContactStatus(StrEnum):
    """Whether a person may be written to at all."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    BLOCKLISTED = "blocklisted"
    MERGED = "merged"
    ERASED = "erased"


class ContactOrder(StrEnum):
    """How a list of people is sorted."""

    NAME = "name"
    NEWEST = "newest"
    ENGAGED = "engaged"


@dataclass(frozen=True, kw_only=True)
class ContactFilter:
    """Which people a list shows. kind None: all but employees, who have a page of their own.

    owner_id 0: those whom nobody looks after.
    """

    text: str = ""
    kind: ContactKind | None = None
    owner_id: int | None = None
    tag_id: int | None = None
    company_id: int | None = None
    source: str = ""
    status: ContactStatus | None = None
    lifecycle: Lifecycle | None = None


@dataclass(frozen=True, kw_only=True)
class ContactInput:
    """A person as a form or a program describes them; dates in the calendar named.

    company: by name, made where it is new. attributes: by key, as typed or already of their kind.
    """

    first_name: str = ""
    last_name: str = ""
    kind: ContactKind = ContactKind.LEAD
    email: str = ""
    phone: str = ""
    company: str = ""
    position: str = ""
    country: str = ""
    city: str = ""
    postal_address: str = ""
    language: str = ""
    time_zone: str = ""
    birth_date: str = ""
    gender: str = ""
    source: str = ""
    sub_source: str = ""
    calendar: Calendar = Calendar.GREGORIAN
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ContactLine:
    """A person as a list shows them."""

    id: int
    public_id: str
    name: str
    kind: ContactKind
    status: ContactStatus
    email: str
    phone: str
    company: str
    position: str
    city: str
    owner: str
    tags: tuple[str, ...]
    created_at: datetime
    engaged_at: datetime | None
    version: int


@dataclass(frozen=True, kw_only=True)
class ContactPage:
    """Some lines of a list. is_more: there are more than `total`; nobody counts to the end."""

    lines: tuple[ContactLine, ...]
    total: int
    is_more: bool = False
