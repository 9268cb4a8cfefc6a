"""Parts of my account: the codes that sign me in without my telephone."""

from collections.abc import Sequence

import streamlit as st

from components import actions, forms
from components.html import note
from components.i18n import plain, t
from core.accounts.passwords import knock_again
from core.accounts.recovery import count_codes, renew_codes

CODES = "account.codes"


def codes() -> None:
    """Draw the codes that were just made, or how many are left."""
    if CODES in st.session_state:
        _fresh(st.session_state[CODES])
        return
    left = actions.ask(count_codes)
    if left:
        st.caption(t("account.codes.left", count=left))
    else:
        note(t("account.codes.none"), tone="warning")
    with st.expander(plain(t("account.codes.renew"))):
        forms.text("account.codes_proof", t("account.password.current"), kind="password",
                   autocomplete="current-password", hint=t("account.codes.renew_hint"))  # fmt: skip
        st.button(t("account.codes.renew"), key="account.renew", on_click=_renew)


def keep(made: Sequence[str]) -> None:
    """Have the codes on the page until they are said to be kept; they are nowhere else."""
    st.session_state[CODES] = tuple(made)


def _fresh(made: Sequence[str]) -> None:
    note(t("account.codes.title"), t("account.codes.body"), tone="warning")
    written = "\n".join(made)
    st.code(written, language=None)
    with st.container(horizontal=True):
        st.download_button(
            t("account.codes.download"),
            written + "\n",
            file_name="chapar-recovery-codes.txt",
            mime="text/plain",
            key="account.codes_file",
            icon=":material/download:",
            on_click="ignore",
        )
        if st.button(t("account.codes.kept"), key="account.codes_kept"):
            del st.session_state[CODES]
            st.rerun()


def _renew() -> None:
    password = st.session_state["account.codes_proof"]
    at_field = {"current": "codes_proof"}
    attempt = actions.perform(knock_again, toast="", fields=at_field)
    made = attempt and actions.perform(
        renew_codes, attempt=attempt, password=password, toast="account.codes.renewed",
        fields=at_field,
    )  # fmt: skip
    if made:
        keep(made)
        st.session_state["account.codes_proof"] = ""
