"""Offices: a card for each, the form behind it, and which one is the default."""

import streamlit as st

from components import actions, auth, forms
from components.html import badge, safe, show, tag
from components.i18n import figures, language, t
from core.access.terms import Permission
from core.i18n.calendar import weekday_name
from core.i18n.places import country_name, zone_name
from core.organisation import service
from core.organisation.models import Office
from core.organisation.terms import OfficeInput
from pages.admin import _time

KEY = "calendars"
USUAL_WEEKEND = (3, 4)


def card(who: auth.Who, office: Office) -> None:
    """Draw where and when an office works, and the way to change that."""
    with st.container(border=True, key=f"office_{office.id}"):
        place = f"{country_name(office.country, language())} · " + zone_name(
            office.time_zone, language()
        )
        mark = badge(t("senders.default"), "good") if office.is_default else ""
        head = tag("li", tag("b", safe(office.name)), tag("span", safe(place)), mark)
        show(tag("ul", head, *_lines(office), class_="ch-rows"))
        if auth.may(who, Permission.CALENDAR_EDIT):
            _buttons(who, office)


def _lines(office: Office) -> list[str]:
    """Return the hours of the week in words, one line for each kind of day."""
    said = [
        t("calendars.week", days=_days(days), hours=_hours(spans))
        for spans, days in _time.by_hours(office.hours)
    ]
    if office.weekend:
        said.append(t("calendars.weekend", days=_days(office.weekend)))
    return [tag("li", tag("span", safe(line))) for line in said]


def _hours(spans: _time.Spans) -> list[str]:
    return [t("calendars.span", starts=figures(a), ends=figures(b)) for a, b in spans]


def _days(days: list[int]) -> list[str]:
    return [weekday_name(one, language()) for one in _time.week() if one in days]


def _buttons(who: auth.Who, office: Office) -> None:
    with st.container(horizontal=True):
        if st.button(t("common.edit"), key=f"{KEY}.edit{office.id}"):
            st.dialog(t("calendars.edit"), width="medium")(form)(who, office)
        if not office.is_default and st.button(
            t("senders.make_default"), key=f"{KEY}.default{office.id}"
        ):
            actions.attempt(service.make_default_office, office_id=office.id,
                            version=office.version)  # fmt: skip
            st.rerun()


def form(who: auth.Who, office: Office | None) -> None:
    """Draw the form of an office, a new one where there is none; keep it when asked to."""
    key = f"{KEY}.office{office.id if office else ''}"
    home = who.organisation
    name = forms.text(f"{key}.name", t("calendars.name"), value=office.name if office else "",
                      example=t("calendars.name.example"))  # fmt: skip
    place = _time.draw(
        key,
        zone=office.time_zone if office else (home.time_zone if home else "Asia/Tehran"),
        country=office.country if office else "IR",
        weekend=office.weekend if office else USUAL_WEEKEND,
        hours=office.hours if office else {},
    )
    if not forms.save_bar(key):
        return
    given = OfficeInput(name=name, time_zone=place.time_zone, hours=place.hours,
                        weekend=place.weekend, country=place.country)  # fmt: skip
    saved = (
        actions.attempt(service.change_office, office_id=office.id, version=office.version,
                        office=given)
        if office
        else actions.attempt(service.add_office, office=given)
    )  # fmt: skip
    if saved:
        st.rerun()
