"""What a person may ask for by law: a copy of everything, and to be forgotten."""

from functools import partial

import streamlit as st

from components import actions, auth, forms, takeout
from components.html import note
from components.i18n import t
from core.access.terms import Permission
from core.privacy import copying, erasing, tracked

KEY = "contact"


def acts(who: auth.Who, public_id: str, *, is_tracked: bool) -> None:
    """Draw what can be done about what is known of the person, each for whom it is meant."""
    label = t("contact.tracking.off" if is_tracked else "contact.tracking.on")
    if st.button(label, key=f"{KEY}.tracking") and actions.attempt(
        tracked.set_tracked, public_id=public_id, is_tracked=not is_tracked
    ):
        st.rerun()
    if auth.may(who, Permission.CONTACT_EXPORT):
        takeout.button(f"{KEY}.copy", t("contact.copy"), partial(_copy, public_id),
                       file_name=f"{public_id}.zip", mime="application/zip")  # fmt: skip
    if auth.may(who, Permission.CONTACT_ERASE) and st.button(
        t("contact.erase"), key=f"{KEY}.erase", icon=":material/delete_forever:"
    ):
        st.session_state[f"{KEY}.erasing"] = True


def _copy(public_id: str) -> bytes:
    made = actions.perform(copying.copy_of, public_id=public_id, toast="")
    return made.content if made else b""


def confirm(public_id: str, name: str) -> None:
    """Draw the dialog that asks for a word before somebody is forgotten, where it was asked for."""
    if st.session_state.pop(f"{KEY}.erasing", False):
        st.dialog(t("contact.erase"))(_confirm)(public_id, name)


def _confirm(public_id: str, name: str) -> None:
    note(t("contact.erase.what"), t("contact.erase.backups"), tone="notice")
    if forms.confirmed(f"{KEY}.erase", warning=t("contact.erase.warning", name=name),
                       word=t("contact.erase.word"), label=t("contact.erase")) and (
        actions.attempt(erasing.erase, public_id=public_id, toast="contact.erased")
    ):  # fmt: skip
        st.session_state.pop(f"{KEY}.id", None)
        st.switch_page("workspace/contacts.py")
