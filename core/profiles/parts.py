"""What a part of the profile is: whom it is about, who may see it, and how it is read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.access.terms import Actor, Permission
from core.contacts.models import Contact
from core.profiles.terms import Line


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is asked of a part: whose, for whom, when, how far back, of what kind."""

    contact: Contact
    now: datetime
    before: datetime | None = None
    kind: str = ""
    department_id: int | None = None
    limit: int = 50


Read = Callable[[Session, Actor, Look], list[Line]]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the profile. `name` makes the code of its title, `profile.part.<name>`.

    permission: who may see it. kinds: by what its lines can be filtered, codes
    `profile.kind.<kind>`. empty: the code said where there is nothing, `profile.empty.<name>`.
    """

    name: str
    permission: Permission
    read: Read
    kinds: tuple[str, ...] = ()
    has_pages: bool = False
