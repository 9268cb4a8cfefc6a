"""Public holidays as the `holidays` package knows them: a first filling, meant to be edited.

Lunar dates of coming years are computed there; they are marked as not confirmed.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import import_module
from inspect import signature
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from core.errors import Invalid
from core.i18n.catalog import codes, translate
from core.i18n.digits import localise
from core.i18n.terms import Language

if TYPE_CHECKING:
    from holidays import HolidayBase

_BETWEEN = {Language.FA: "؛ ", Language.AR: "؛ ", Language.EN: "; "}
_NOT_WORD = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class PublicHoliday:
    """A day off in a country, named in English at least."""

    day: date
    names: Mapping[Language, str]
    is_confirmed: bool

    def name_in(self, language: Language) -> str:
        """Return its name in the language, else in English."""
        return self.names.get(language) or self.names[Language.EN]


def known_countries() -> frozenset[str]:
    """Return the ISO 3166 codes, two letters, of the countries whose holidays are known."""
    return frozenset(_library().list_supported_countries(include_aliases=False))


def weekend_of(country: str) -> frozenset[int]:
    """Return the weekdays usually off in the country, Monday = 0; an office may differ.

    Raises:
        Invalid: "holidays.unknown_country".
    """
    return frozenset(_blank(country).weekend)


def holidays_of(country: str, years: Iterable[int]) -> tuple[PublicHoliday, ...]:
    """Return the public holidays of the Gregorian years in order, one for each day.

    A day is confirmed unless all that falls on it hangs on a computed lunar date.

    Raises:
        Invalid: "holidays.unknown_country".
    """
    wanted, options = tuple(years), _estimate_options(country)
    marked = _filled(country, wanted, dict.fromkeys(options, True))
    unmarked = dict.fromkeys(options, False)
    plain = _filled(country, wanted, unmarked)
    spoken = {
        language: _filled(country, wanted, {**unmarked, "language": name})
        for language, name in _spoken(country).items()
    }
    spoken.setdefault(Language.EN, plain)
    return tuple(
        PublicHoliday(
            day,
            _names(day, spoken),
            is_confirmed=not set(plain.get_list(day)).isdisjoint(marked.get_list(day)),
        )
        for day in sorted(plain)
    )


def _blank(country: str) -> "HolidayBase":
    if country not in known_countries():
        raise Invalid("holidays.unknown_country", country=country)
    return _filled(country, None, {})


def _filled(
    country: str, years: tuple[int, ...] | None, options: Mapping[str, Any]
) -> "HolidayBase":
    expand = years is None
    made: HolidayBase = _library().country_holidays(country, years=years, expand=expand, **options)
    return made


@cache
def _library() -> Any:
    """Return the package. It takes 0.4 s to load, which only pages with calendars are to cost."""
    return import_module("holidays")


def _estimate_options(country: str) -> tuple[str, ...]:
    """Return the options of the country that mark computed dates; a few leave them off."""
    options = signature(type(_blank(country))).parameters
    return tuple(name for name in options if name.endswith("_show_estimated"))


def _spoken(country: str) -> dict[Language, str]:
    """Return our languages among those the country's names are written in."""
    supported = _blank(country).supported_languages
    named = {language: [n for n in supported if n[:2] == language] for language in Language}
    return {language: names[0] for language, names in named.items() if names}


def _names(day: date, spoken: Mapping[Language, "HolidayBase"]) -> Mapping[Language, str]:
    """Return what the day is called: in the words of our catalogue, else of the country."""
    catalogued = [f"holiday.{_slug(name)}" for name in spoken[Language.EN].get_list(day)]
    names: dict[Language, str] = {}
    for language in Language:
        if codes(language).issuperset(catalogued):
            words = [translate(language, code) for code in catalogued]
        elif language in spoken:
            words = [localise(name, language) for name in spoken[language].get_list(day)]
        else:
            continue
        names[language] = _BETWEEN[language].join(words)
    return MappingProxyType(names)


def _slug(name: str) -> str:
    """Return the English name as the end of a code: "Eid al-Fitr" is eid_al_fitr."""
    return _NOT_WORD.sub("_", name.lower().replace("'", "")).strip("_")
