"""Calendars: where and when people work, and which days are free."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from components import actions, auth, dates, empty, forms, page, tables
from components.i18n import day, figures, language, reader, t
from components.tables import Action, Cell, Column, Row
from core import clock
from core.access.terms import Permission
from core.i18n import formats
from core.i18n.calendar import DayParts, from_parts, month_length, parts, weekday_name
from core.organisation import service
from core.organisation.models import Holiday, Office
from core.organisation.offices import list_offices
from pages.admin import _names, _office

KEY = "calendars"
LAST_MONTH = 12


def _year() -> tuple[date, date]:
    """Draw the choice of a year of the person's calendar; return its first and last day."""
    today = formats.local(clock.now(), reader()).date()
    calendar = reader().calendar
    this = parts(today, calendar).year
    year = st.selectbox(t("calendars.year"), range(this - 1, this + 3), index=1,
                        key=f"{KEY}.year", format_func=lambda one: figures(str(one)),
                        width=160)  # fmt: skip
    first = from_parts(DayParts(year, 1, 1), calendar)
    length = month_length(year, LAST_MONTH, calendar)
    return first, from_parts(DayParts(year, LAST_MONTH, length), calendar)


def _which(offices: Sequence[Office]) -> Office:
    """Draw the choice of an office, where there are several."""
    if len(offices) == 1:
        return offices[0]
    return st.selectbox(t("calendars.of"), offices, format_func=lambda one: one.name,
                        key=f"{KEY}.of", width=280)  # fmt: skip


def _load(office: Office, first: date, last: date) -> None:
    if st.button(t("calendars.load"), key=f"{KEY}.load", icon=":material/event_repeat:") and (
        actions.attempt(service.load_holidays, office_id=office.id,
                        years={first.year, last.year}, toast="calendars.loaded")
    ):  # fmt: skip
        st.rerun()


def _holidays(offices: Sequence[Office]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        office = _which(offices)
        first, last = _year()
        if may_edit:
            _load(office, first, last)
            if st.button(t("calendars.add_holiday"), key=f"{KEY}.add_holiday",
                         icon=":material/add:"):  # fmt: skip
                st.dialog(t("calendars.add_holiday"))(_add)(office)
    found = actions.ask(service.holidays_between, office_id=office.id, since=first, until=last)
    if not found:
        empty.show(f"{KEY}.holidays", key=f"{KEY}.holidays")
        return
    columns = [Column(name, t(f"calendars.column.{name}")) for name in ("day", "name", "state")]
    pressed = tables.show(f"{KEY}.table", columns, [_row(one) for one in found],
                          label=t("calendars.holidays"))  # fmt: skip
    if pressed.acted:
        _act(pressed.action, next(one for one in found if one.id == int(pressed.acted)))


def _act(action: str, chosen: Holiday) -> None:
    confirms = action == "confirm"
    actions.attempt(
        service.confirm_holiday if confirms else service.remove_holiday,
        holiday_id=chosen.id,
        version=chosen.version,
        toast="common.saved" if confirms else "common.deleted",
    )
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


def _add(office: Office) -> None:
    free = dates.date_field(f"{KEY}.new.day", t("calendars.column.day"))
    names = _names.draw(f"{KEY}.new")
    if forms.save_bar(f"{KEY}.new", ready=free is not None) and actions.attempt(
        service.add_holiday, office_id=office.id, day=free, names=names
    ):
        st.rerun()


who = auth.required()
may_edit = auth.may(who, Permission.CALENDAR_EDIT)
main = page.header(KEY)
offices = actions.ask(list_offices)
with main:
    adding = may_edit and st.button(t("calendars.add"), key=f"{KEY}.add", type="primary",
                                    icon=":material/add:")  # fmt: skip
for one in offices:
    _office.card(who, one)
page.section("calendars.holidays")
_holidays(offices)
if adding:
    st.dialog(t("calendars.add"), width="medium")(_office.form)(who, None)
