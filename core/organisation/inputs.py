"""Checks of what people type about the organisation: settings, names, offices and hours. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from typing import Any

from babel.numbers import list_currencies

from core.errors import Invalid
from core.i18n.calendar import parse_date
from core.i18n.digits import to_ascii
from core.i18n.terms import Calendar, Language
from core.i18n.text import persian_letters, search_key, stored, stored_line
from core.organisation.holiday_source import known_countries
from core.organisation.rules import WorkingWeek, zone_of
from core.organisation.terms import OfficeInput, SettingsChange

NAME_LIMIT = 120
_HOUR = re.compile(r"(\d{1,2})(?:\s*[:.]\s*(\d{1,2}))?")
_MAX_RECALL_SECONDS = 3600
_LONGEST = {"name": 200, "postal_address": 500}

StoredHours = dict[str, list[list[str]]]


def checked_settings(change: SettingsChange) -> dict[str, object]:
    """Return the settings as they may be stored.

    Raises:
        Invalid: At the field, with the code that says what to write there.
    """
    checks: dict[str, Callable[[Any], object]] = {
        "name": _checked_organisation_name,
        "language": Language,
        "calendar": Calendar,
        "time_zone": checked_zone,
        "currency": _checked_currency,
        "shows_toman": bool,
        "postal_address": _checked_postal_address,
        "recall_seconds": _checked_recall,
        "follows_reactions": bool,
    }
    return {name: checks[name](value) for name, value in change.items()}


def checked_zone(name: str) -> str:
    """Return the IANA name of a time zone; raises Invalid "time_zone.unknown" at the field."""
    clean = name.strip()
    try:
        return zone_of(clean).key
    except Invalid as error:
        raise at_field(error, "time_zone") from error


def checked_names(names: Mapping[str, str], *, field: str = "names") -> dict[str, str]:
    """Return the names by language, cleaned, without empty ones.

    Raises:
        Invalid: "organisation.name_missing" when none is left, "organisation.name_long".
    """
    clean = {
        Language(language).value: _name_in(Language(language), text)
        for language, text in names.items()
    }
    kept = {language: text for language, text in clean.items() if search_key(text)}
    if not kept:
        raise Invalid("organisation.name_missing", field=field)
    if any(len(text) > NAME_LIMIT for text in kept.values()):
        raise Invalid("organisation.name_long", field=field, limit=NAME_LIMIT)
    return kept


def checked_office(office: OfficeInput) -> dict[str, object]:
    """Return the columns of an office that can be worked in.

    Raises:
        Invalid: "organisation.name_…", "time_zone.unknown", "holidays.unknown_country",
            "office.hour" or a "working_hours.*" code, each at its field.
    """
    name, zone = _checked_line(office.name, limit=NAME_LIMIT), checked_zone(office.time_zone)
    country = office.country.strip().upper()
    if country not in known_countries():
        raise Invalid("holidays.unknown_country", field="country", country=country)
    hours = stored_hours(office.hours)
    try:
        week_of(zone, hours=hours, weekend=office.weekend)
    except Invalid as error:
        raise at_field(error, "hours") from error
    return {
        "name": name,
        "time_zone": zone,
        "country": country,
        "weekend": sorted(office.weekend),
        "hours": hours,
    }


def stored_hours(hours: Mapping[int, Sequence[tuple[str, str]]]) -> StoredHours:
    """Return typed hours in the shape an office keeps them; days without hours are absent."""
    return {
        str(weekday): [
            [parse_hour(start).strftime("%H:%M"), parse_hour(end).strftime("%H:%M")]
            for start, end in intervals
        ]
        for weekday, intervals in sorted(hours.items())
        if intervals
    }


def parse_hour(text: str, *, field: str = "hours") -> time:
    """Return the local hour somebody typed in any digits: 8, 8:30, ۸:۳۰; 24:00 is midnight.

    Raises:
        Invalid: "office.hour" at the field.
    """
    match = _HOUR.fullmatch(to_ascii(text).strip())
    hour, minute = (int(match[1]), int(match[2] or 0)) if match else (-1, 0)
    if (hour, minute) == (24, 0):
        return time(0)
    try:
        return time(hour, minute)
    except ValueError as error:
        raise Invalid("office.hour", field=field, typed=text[:20]) from error


def week_of(
    zone: str,
    *,
    hours: Mapping[str, Sequence[Sequence[str]]],
    weekend: frozenset[int],
    holidays: frozenset[date] = frozenset(),
) -> WorkingWeek:
    """Return the working week that stored hours mean; raises Invalid where they cannot be kept."""
    intervals = {
        int(weekday): tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in spans)
        for weekday, spans in hours.items()
    }
    return WorkingWeek(zone=zone, hours=intervals, weekend=weekend, holidays=holidays)


def parse_day(text: str, calendar: Calendar, *, field: str) -> date:
    """Return the day typed in the person's calendar; raises Invalid "date.…" at the field."""
    try:
        return parse_date(text, calendar)
    except Invalid as error:
        raise at_field(error, field) from error


def at_field(error: Invalid, field: str) -> Invalid:
    """Return the same refusal, shown at this field."""
    return Invalid(error.code, field=field, **error.params)


def _checked_line(text: str, *, limit: int) -> str:
    clean = stored_line(text)
    if not search_key(clean):  # nothing the eye could see
        raise Invalid("organisation.name_missing", field="name")
    if len(clean) > limit:
        raise Invalid("organisation.name_long", field="name", limit=limit)
    return clean


def _name_in(language: Language, text: str) -> str:
    clean = stored_line(text)
    return persian_letters(clean) if language is Language.FA else clean


def _checked_organisation_name(text: str) -> str:
    return _checked_line(text, limit=_LONGEST["name"])


def _checked_postal_address(text: str) -> str:
    clean, limit = stored(text), _LONGEST["postal_address"]
    if len(clean) > limit:
        raise Invalid("organisation.postal_address_long", field="postal_address", limit=limit)
    return clean


def _checked_currency(code: str) -> str:
    clean = code.strip().upper()
    if clean not in list_currencies():
        raise Invalid("organisation.currency_unknown", field="currency", typed=code[:20])
    return clean


def _checked_recall(seconds: int) -> int:
    if not 0 <= seconds <= _MAX_RECALL_SECONDS:
        raise Invalid(
            "organisation.recall_outside", field="recall_seconds", limit=_MAX_RECALL_SECONDS
        )
    return seconds
