"""Days and hours in the person's calendar, typed or picked from a month by mouse or keyboard."""

import re
from collections.abc import Mapping
from datetime import date, time, timedelta

import streamlit as st

from components import tables
from components.actions import check
from components.forms import field_name, frame
from components.html import safe, show, tag
from components.i18n import day as written
from components.i18n import figures, hour, language, plain, reader, t
from core import clock
from core.errors import Invalid
from core.i18n import calendar as calendars
from core.i18n import formats
from core.i18n.digits import to_ascii
from core.i18n.terms import DateStyle

_HOUR = re.compile(r"(\d{1,2})(?:\s*[:.٫]\s*(\d{1,2}))?")
_WEEK = 7


def date_field(
    key: str,
    label: str,
    *,
    value: date | None = None,
    hint: str = "",
    earliest: date | None = None,
    off: Mapping[date, str] | None = None,
) -> date | None:
    """Draw a field for a day; return it, or None while it is empty or wrong.

    It is typed as year, month, day in the person's calendar, or picked from a month. The other
    calendar's name for the day stands below. off: days that are free, with their name.
    """
    first = _typed(value) if value else ""
    with frame(key, hint=hint), st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            plain(label), first, key=key, placeholder=_typed(_today()), autocomplete="off"
        )
        with st.popover(
            ":material/calendar_month:",
            key=f"{key}.open",
            on_change="rerun",
            help=t("frame.date.pick"),
        ) as box:
            if box.open:
                _month(key, chosen=_quietly(text or ""), earliest=earliest, off=off or {})
    if not (text or "").strip():
        return None
    day = check(_checked, text, earliest, field=field_name(key))
    if day is not None:
        other = formats.other_calendar_caption(day, reader())
        weekday = calendars.weekday_name(day.weekday(), language())
        show(tag("p", safe(f"{weekday} · {other}"), class_="ch-field-hint"))
    return day


def time_field(key: str, label: str, *, value: time | None = None, hint: str = "") -> time | None:
    """Draw a field for a local hour, as in ۰۸:۰۰; return it, or None while empty or wrong."""
    first = hour(value) if value else ""
    with frame(key, hint=hint or formats.zone(reader())):
        text = st.text_input(
            plain(label), first, key=key, placeholder=hour(time(8, 30)), autocomplete="off"
        )
    if not (text or "").strip():
        return None
    return check(parse_time, text, field=field_name(key))


def parse_time(text: str) -> time:
    """Return the hour somebody typed: 8, 8:30, ۰۸:۳۰.

    Raises:
        Invalid: "time.invalid".
    """
    match = _HOUR.fullmatch(to_ascii(text).strip())
    try:
        return time(int(match[1]), int(match[2] or 0)) if match else _no_time()
    except ValueError:
        return _no_time()


def _no_time() -> time:
    raise Invalid("time.invalid", example=figures("08:30"))


def _typed(day: date) -> str:
    return written(day, DateStyle.SHORT)


def _today() -> date:
    return formats.local(clock.now(), reader()).date()


def _checked(text: str, earliest: date | None) -> date:
    day = calendars.parse_date(text, reader().calendar)
    if earliest is not None and day < earliest:
        raise Invalid("date.too_early", earliest=written(earliest))
    return day


def _quietly(text: str) -> date | None:
    try:
        return calendars.parse_date(text, reader().calendar)
    except Invalid:
        return None


def _month(
    key: str, *, chosen: date | None, earliest: date | None, off: Mapping[date, str]
) -> None:
    anchor = _anchor(key, chosen)
    tables.component("month")(
        key=f"{key}.month",
        data=_shown(anchor, chosen=chosen, earliest=earliest, off=off),
        on_pick_change=lambda: _pick(key),
        on_turn_change=lambda: _turn(key, anchor),
    )


def _anchor(key: str, chosen: date | None) -> date:
    turned = st.session_state.get(f"{key}.turned")
    return date.fromisoformat(turned) if turned else chosen or _today()


def _pick(key: str) -> None:
    picked = st.session_state[f"{key}.month"].pick
    if picked:
        st.session_state[key] = _typed(date.fromisoformat(picked))
        st.session_state[f"{key}.open"] = False
        st.session_state.pop(f"{key}.turned", None)


def _turn(key: str, anchor: date) -> None:
    way = st.session_state[f"{key}.month"].turn
    if way in {-1, 1}:
        moved = calendars.add_months(anchor, way, reader().calendar)
        st.session_state[f"{key}.turned"] = moved.isoformat()


def _shown(
    anchor: date, *, chosen: date | None, earliest: date | None, off: Mapping[date, str]
) -> dict[str, object]:
    """Return one month as the script draws it."""
    bounds = calendars.month_bounds(anchor, reader().calendar)
    starts_on = calendars.first_weekday(language())
    length = (bounds.last - bounds.first).days + 1
    days = [bounds.first + timedelta(days=ahead) for ahead in range(length)]
    focus = chosen if chosen in days else (_today() if _today() in days else days[0])
    return {
        "dir": language().direction,
        "lang": str(language()),
        "title": formats.month_of_year(anchor, reader()),
        "offset": (bounds.first.weekday() - starts_on) % _WEEK,
        "weekdays": [_weekday((starts_on + ahead) % _WEEK) for ahead in range(_WEEK)],
        "days": [
            _day(day, chosen=chosen, earliest=earliest, off=off) | {"focus": day == focus}
            for day in days
        ],
        "say": {"before": t("frame.date.before"), "after": t("frame.date.after")},
    }


def _weekday(weekday: int) -> dict[str, str]:
    name = calendars.weekday_name(weekday, language())
    return {"name": name, "short": calendars.weekday_short(weekday, language())}


def _day(
    day: date, *, chosen: date | None, earliest: date | None, off: Mapping[date, str]
) -> dict[str, object]:
    return {
        "iso": day.isoformat(),
        "figure": figures(str(calendars.parts(day, reader().calendar).day)),
        "name": written(day, DateStyle.LONG),
        "note": off.get(day, ""),
        "off": day in off,
        "today": day == _today(),
        "chosen": day == chosen,
        "closed": earliest is not None and day < earliest,
    }
