"""Rows of people and of the addresses and numbers they are known by."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from core.contacts.terms import ContactKind, ContactStatus, IdentityKind
from core.db import Row, choice, document, maybe_ref, ref
from core.i18n.terms import Language


class Contact(Row, table=True):
    """A person who may receive mail: lead, customer, partner or employee."""

    __tablename__ = "contact"
    __table_args__ = (Index("ix_contact_kind_search", "kind", "search_key"),)

    public_id: str = Field(max_length=40, unique=True)
    kind: ContactKind = choice(ContactKind)
    status: ContactStatus = choice(ContactStatus, default=ContactStatus.ENABLED)
    first_name: str = Field(default="", max_length=120)
    last_name: str = Field(default="", max_length=120)
    search_key: str = Field(default="", max_length=300)
    language: Language | None = choice(Language, default=None, nullable=True)
    time_zone: str | None = Field(default=None, max_length=64)
    country: str | None = Field(default=None, max_length=2)
    city: str | None = Field(default=None, max_length=120)
    birth_date: date | None = None
    owner_id: int | None = maybe_ref("user")
    source: str = Field(default="", max_length=80)
    attributes: dict[str, object] = document()
    erased_at: datetime | None = None
    version: int = 1


class Address(Row, table=True):
    """A canonical email address. Bounces and suppressions belong to it, not to the person."""

    __tablename__ = "address"

    normalised: str = Field(max_length=254, unique=True)
    deliverable: str = Field(max_length=254)
    hard_bounced_at: datetime | None = None
    soft_bounce_count: int = 0


class ContactIdentity(Row, table=True):
    """One thing a person is known by; the normalised value is unique per kind and source."""

    __tablename__ = "contact_identity"
    __table_args__ = (UniqueConstraint("kind", "source", "normalised"),)

    contact_id: int = ref("contact")
    kind: IdentityKind = choice(IdentityKind)
    source: str = Field(default="", max_length=80)
    raw: str = Field(max_length=254)
    normalised: str = Field(max_length=254)
    address_id: int | None = maybe_ref("address")
    is_primary: bool = True
    valid_until: date | None = None
    verified_at: datetime | None = None
