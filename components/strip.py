"""A strip of days: what happens when, with free days marked and moved ones explained."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from components.html import Tone, safe, show, tag
from components.i18n import day as written
from components.i18n import language, reader, t
from core.i18n.calendar import parts, weekday_name
from core.i18n.terms import Word


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing of a day: a mail or a task, when, and small print such as why it was moved."""

    text: str
    note: str = ""
    tone: Tone | None = None


@dataclass(frozen=True, kw_only=True)
class Day:
    """A day of the strip. off: the name of the holiday, or that it is a weekend."""

    day: date
    entries: Sequence[Entry] = ()
    off: str = ""
    label: str = ""


def days(strip: Sequence[Day], *, today: date, label: str) -> None:
    """Draw the days side by side from the side the language begins on."""
    items = (_day(day, today=today) for day in strip)
    show(tag("ol", *items, class_="ch-strip", aria_label=label, tabindex="0"))


def _day(day: Day, *, today: date) -> str:
    marks = ["ch-off"] if day.off else []
    marks += ["ch-today"] if day.day == today else []
    name = weekday_name(day.day.weekday(), language())
    small = [part for part in (day.label, t("common.today") if day.day == today else "") if part]
    head = tag(
        "header",
        tag("b", safe(_named(day.day)), title=written(day.day)),
        safe(" · ".join([name, *small])),
    )
    free = tag("p", safe(day.off), class_="ch-muted") if day.off else ""
    entries = (_entry(entry) for entry in day.entries)
    return tag("li", head, free, *entries, class_=" ".join(marks) or None)


def _named(day: date) -> str:
    """Return day and month; the year stands in the title of the element."""
    named = parts(day, reader().calendar)
    month = Word(f"format.month.{reader().calendar}.{named.month}")
    return t("frame.day_month", day=named.day, month=month)


def _entry(entry: Entry) -> str:
    note = tag("small", safe(entry.note)) if entry.note else ""
    return tag("p", safe(entry.text), note, class_=f"ch-{entry.tone}" if entry.tone else None)
