"""Rows of people and of the addresses and numbers they are known by."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from core.contacts.terms import (
    AttributeKind,
    ChangeKind,
    ContactKind,
    ContactStatus,
    Gender,
    IdentityKind,
    Lifecycle,
)
from core.db import DOCUMENT, Row, choice, document, maybe_ref, ref, sparse
from core.i18n.terms import Language

UNLISTED = text("kind = 'employee' OR status IN ('merged', 'erased')")
"""Whom the list of people leaves out: few, so that all the others are counted quickly."""


class Contact(Row, table=True):
    """A person who may receive mail: lead, customer, partner or employee.

    search_key: folded names, addresses and numbers, by which the person is found. attributes:
    values of custom fields by key. change_set_id: the change that made the row. engaged_at: the
    last time a human being reacted. merged_into_id: the person this row became a part of.
    """

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_listed", "search_key", "kind", "status"),
        Index("ix_contact_unlisted", "status", sqlite_where=UNLISTED, postgresql_where=UNLISTED),
        Index("ix_contact_country_city", "country", "city"),
        Index("ix_contact_engaged", "engaged_at"),
        sparse("ix_contact_company_id", "company_id"),
        sparse("ix_contact_owner_id", "owner_id"),
        sparse("ix_contact_merged_into_id", "merged_into_id"),
    )

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
    gender: Gender | None = choice(Gender, default=None, nullable=True)
    company_id: int | None = maybe_ref("company", index=False)
    position: str = Field(default="", max_length=120)
    postal_address: str = Field(default="", max_length=500)
    lifecycle: Lifecycle = choice(Lifecycle, default=Lifecycle.NEW)
    owner_id: int | None = maybe_ref("user", index=False)
    source: str = Field(default="", max_length=80)
    sub_source: str = Field(default="", max_length=80)
    first_touch_at: datetime | None = None
    engaged_at: datetime | None = None
    is_tracked: bool = True
    change_set_id: int | None = maybe_ref("change_set")
    merged_into_id: int | None = maybe_ref("contact", index=False)
    attributes: dict[str, object] = document()
    erased_at: datetime | None = None
    version: int = 1


class Address(Row, table=True):
    """A canonical email address. Bounces and suppressions belong to it, not to the person."""

    __tablename__ = "address"
    __table_args__ = (sparse("ix_address_bounced", "hard_bounced_at"),)

    normalised: str = Field(max_length=254, unique=True)
    deliverable: str = Field(max_length=254)
    hard_bounced_at: datetime | None = None
    soft_bounce_count: int = 0


class ContactIdentity(Row, table=True):
    """One thing a person is known by; the normalised value is unique per kind and source."""

    __tablename__ = "contact_identity"
    __table_args__ = (
        UniqueConstraint("kind", "source", "normalised"),
        sparse("ix_contact_identity_address_id", "address_id"),
    )

    contact_id: int = ref("contact")
    kind: IdentityKind = choice(IdentityKind)
    source: str = Field(default="", max_length=80)
    raw: str = Field(max_length=254)
    normalised: str = Field(max_length=254)
    address_id: int | None = maybe_ref("address", index=False)
    is_primary: bool = True
    valid_until: date | None = None
    verified_at: datetime | None = None


class Company(Row, table=True):
    """An organisation that people belong to."""

    __tablename__ = "company"

    name: str = Field(max_length=200)
    search_key: str = Field(max_length=300, unique=True)
    domain: str = Field(default="", max_length=253, index=True)
    industry: str = Field(default="", max_length=120)
    size: int | None = None
    country: str | None = Field(default=None, max_length=2)
    city: str | None = Field(default=None, max_length=120)
    owner_id: int | None = maybe_ref("user")
    attributes: dict[str, object] = document()
    version: int = 1


class Tag(Row, table=True):
    """A free word that people can be marked with."""

    __tablename__ = "tag"

    name: str = Field(max_length=80)
    search_key: str = Field(max_length=120, unique=True)


class ContactTag(Row, table=True):
    """A person marked with a tag."""

    __tablename__ = "contact_tag"
    __table_args__ = (UniqueConstraint("contact_id", "tag_id"),)

    contact_id: int = ref("contact", index=False)
    tag_id: int = ref("tag")


class Attribute(Row, table=True):
    """A custom field, declared before use. options: [{"value": …, "names": {language: …}}]."""

    __tablename__ = "attribute"

    key: str = Field(max_length=60, unique=True)
    names: dict[str, str] = document()
    kind: AttributeKind = choice(AttributeKind)
    options: list[dict[str, object]] = document(factory=list)
    is_required: bool = False
    is_active: bool = True
    position: int = 0
    version: int = 1


class ChangeSet(Row, table=True):
    """One act that changed many people and can be taken back."""

    __tablename__ = "change_set"

    kind: ChangeKind = choice(ChangeKind)
    title: str = Field(default="", max_length=255)
    by_id: int | None = maybe_ref("user")
    job_id: int | None = maybe_ref("job")
    count: int = 0
    undone_at: datetime | None = None


class ChangeRow(Row, table=True):
    """What a person was before a change, and after it: only the fields that it touched.

    after: None where it was not kept; then nothing tells what somebody changed since.
    """

    __tablename__ = "change_row"
    __table_args__ = (UniqueConstraint("change_set_id", "contact_id"),)

    change_set_id: int = ref("change_set", index=False)
    contact_id: int = ref("contact")
    before: dict[str, object] = document()
    after: dict[str, object] | None = Field(default=None, sa_type=DOCUMENT)
