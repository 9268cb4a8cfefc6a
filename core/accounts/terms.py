"""Words of accounts: links, visits, outcomes of signing in, and what people fill in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from core.access.terms import Permission, Role
from core.i18n.terms import Calendar, Language


class LinkPurpose(StrEnum):
    """What a one-time link is for."""

    SETUP = "setup"
    INVITATION = "invitation"
    PASSWORD = "password"  # noqa: S105 - the name of a purpose, not a secret


class SessionKind(StrEnum):
    """A staff visit; a set-up visit before there is an administrator; a code still awaited."""

    STAFF = "staff"
    SETUP = "setup"
    SECOND_FACTOR = "second_factor"


class SignIn(StrEnum):
    """How an attempt to sign in ended."""

    OPENED = "opened"
    SECOND_FACTOR = "second_factor"
    WRONG = "wrong"
    WAIT = "wait"


class StaffState(StrEnum):
    """Where a staff account stands."""

    INVITED = "invited"
    ACTIVE = "active"
    LEFT = "left"


class PasswordFault(StrEnum):
    """Why a password is refused; each value is the second half of a code `password.…`."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_SIMPLE = "too_simple"
    COMMON = "common"
    OWN_WORD = "own_word"


@dataclass(frozen=True)
class Preferences:
    """How somebody likes the interface.

    seen: pages whose explanation was shown once. hidden: tables to the columns left out of them.
    """

    seen: frozenset[str] = frozenset()
    hidden: Mapping[str, frozenset[str]] = field(default_factory=dict)


class _Input(BaseModel):
    """What a form or a program may say, and nothing besides."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MembershipInput(_Input):
    """A role in a department, perhaps in a team of it."""

    department_id: int
    role: Role
    team: str | None = Field(default=None, max_length=80)


class NewUser(_Input):
    """A staff account to be made for a person who is a contact already."""

    contact_id: int
    login: str = Field(max_length=1000)
    name: str = Field(max_length=200)
    language: Language
    calendar: Calendar
    memberships: tuple[MembershipInput, ...] = ()


class UserDetails(_Input):
    """What may be changed about an account besides its roles."""

    name: str = Field(max_length=200)
    language: Language
    calendar: Calendar


class NewApiKey(_Input):
    """A key for another program. Without a department it reaches all of them."""

    name: str = Field(max_length=120)
    scopes: frozenset[Permission]
    department_id: int | None = None
    expires_at: datetime | None = None
