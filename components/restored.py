"""A copy of an installation sends nothing until somebody says what it is: the one, or a copy."""

from collections.abc import Callable

import streamlit as st

from components import actions, auth, forms, page
from components.html import note
from components.i18n import plain, t
from core.access.terms import Permission
from core.db import reading
from core.organisation import copies, instance
from core.organisation.terms import Standing


def banner(who: auth.Who) -> None:
    """Say over every page that this copy does not send; administrators can decide about it."""
    if who.organisation is None or who.user is None:
        return
    with reading() as session:
        found = copies.standing(session)
    if found is Standing.SENDS:
        return
    may_decide = auth.may(who, Permission.SETTINGS_EDIT)
    key = "frame_restored" if found is Standing.UNDECIDED else "frame_restored_copy"
    with st.container(key=key, horizontal=True, vertical_alignment="center"):
        text = t(f"frame.restored.{found}")
        if not may_decide:
            text = f"{text} {t('frame.restored.ask')}"
        st.markdown(":material/content_copy: " + plain(text), width="stretch")
        label = t(f"frame.restored.{found}.decide")
        if may_decide and st.button(label, key="frame.restored.decide"):
            st.dialog(t("frame.restored.title"), width="medium")(_decide)(found)


def _decide(found: Standing) -> None:
    """Draw both answers with what each of them does."""
    st.markdown(plain(t("frame.restored.explain")))
    with st.container(border=True):
        page.section("frame.restored.real")
        note(t("frame.restored.real.sure"), t("frame.restored.real.body"), tone="warning")
        if forms.confirmed(
            "frame.restored.real",
            warning=t("frame.restored.real.warning"),
            word=t("frame.restored.real.word"),
            label=t("frame.restored.real.confirm"),
        ):
            _do(instance.confirm, "frame.restored.real.done")
    if found is Standing.COPY:
        return
    with st.container(border=True):
        page.section("frame.restored.copy.choice")
        st.markdown(plain(t("frame.restored.copy.body")))
        if st.button(t("frame.restored.copy.confirm"), key="frame.restored.copy"):
            _do(copies.keep_as_copy, "frame.restored.copy.done")


def _do(verb: Callable[..., None], toast: str) -> None:
    if actions.attempt(verb, toast=toast):
        st.rerun()
