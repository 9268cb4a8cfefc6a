"""Privacy: what people ask for, how long what is kept, where laws differ, who was forgotten."""

from dataclasses import replace

import streamlit as st

from components import actions, auth, forms, page, tables
from components.html import badge, safe, show, tag
from components.i18n import ago, moment, plain, t
from components.tables import Cell, Column, Row
from core.access.terms import Permission
from core.privacy import retention
from core.privacy.terms import ErasureLine, Period, Preset
from pages.admin import _house_rules, _privacy_requests

KEY = "privacy"
COLUMNS = ("reference", "at", "by", "rows")


def _card(period: Period) -> None:
    """Draw a period in one line: its sentence, whether it is carried out, and what can be done."""
    with st.container(border=True, key=f"period_card_{period.kind}", horizontal=True,
                      vertical_alignment="center", horizontal_alignment="distribute"):  # fmt: skip
        state = badge(t("caps.on" if period.is_enabled else "caps.off"),
                      "good" if period.is_enabled else "muted")  # fmt: skip
        with st.container(width=620):
            said = t("privacy.keep", kind=t(f"privacy.kind.{period.kind}"), days=period.days)
            show(tag("div", safe(said), " ", state, class_="ch-sentence"))
            st.caption(plain(t(f"privacy.kind.{period.kind}.hint")))
        if may_edit:
            with st.container(horizontal=True, width="content"):
                _buttons(period)


def _buttons(period: Period) -> None:
    if st.button(t("common.edit"), key=f"{KEY}.edit.{period.kind}", type="tertiary"):
        st.dialog(t("privacy.edit"))(_edit)(period)
    label = t("rules.switch_off" if period.is_enabled else "rules.switch_on")
    if st.button(label, key=f"{KEY}.switch.{period.kind}", type="tertiary"):
        if period.is_enabled:
            _save(replace(period, is_enabled=False))
        else:
            st.dialog(t("privacy.switch_on"))(_switch_on)(period)


def _switch_on(period: Period) -> None:
    kind = t(f"privacy.kind.{period.kind}")
    st.markdown(plain(t("privacy.warning", kind=kind, days=period.days)))
    st.caption(plain(t(f"privacy.kind.{period.kind}.hint")))
    if forms.save_bar(f"{KEY}.on", label=t("rules.switch_on")):
        _save(replace(period, is_enabled=True))


def _edit(period: Period) -> None:
    days = forms.count(f"{KEY}.form.days", t(f"privacy.kind.{period.kind}"), value=period.days,
                       hint=t("privacy.days.hint"))  # fmt: skip
    if forms.save_bar(f"{KEY}.form", ready=days is not None):
        _save(replace(period, days=days or 0))


def _save(period: Period) -> None:
    if actions.attempt(retention.set_period, given=period):
        st.session_state.pop(f"{KEY}.form.days", None)
        st.rerun()


def _presets() -> None:
    """Draw the choice of a law to start from."""
    with st.container(horizontal=True, vertical_alignment="bottom", width=560):
        chosen = forms.pick(f"{KEY}.preset", t("privacy.preset"), list(Preset),
                            shown=lambda one: t(f"privacy.preset.{one}"))  # fmt: skip
        pressed = st.button(t("privacy.preset.take"), key=f"{KEY}.take", disabled=chosen is None)
    st.caption(plain(t("privacy.preset.hint")))
    if pressed and chosen and actions.attempt(retention.take_preset, preset=chosen):
        st.rerun()


def _erasures(found: list[ErasureLine]) -> None:
    if not found:
        st.caption(plain(t("privacy.erasures.none")))
        return
    rows = [
        Row(
            id=one.reference,
            cells={
                "reference": f"\u2066{one.reference}\u2069",
                "at": Cell(ago(one.erased_at), hover=moment(one.erased_at)),
                "by": one.by_name or t("privacy.erasures.oneself"),
                "rows": one.row_count,
            },
        )
        for one in found
    ]
    columns = [Column(name, t(f"privacy.erasures.{name}")) for name in COLUMNS]
    tables.show(f"{KEY}.erasures", columns, rows, label=t("privacy.erasures"))


who = auth.required()
may_edit = auth.may(who, Permission.SETTINGS_EDIT)
page.header(KEY)
page.section("privacy.requests")
st.caption(plain(t("privacy.requests.hint")))
_privacy_requests.draw(who)
page.section("privacy.periods")
st.caption(plain(t("privacy.periods.hint")))
for each in actions.ask(retention.list_periods):
    _card(each)
page.section("privacy.house")
_house_rules.draw(may_edit=may_edit)
if may_edit:
    page.section("privacy.presets")
    _presets()
page.section("privacy.erasures")
st.caption(plain(t("privacy.erasures.hint")))
_erasures(actions.ask(retention.list_erasures))
