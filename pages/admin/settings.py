"""Settings of the organisation, its departments, and the practice company."""

import streamlit as st

from components import actions, auth, forms, page
from components.html import note
from components.i18n import language, number, t
from core.access.terms import DepartmentKind
from core.db import reading
from core.i18n.places import zone_name, zones
from core.i18n.terms import Calendar, Language
from core.organisation import service
from core.organisation.models import Department, Organisation
from core.organisation.terms import SettingsChange
from core.practice import service as practice

KEY = "settings"
CURRENCIES = ("IRR", "USD", "EUR", "AED", "SAR", "IQD", "KWD", "QAR", "TRY", "AFN", "EGP", "GBP")


def _organisation(house: Organisation) -> None:
    seen = st.session_state.setdefault(f"{KEY}.org.seen", house.version)
    with page.column():
        change = _fields(house)
        if forms.save_bar(f"{KEY}.org") and actions.perform(
            service.change_settings, version=seen, change=change
        ) is not None:  # fmt: skip
            _forget("org")


def _fields(house: Organisation) -> SettingsChange:
    name = forms.text(f"{KEY}.org.name", t("setup.name"), value=house.name)
    address = forms.area(f"{KEY}.org.postal_address", t("settings.postal_address"),
                         value=house.postal_address, height=80,
                         hint=t("settings.postal_address.hint"))  # fmt: skip
    with st.container(horizontal=True):
        spoken = forms.pick(f"{KEY}.org.language", t("setup.language"), list(Language),
                            value=house.language, shown=lambda one: one.own_name)  # fmt: skip
        calendar = forms.pick(f"{KEY}.org.calendar", t("setup.calendar"), list(Calendar),
                              value=house.calendar, shown=_calendar)  # fmt: skip
        zone = forms.pick(f"{KEY}.org.time_zone", t("office.time_zone"), zones(),
                          value=house.time_zone, shown=_zone)  # fmt: skip
    with st.container(horizontal=True):
        known = list(dict.fromkeys([house.currency, *CURRENCIES]))
        currency = forms.pick(f"{KEY}.org.currency", t("settings.currency"), known,
                              value=house.currency)  # fmt: skip
        seconds = forms.count(f"{KEY}.org.recall_seconds", t("settings.recall_seconds"),
                              value=house.recall_seconds,
                              hint=t("settings.recall_seconds.hint"))  # fmt: skip
    toman = forms.switch(f"{KEY}.org.shows_toman", t("settings.shows_toman"),
                         value=house.shows_toman)  # fmt: skip
    change = SettingsChange(
        name=name, postal_address=address, shows_toman=toman,
        language=spoken or house.language, calendar=calendar or house.calendar,
        time_zone=zone or house.time_zone, currency=currency or house.currency,
    )  # fmt: skip
    if seconds is not None:
        change["recall_seconds"] = seconds
    return change


def _calendar(calendar: Calendar) -> str:
    return t(f"setup.calendar.{calendar}")


def _zone(zone: str) -> str:
    return f"{zone_name(zone, language())} ({zone})"


def _departments() -> None:
    for one in who.departments:
        with st.expander(one.names.get(language().value, "") or t(f"department.{one.kind}")):
            _department(one)
    with st.popover(t("settings.department.add"), icon=":material/add:"):
        kind = forms.pick(f"{KEY}.dep.kind", t("settings.department.kind"), list(DepartmentKind),
                          value=DepartmentKind.OTHER,
                          shown=lambda one: t(f"department.{one}"))  # fmt: skip
        names = {code.value: forms.text(f"{KEY}.dep.{code}", code.own_name) for code in Language}
        if st.button(t("settings.department.add"), key=f"{KEY}.dep.add") and actions.attempt(
            service.add_department, kind=kind or DepartmentKind.OTHER, names=names
        ):
            _forget("dep")


def _department(one: Department) -> None:
    names = {
        code.value: forms.text(f"{KEY}.dep{one.id}.{code}", code.own_name,
                               value=one.names.get(code.value, ""))
        for code in Language
    }  # fmt: skip
    with st.container(horizontal=True):
        if st.button(t("common.save"), key=f"{KEY}.dep{one.id}.save") and actions.attempt(
            service.rename_department, department_id=one.id, version=one.version, names=names
        ):
            _forget(f"dep{one.id}")
        if st.button(t("settings.department.off"), key=f"{KEY}.dep{one.id}.off") and (
            actions.attempt(service.deactivate_department, department_id=one.id,
                            version=one.version)
        ):  # fmt: skip
            _forget(f"dep{one.id}")


def _practice() -> None:
    with reading() as session:
        is_loaded = practice.is_loaded(session)
    with page.column():
        note(t("settings.practice.is_loaded" if is_loaded else "settings.practice.none"),
             t("setup.step.practice.hint"), tone="notice")  # fmt: skip
        if not is_loaded:
            if st.button(t("setup.practice"), type="primary", key=f"{KEY}.load"):
                with st.spinner(t("settings.practice.loading")):
                    done = actions.attempt(practice.load_for, toast="settings.practice.loaded")
                if done:
                    st.rerun()
            return
        if forms.confirmed(f"{KEY}.clear", warning=t("settings.practice.warning"),
                           word=t("settings.practice.word"),
                           label=t("settings.practice.clear")):  # fmt: skip
            removed = actions.perform(practice.clear_for, toast="")
            if removed is not None:
                actions.say(t("settings.practice.cleared", rows=number(removed)))
                st.rerun()


def _forget(part: str) -> None:
    for key in [key for key in st.session_state if str(key).startswith(f"{KEY}.{part}.")]:
        del st.session_state[key]
    st.rerun()


who = auth.required()
page.header(KEY)
general, departments, trying = st.tabs(
    [t(f"settings.tab.{name}") for name in ("general", "departments", "practice")]
)
with general:
    if who.organisation is not None:
        _organisation(who.organisation)
with departments:
    _departments()
with trying:
    _practice()
