"""The words of this package: languages, calendars and the reader something is written for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Direction = Literal["rtl", "ltr"]


class Language(StrEnum):
    """A language the interface and the mails are written in."""

    FA = "fa"
    AR = "ar"
    EN = "en"

    @property
    def direction(self) -> Direction:
        """The side its lines begin on."""
        return "ltr" if self is Language.EN else "rtl"

    @property
    def own_name(self) -> str:
        """Its name as its speakers write it, for language menus; the same in every language."""
        return _OWN_NAMES[self]


class Calendar(StrEnum):
    """A calendar people date by. Storage is always Gregorian."""

    JALALI = "jalali"
    GREGORIAN = "gregorian"

    @property
    def other(self) -> "Calendar":
        """The calendar shown as a caption beside this one."""
        return Calendar.GREGORIAN if self is Calendar.JALALI else Calendar.JALALI


class DateStyle(StrEnum):
    """How much of a date is written: 1405/01/13, 13 Farvardin 1405, or with the weekday."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


@dataclass(frozen=True)
class Reader:
    """For whom a text is written. Language and calendar are separate choices."""

    language: Language
    calendar: Calendar
    time_zone: str


class Word(str):
    """A code inside the parameters of a message: translated together with it."""

    __slots__ = ()


class Figures(str):
    """Digits that are a name, not a quantity (a year, a number plate): localised, never grouped."""

    __slots__ = ()


_OWN_NAMES = {Language.FA: "فارسی", Language.AR: "العربية", Language.EN: "English"}
