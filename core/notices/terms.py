"""Words of notices: what inviting somebody asks for, and what leaving hands over."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from core.accounts.terms import MembershipInput
from core.i18n.terms import Calendar, Language


class StaffInvitation(BaseModel):
    """Who is invited, how they sign in, and what they may do. Nothing besides is accepted.

    contact_id: of a person who is known already; else one is found or made by the address.
    login: the address when it is empty.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: str = Field(max_length=1000)
    first_name: str = Field(default="", max_length=120)
    last_name: str = Field(default="", max_length=120)
    login: str = Field(default="", max_length=254)
    language: Language
    calendar: Calendar
    memberships: tuple[MembershipInput, ...] = ()
    contact_id: int | None = None


@dataclass(frozen=True)
class HandedOver:
    """What somebody who left has handed over. key_count: keys of theirs that still work."""

    task_count: int
    contact_count: int
    key_count: int
