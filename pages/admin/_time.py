"""Calendar, zone, weekend and working hours as one form; used by set-up and by offices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time

import streamlit as st

from components import dates, forms
from components.i18n import language, t
from core.i18n.calendar import first_weekday, weekday_name
from core.i18n.places import country_name, zone_name, zones
from core.organisation.holiday_source import known_countries

Hours = Mapping[int, Sequence[tuple[str, str]]]
OPENS, CLOSES, BREAK_STARTS, BREAK_ENDS = time(8), time(16, 30), time(12), time(13)


@dataclass(frozen=True)
class Place:
    """Where and when an office works, as the form says it."""

    time_zone: str
    country: str
    weekend: frozenset[int]
    hours: Hours


def week() -> list[int]:
    """Return the weekdays, Monday is 0, beginning with the first of the person's week."""
    first = first_weekday(language())
    return [(first + place) % 7 for place in range(7)]


def draw(
    key: str,
    *,
    zone: str,
    country: str,
    weekend: Sequence[int],
    hours: Mapping[str, Sequence[Sequence[str]]],
) -> Place:
    """Draw the form; return what it says."""
    with st.container(horizontal=True):
        chosen_country = forms.pick(f"{key}.country", t("office.country"), _countries(country),
                                    value=country, shown=_country)  # fmt: skip
        chosen_zone = forms.pick(f"{key}.time_zone", t("office.time_zone"), zones(), value=zone,
                                 shown=_zone)  # fmt: skip
    off = forms.many(f"{key}.weekend", t("office.weekend"), week(), value=weekend,
                     shown=lambda one: weekday_name(one, language()))  # fmt: skip
    known = next((day for day in hours.values() if day), [["08:00", "16:30"]])
    spans = _hours(key, known)
    working = {day: spans for day in week() if day not in off}
    return Place(chosen_zone or zone, chosen_country or country, frozenset(off), working)


def _hours(key: str, known: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    """Draw from when to when a working day lasts, with a break in between if there is one."""
    starts, ends = _time(known[0][0]), _time(known[-1][1])
    with st.container(horizontal=True):
        opens = dates.time_field(f"{key}.opens", t("office.opens"), value=starts) or OPENS
        closes = dates.time_field(f"{key}.closes", t("office.closes"), value=ends) or CLOSES
    has_break = len(known) > 1
    if not forms.switch(f"{key}.has_break", t("office.break"), value=has_break):
        return [(_text(opens), _text(closes))]
    with st.container(horizontal=True):
        first = _time(known[0][1]) if has_break else BREAK_STARTS
        second = _time(known[1][0]) if has_break else BREAK_ENDS
        pause = dates.time_field(f"{key}.break_starts", t("office.break_starts"), value=first)
        back = dates.time_field(f"{key}.break_ends", t("office.break_ends"), value=second)
    return [
        (_text(opens), _text(pause or BREAK_STARTS)),
        (_text(back or BREAK_ENDS), _text(closes)),
    ]


def _countries(current: str) -> list[str]:
    near = ["IR", "AF", "IQ", "SA", "AE", "KW", "QA", "BH", "OM", "JO", "LB", "EG", "TR", "DE"]
    rest = sorted(known_countries(), key=_country)
    return list(dict.fromkeys([current, *near, *rest]))


def _country(code: str) -> str:
    return country_name(code, language())


def _zone(zone: str) -> str:
    return f"{zone_name(zone, language())} ({zone})"


def _time(text: str) -> time:
    return time.fromisoformat(text)


def _text(at: time) -> str:
    return at.isoformat("minutes")
