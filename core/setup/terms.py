"""Words of set-up: what the wizard asks for, where it stands, and who may answer it at first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.access.terms import Actor
from core.i18n.terms import Calendar, Language
from core.organisation.terms import MailMode, SetupStep

SETUP = Actor(kind="system", id=None, name="set-up", is_system=True)
"""Whoever opened the set-up link, until there is an administrator."""


@dataclass(frozen=True, kw_only=True)
class CalendarInput:
    """How the organisation tells time.

    hours: weekday (0 Monday … 6 Sunday) to intervals of typed hours; weekend: weekdays off.
    """

    calendar: Calendar
    time_zone: str
    country: str
    weekend: frozenset[int]
    hours: Mapping[int, Sequence[tuple[str, str]]]


@dataclass(frozen=True, kw_only=True)
class AdministratorInput:
    """The first person who can sign in."""

    name: str
    login: str
    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class WizardState:
    """Where set-up stands, and what is filled in so far.

    step: the first one that was not answered yet; any before it may be answered anew. hours: as in
    the office's row. administrator: a name, or "" while there is none.
    """

    step: SetupStep
    name: str
    language: Language
    calendar: Calendar
    time_zone: str
    country: str
    weekend: tuple[int, ...]
    hours: Mapping[str, Sequence[Sequence[str]]]
    administrator: str
    sender_name: str
    sender_address: str
    transport_id: int | None
    mail_mode: MailMode

    @property
    def is_done(self) -> bool:
        """Whether the wizard was finished."""
        return self.step is SetupStep.DONE
