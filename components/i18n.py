"""Codes become words, and values become figures, as the signed-in person reads them."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import streamlit as st

from core import clock
from core.i18n import formats
from core.i18n.catalog import codes, translate
from core.i18n.digits import localise
from core.i18n.terms import Calendar, DateStyle, Language, Reader
from core.settings import settings

_KEY = "frame.reader"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&@])")


def remember(who: Reader) -> None:
    """Make this the person everything in this visit is written for."""
    st.session_state[_KEY] = who


def reader() -> Reader:
    """Return for whom the page is written; before anybody is known, the installation's defaults."""
    known: Reader | None = st.session_state.get(_KEY)
    if known is not None:
        return known
    language = _wished() or Language(settings().default_language)
    calendar = Calendar.JALALI if language is Language.FA else Calendar.GREGORIAN
    return Reader(language, calendar, settings().time_zone)


def _wished() -> Language | None:
    """Return the language chosen at the door before, else the first of ours the browser wants."""
    known = {one.value: one for one in Language}
    accepted = (st.context.headers.get("Accept-Language") or "").split(",")
    codes = [st.context.cookies.get("chapar_lang", ""), *(one.strip()[:2] for one in accepted)]
    return next((known[code.lower()] for code in codes if code.lower() in known), None)


def language() -> Language:
    """Return the language of the page."""
    return reader().language


def t(code: str, /, **params: object) -> str:
    """Return the message in the person's language. Escape it with `plain` where names are in it."""
    return translate(language(), code, **params)


def has(code: str) -> bool:
    """Return whether there is a message for this code."""
    return code in codes(language())


def plain(text: str) -> str:
    """Return the text as Markdown that shows exactly these signs: no link, colour or heading."""
    return _MARKDOWN.sub(r"\\\1", text)


def number(value: float | Decimal) -> str:
    """Return the number in the person's digits."""
    return formats.number(value, reader())


def figures(text: str) -> str:
    """Return the text with its digits in those of the language (codes, versions, plates)."""
    return localise(text, language())


def day(value: date, style: DateStyle = DateStyle.MEDIUM) -> str:
    """Return the day in the person's calendar."""
    return formats.date(value, reader(), style)


def moment(value: datetime, style: DateStyle = DateStyle.MEDIUM) -> str:
    """Return the local day and hour."""
    return formats.moment(value, reader(), style)


def ago(value: datetime) -> str:
    """Return how long ago or how soon the moment is."""
    return formats.relative(value, reader(), now=clock.now())


def hour(value: time) -> str:
    """Return hour and minute."""
    return formats.clock(value, reader())


def duration(span: timedelta) -> str:
    """Return the length of time in words."""
    return formats.duration(span, reader())
