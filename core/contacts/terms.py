"""Words of contacts: kinds of people, identities and the state of a person."""

from enum import StrEnum


class ContactKind(StrEnum):
    """What a person is to the organisation."""

    LEAD = "lead"
    CUSTOMER = "customer"
    PARTNER = "partner"
    EMPLOYEE = "employee"


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
    ERASED = "erased"
