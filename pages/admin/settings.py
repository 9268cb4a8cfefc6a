"""Settings of the organisation, its departments, and the practice company."""

import streamlit as st

from components import actions, auth, forms, page
from components.html import note
from components.i18n import number, t
from core.access.terms import Permission
from core.db import reading
from core.practice import service as practice
from pages.admin import _departments, _organisation

KEY = "settings"


def _practice() -> None:
    with reading() as session:
        is_loaded = practice.is_loaded(session)
    with page.column():
        note(t("settings.practice.is_loaded" if is_loaded else "settings.practice.none"),
             t("setup.step.practice.hint"), tone="notice")  # fmt: skip
        if not may_edit:
            return
        if is_loaded:
            _clear()
        elif st.button(t("setup.practice"), key=f"{KEY}.load", icon=":material/toys:"):
            with st.spinner(t("settings.practice.loading")):
                done = actions.attempt(practice.load_for, toast="settings.practice.loaded")
            if done:
                st.rerun()


def _clear() -> None:
    if forms.confirmed(
        f"{KEY}.clear",
        warning=t("settings.practice.warning"),
        word=t("settings.practice.word"),
        label=t("settings.practice.clear"),
    ):
        removed = actions.perform(practice.clear_for, toast="")
        if removed is not None:
            actions.say(t("settings.practice.cleared", rows=number(removed)))
            st.rerun()


who = auth.required()
may_edit = auth.may(who, Permission.SETTINGS_EDIT)
page.header(KEY)
general, departments, trying = st.tabs(
    [t(f"settings.tab.{name}") for name in ("general", "departments", "practice")]
)
with general:
    if who.organisation is not None and may_edit:
        _organisation.draw(who.organisation)
    elif who.organisation is not None:
        _organisation.read(who.organisation)
with departments:
    _departments.draw(who)
with trying:
    _practice()
