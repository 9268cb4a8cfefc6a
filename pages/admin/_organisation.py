"""The organisation's own settings as a form, and what to do when somebody else was faster."""

from collections.abc import Mapping

import streamlit as st

from components import actions, forms, page, tables
from components.i18n import has, number, t
from components.tables import Column
from core.i18n.places import zones
from core.i18n.terms import Calendar, Language
from core.organisation import service
from core.organisation.models import Organisation
from core.organisation.terms import SettingsChange
from pages.admin import _time

KEY = "settings.org"
SEEN, ROUND = f"{KEY}.seen", f"{KEY}.round"
CURRENCIES = ("IRR", "USD", "EUR", "AED", "SAR", "IQD", "KWD", "QAR", "TRY", "AFN", "EGP", "GBP")


def draw(house: Organisation) -> None:
    """Draw the settings and keep them when asked to."""
    if f"{_key()}.name" not in st.session_state:
        st.session_state[SEEN] = house.version
    with page.column():
        change = _fields(house)
        _settle(house, change)
        is_whole = "recall_seconds" in change
        if forms.save_bar(KEY, ready=is_whole) and actions.attempt(
            service.change_settings, version=st.session_state[SEEN], change=change
        ):
            _read_anew()


def _fields(house: Organisation) -> SettingsChange:
    key = _key()
    name = forms.text(f"{key}.name", t("setup.name"), value=house.name)
    address = forms.area(f"{key}.postal_address", t("settings.postal_address"),
                         value=house.postal_address, height=80,
                         hint=t("settings.postal_address.hint"))  # fmt: skip
    with st.container(horizontal=True):
        spoken = forms.pick(f"{key}.language", t("setup.language"), list(Language),
                            value=house.language, shown=lambda one: one.own_name)  # fmt: skip
        calendar = forms.pick(f"{key}.calendar", t("setup.calendar"), list(Calendar),
                              value=house.calendar, shown=_calendar)  # fmt: skip
    with st.container(horizontal=True):
        zone = forms.pick(f"{key}.time_zone", t("office.time_zone"), zones(),
                          value=house.time_zone, shown=_time.zone_label)  # fmt: skip
        known = list(dict.fromkeys([house.currency, *CURRENCIES]))
        currency = forms.pick(f"{key}.currency", t("settings.currency"), known,
                              value=house.currency, shown=_currency)  # fmt: skip
    toman = forms.switch(f"{key}.shows_toman", t("settings.shows_toman"), value=house.shows_toman)
    seconds = forms.count(f"{key}.recall_seconds", t("settings.recall_seconds"),
                          value=house.recall_seconds,
                          hint=t("settings.recall_seconds.hint"))  # fmt: skip
    follows = forms.switch(f"{key}.follows_reactions", t("settings.follows_reactions"),
                           value=house.follows_reactions,
                           hint=t("settings.follows_reactions.hint"))  # fmt: skip
    change = SettingsChange(
        name=name, postal_address=address, shows_toman=toman, follows_reactions=follows,
        language=spoken or house.language, calendar=calendar or house.calendar,
        time_zone=zone or house.time_zone, currency=currency or house.currency,
    )  # fmt: skip
    if seconds is not None:
        change["recall_seconds"] = seconds
    return change


def _settle(house: Organisation, mine: SettingsChange) -> None:
    """Where somebody else saved meanwhile: show the difference, and take theirs or mine."""
    if not actions.is_stale() or st.session_state[SEEN] == house.version:
        return
    kept = forms.choose_version(KEY, mine=_spoken(mine), theirs=_spoken(_as_kept(house)))
    if kept == "theirs":
        _read_anew()
    if kept == "mine" and actions.attempt(
        service.change_settings, version=house.version, change=mine
    ):
        _read_anew()


def read(house: Organisation) -> None:
    """Draw the settings for somebody who may not change them."""
    columns = [Column("what", t("settings.what")), Column("value", t("settings.value"))]
    said = _spoken(_as_kept(house)).items()
    tables.plain_table(columns, [{"what": what, "value": value} for what, value in said])


def _as_kept(house: Organisation) -> SettingsChange:
    return SettingsChange(
        name=house.name, postal_address=house.postal_address, shows_toman=house.shows_toman,
        language=house.language, calendar=house.calendar, time_zone=house.time_zone,
        currency=house.currency, recall_seconds=house.recall_seconds,
        follows_reactions=house.follows_reactions,
    )  # fmt: skip


def _spoken(change: SettingsChange) -> Mapping[str, str]:
    seconds = change.get("recall_seconds")
    return {
        t("setup.name"): change["name"],
        t("settings.postal_address"): change["postal_address"],
        t("setup.language"): change["language"].own_name,
        t("setup.calendar"): _calendar(change["calendar"]),
        t("office.time_zone"): _time.zone_label(change["time_zone"]),
        t("settings.currency"): _currency(change["currency"]),
        t("settings.shows_toman"): t("common.yes" if change["shows_toman"] else "common.no"),
        t("settings.follows_reactions"): t(
            "common.yes" if change["follows_reactions"] else "common.no"
        ),
        t("settings.recall_seconds"): "" if seconds is None else number(seconds),
    }


def _calendar(calendar: Calendar) -> str:
    return t(f"setup.calendar.{calendar}")


def _currency(code: str) -> str:
    known = f"settings.currency.{code}"
    return f"{t(known)} ({code})" if has(known) else code


def _key() -> str:
    """Return how the keys of the fields begin: fields drawn anew get keys of their own."""
    return f"{KEY}{st.session_state.get(ROUND, '')}"


def _read_anew() -> None:
    st.session_state[ROUND] = int(st.session_state.get(ROUND, 0)) + 1
    st.rerun()
