"""Calendars: where and when people work, and which days are free."""

from datetime import date

import streamlit as st

from components import actions, auth, dates, forms, page, tables
from components.i18n import day, figures, language, reader, t
from components.tables import Action, Cell, Column, Row
from core import clock
from core.access.terms import Permission
from core.i18n import formats
from core.i18n.calendar import DayParts, from_parts, month_length, parts, weekday_name
from core.i18n.places import country_name, zone_name
from core.i18n.terms import Language
from core.organisation import service
from core.organisation.models import Holiday, Office
from core.organisation.offices import list_offices
from core.organisation.terms import OfficeInput
from pages.admin import _time

KEY = "calendars"
LAST_MONTH = 12


def _hours(office: Office) -> str:
    spans = next((one for one in office.hours.values() if one), [])
    return " ، ".join(f"{figures(a)}–{figures(b)}" for a, b in spans)


def _office(office: Office) -> None:
    with st.container(border=True, key=f"office_{office.id}"):
        st.markdown(f"**{office.name}** · {country_name(office.country, language())} · "
                    f"{zone_name(office.time_zone, language())}")  # fmt: skip
        off = [weekday_name(one, language()) for one in office.weekend]
        st.caption(t("calendars.office", hours=_hours(office), weekend=off))
        if may_edit and st.button(t("common.edit"), key=f"{KEY}.edit{office.id}"):
            st.dialog(t("calendars.edit"), width="medium")(_edit)(office)


def _edit(office: Office | None) -> None:
    key = f"{KEY}.office{office.id if office else ''}"
    name = forms.text(f"{key}.name", t("calendars.name"), value=office.name if office else "")
    home = who.organisation
    place = _time.draw(
        key,
        zone=office.time_zone if office else (home.time_zone if home else "Asia/Tehran"),
        country=office.country if office else "IR",
        weekend=office.weekend if office else [4],
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


def _year() -> tuple[date, date, int]:
    """Draw the choice of a year of the person's calendar; return its first and last day."""
    today = formats.local(clock.now(), reader()).date()
    calendar = reader().calendar
    this = parts(today, calendar).year
    years = list(range(this - 1, this + 3))
    year = st.segmented_control(t("calendars.year"), years, default=this, key=f"{KEY}.year",
                                format_func=lambda one: figures(str(one)),
                                label_visibility="collapsed") or this  # fmt: skip
    first = from_parts(DayParts(year, 1, 1), calendar)
    last = from_parts(
        DayParts(year, LAST_MONTH, month_length(year, LAST_MONTH, calendar)), calendar
    )
    return first, last, year


def _holidays(office: Office) -> None:
    first, last, _ = _year()
    found = actions.ask(service.holidays_between, office_id=office.id, since=first, until=last)
    with st.container(horizontal=True):
        if may_edit and st.button(t("calendars.load"), key=f"{KEY}.load",
                                  icon=":material/event_repeat:") and actions.attempt(
            service.load_holidays, office_id=office.id, years={first.year, last.year},
            toast="calendars.loaded",
        ):  # fmt: skip
            st.rerun()
        if may_edit and st.button(t("calendars.add_holiday"), key=f"{KEY}.add_holiday"):
            st.dialog(t("calendars.add_holiday"))(_add)(office.id)
    columns = [Column(name, t(f"calendars.column.{name}")) for name in ("day", "name", "state")]
    pressed = tables.show(f"{KEY}.table", columns, [_row(one) for one in found],
                          label=t("calendars.holidays"))  # fmt: skip
    if pressed.acted:
        chosen = next(one for one in found if one.id == int(pressed.acted))
        verb = service.confirm_holiday if pressed.action == "confirm" else service.remove_holiday
        actions.attempt(verb, holiday_id=chosen.id, version=chosen.version)
        st.rerun()


def _row(one: Holiday) -> Row:
    name = one.names.get(language().value) or next(iter(one.names.values()), "")
    acts = [Action("remove", t("common.delete"), is_dangerous=True)]
    if not one.is_confirmed:
        acts.insert(0, Action("confirm", t("calendars.confirm")))
    sure = Cell(t("calendars.confirmed"), tone="good")
    unsure = Cell(t("calendars.unconfirmed"), tone="warning", hover=t("calendars.lunar"))
    return Row(
        id=str(one.id),
        cells={"day": Cell(day(one.day), note=weekday_name(one.day.weekday(), language())),
               "name": name, "state": sure if one.is_confirmed else unsure},
        actions=acts if may_edit else (),
    )  # fmt: skip


def _add(office_id: int) -> None:
    free = dates.date_field(f"{KEY}.new.day", t("calendars.column.day"))
    names = {one.value: forms.text(f"{KEY}.new.{one}", one.own_name) for one in Language}
    if forms.save_bar(f"{KEY}.new", ready=free is not None) and actions.attempt(
        service.add_holiday, office_id=office_id, day=free, names=names
    ):
        st.rerun()


who = auth.required()
may_edit = auth.may(who, Permission.CALENDAR_EDIT)
main = page.header(KEY)
offices = actions.ask(list_offices)
with main:
    adding = may_edit and st.button(t("calendars.add"), key=f"{KEY}.add", icon=":material/add:")
for one in offices:
    _office(one)
page.section("calendars.holidays")
chosen = offices[0]
if len(offices) > 1:
    chosen = st.selectbox(t("calendars.of"), offices, format_func=lambda one: one.name,
                          key=f"{KEY}.of", width=280)  # fmt: skip
_holidays(chosen)
if adding:
    st.dialog(t("calendars.add"), width="medium")(_edit)(None)
