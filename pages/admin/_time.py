"""Calendar, zone, weekend and working hours as one form; used by set-up and by offices."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time

import streamlit as st

from components import dates, forms
from components.i18n import language, t
from core.i18n.calendar import first_weekday, weekday_name
from core.i18n.places import country_name, zone_name, zones
from core.organisation.holiday_source import known_countries

Spans = tuple[tuple[str, str], ...]
Stored = Mapping[str, Sequence[Sequence[str]]]
USUAL: Spans = (("08:00", "16:30"),)
SHORT: Spans = (("08:00", "12:30"),)
BREAK = ("12:00", "13:00")
NEAR = ("IR", "AF", "IQ", "SA", "AE", "KW", "QA", "BH", "OM", "JO", "LB", "EG", "TR", "DE")


@dataclass(frozen=True)
class Place:
    """Where and when an office works, as the form says it; hours as they were typed."""

    time_zone: str
    country: str
    weekend: frozenset[int]
    hours: Mapping[int, Spans]


def week() -> list[int]:
    """Return the weekdays, Monday is 0, beginning with the first of the person's week."""
    first = first_weekday(language())
    return [(first + place) % 7 for place in range(7)]


def by_hours(hours: Stored) -> list[tuple[Spans, list[int]]]:
    """Return the different hours of the week with their days, those of most days first."""
    spans = {day: tuple((a, b) for a, b in hours.get(str(day), ())) for day in week()}
    counted = Counter(one for one in spans.values() if one)
    return [(one, [day for day in week() if spans[day] == one]) for one, _ in counted.most_common()]


def draw(key: str, *, zone: str, country: str, weekend: Sequence[int], hours: Stored) -> Place:
    """Draw the form; return what it says."""
    with st.container(horizontal=True):
        chosen_country = forms.pick(f"{key}.country", t("office.country"), _countries(country),
                                    value=country, shown=_country)  # fmt: skip
        chosen_zone = forms.pick(f"{key}.time_zone", t("office.time_zone"), zones(), value=zone,
                                 shown=zone_label) or zone  # fmt: skip
    off = forms.many(f"{key}.weekend", t("office.weekend"), week(), value=weekend, shown=_day)
    with forms.frame(f"{key}.hours"):
        working = _week(key, hours, days=[day for day in week() if day not in off],
                        where=zone_name(chosen_zone, language()))  # fmt: skip
    return Place(chosen_zone, chosen_country or country, frozenset(off), working)


def zone_label(zone: str) -> str:
    """Return the zone as people call it, and as programs do."""
    return f"{zone_name(zone, language())} ({zone})"


def _week(key: str, hours: Stored, *, days: Sequence[int], where: str) -> Mapping[int, Spans]:
    """Draw the usual hours, and those of the days that differ; a third kind stays as it is."""
    known = by_hours(hours) or [(USUAL, [])]
    usual = _hours(key, known[0][0], where=where)
    second, theirs = known[1] if len(known) > 1 else (SHORT, [])
    working = dict.fromkeys(days, usual)
    for spans, kept in known[2:]:
        working |= {day: spans for day in kept if day in days}
    if forms.switch(f"{key}.differs", t("office.differs"), value=bool(theirs)):
        chosen = forms.many(f"{key}.other_days", t("office.other_days"), days, value=theirs,
                            shown=_day)  # fmt: skip
        other = _hours(f"{key}.other", second, where=where)
        working |= dict.fromkeys(chosen, other)
    return working


def _hours(key: str, known: Spans, *, where: str) -> Spans:
    """Draw from when to when a working day lasts, with a break in between if there is one."""
    with st.container(horizontal=True):
        opens = _hour(f"{key}.opens", t("office.opens"), known[0][0], where=where)
        closes = _hour(f"{key}.closes", t("office.closes"), known[-1][1], where=where)
    has_break = len(known) > 1
    if not forms.switch(f"{key}.has_break", t("office.break"), value=has_break):
        return ((opens, closes),)
    leaves, returns = (known[0][1], known[1][0]) if has_break else BREAK
    with st.container(horizontal=True):
        pause = _hour(f"{key}.break_starts", t("office.break_starts"), leaves, where=where)
        back = _hour(f"{key}.break_ends", t("office.break_ends"), returns, where=where)
    return ((opens, pause), (back, closes))


def _hour(key: str, label: str, known: str, *, where: str) -> str:
    """Return the hour, or what was typed instead: saving then refuses it."""
    at = dates.time_field(key, label, value=time.fromisoformat(known), hint=where)
    return at.isoformat("minutes") if at else str(st.session_state.get(key, ""))


def _countries(current: str) -> list[str]:
    rest = sorted(known_countries(), key=_country)
    return list(dict.fromkeys([current, *NEAR, *rest]))


def _country(code: str) -> str:
    return country_name(code, language())


def _day(weekday: int) -> str:
    return weekday_name(weekday, language())
