"""Rows of accounts."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from core.access.terms import Role
from core.accounts.terms import LinkPurpose, SessionKind
from core.db import KEY, Row, choice, document, maybe_ref, ref
from core.i18n.terms import Calendar, Language


class User(Row, table=True):
    """A staff account. Whoever it belongs to is a contact; the login name is separate."""

    __tablename__ = "user"

    contact_id: int = Field(sa_type=KEY, unique=True)  # no constraint: contact.owner_id points back
    login: str = Field(max_length=254, unique=True)
    name: str = Field(max_length=200)
    language: Language = choice(Language)
    calendar: Calendar = choice(Calendar)
    password_hash: str | None = Field(default=None, max_length=200)
    totp_sealed: str | None = Field(default=None, max_length=200)
    totp_last_step: int = 0
    is_active: bool = True
    left_at: datetime | None = None
    version: int = 1


class Membership(Row, table=True):
    """A role in a department, perhaps in a team of it; a person may hold several."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("user_id", "department_id", "role"),)

    user_id: int = ref("user")
    department_id: int = ref("department")
    role: Role = choice(Role)
    team: str | None = Field(default=None, max_length=80)


class UserPreference(Row, table=True):
    """How somebody likes the interface. `name` is what it is about, `values` what was chosen."""

    __tablename__ = "user_preference"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    user_id: int = ref("user")
    name: str = Field(max_length=120)
    values: list[str] = document(factory=list)


class LoginSession(Row, table=True):
    """A visit by cookie. Only the hash of the cookie's secret is kept."""

    __tablename__ = "login_session"

    hash: str = Field(max_length=64, unique=True)
    kind: SessionKind = choice(SessionKind)
    user_id: int | None = maybe_ref("user", ondelete="CASCADE")
    last_seen_at: datetime
    expires_at: datetime = Field(index=True)
    revoked_at: datetime | None = None
    ip: str = Field(default="", max_length=45)
    user_agent: str = Field(default="", max_length=300)


class OneTimeLink(Row, table=True):
    """A link that works once: set-up, invitation or a new password. Only its hash is kept."""

    __tablename__ = "one_time_link"

    hash: str = Field(max_length=64, unique=True)
    purpose: LinkPurpose = choice(LinkPurpose)
    user_id: int | None = maybe_ref("user", ondelete="CASCADE")
    expires_at: datetime
    used_at: datetime | None = None


class RecoveryCode(Row, table=True):
    """A code that opens one visit in place of the authenticator's. Only its hash is kept."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("user_id", "hash"),)

    user_id: int = ref("user")
    hash: str = Field(max_length=64)
    used_at: datetime | None = None


class LoginAttempt(Row, table=True):
    """A failed sign-in, counted per account and address to slow guessing down."""

    __tablename__ = "login_attempt"
    __table_args__ = (Index("ix_login_attempt_account", "account", "at"),)

    account: str = Field(max_length=64)
    ip: str = Field(max_length=45, index=True)
    at: datetime = Field(index=True)


class ApiKey(Row, table=True):
    """A key for another program: hashed, scoped and shown once."""

    __tablename__ = "api_key"

    name: str = Field(max_length=120)
    prefix: str = Field(max_length=16, unique=True)
    hash: str = Field(max_length=64)
    scopes: list[str] = document(factory=list)
    department_id: int | None = maybe_ref("department", ondelete="CASCADE")
    created_by_id: int | None = maybe_ref("user")
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
