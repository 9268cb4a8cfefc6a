"""Words of the organisation: languages it speaks, how it tells time, where it stands in set-up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypedDict

from core.i18n.terms import Calendar, Language


class MailMode(StrEnum):
    """Where mail goes: kept in the built-in capture mailbox, or out to the world."""

    CAPTURE = "capture"
    LIVE = "live"


class SetupStep(StrEnum):
    """The steps of the set-up wizard, in order."""

    ORGANISATION = "organisation"
    CALENDAR = "calendar"
    ADMINISTRATOR = "administrator"
    SENDER = "sender"
    PRACTICE = "practice"
    DONE = "done"


class Standing(StrEnum):
    """What this installation is among its copies: the one that sends, undecided, or a copy."""

    SENDS = "sends"
    UNDECIDED = "undecided"
    COPY = "copy"


class HolidayRule(StrEnum):
    """What happens to a day that falls on a weekend or holiday."""

    BEFORE = "before"
    AFTER = "after"
    KEEP = "keep"


class SettingsChange(TypedDict, total=False):
    """Settings of the organisation that people change; what is absent stays as it is."""

    name: str
    language: Language
    calendar: Calendar
    time_zone: str
    currency: str
    shows_toman: bool
    postal_address: str
    recall_seconds: int
    follows_reactions: bool


@dataclass(frozen=True, kw_only=True)
class OfficeInput:
    """A place of work as a form sends it.

    hours: weekday (0 Monday … 6 Sunday) to intervals of typed hours, as in {0: [("8", "12:30")]};
    an end at 00:00 or 24:00 is midnight.
    """

    name: str
    time_zone: str
    hours: Mapping[int, Sequence[tuple[str, str]]]
    weekend: frozenset[int] = frozenset()
    country: str = "IR"


@dataclass(frozen=True)
class LoadedHolidays:
    """What a loading of public holidays did: how many days came, went and still need a yes."""

    added_count: int
    removed_count: int
    unconfirmed_count: int


class Person(Protocol):
    """Whoever is written to: a contact or a staff account. No language: the organisation's."""

    @property
    def language(self) -> Language | None:
        """The language chosen by or for the person."""
