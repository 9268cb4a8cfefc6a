"""The way through the set-up wizard: which step is open, the way on and the way back."""

import streamlit as st

from components import actions
from components.i18n import plain, t
from core.organisation.terms import SetupStep

KEY = "setup"
AT = f"{KEY}.at"
STEPS = tuple(SetupStep)[:-1]


def open_step(reached: SetupStep) -> SetupStep:
    """Return the step to draw: the one gone to in this visit, else the first without an answer.

    It stays open until the way on is taken: half an answer that is kept moves nobody.
    """
    at: SetupStep = st.session_state.setdefault(AT, reached if reached in STEPS else STEPS[-1])
    return at


def go_on(step: SetupStep) -> None:
    """Open the step after this one; begins the run anew."""
    st.session_state[AT] = STEPS[min(STEPS.index(step) + 1, len(STEPS) - 1)]
    actions.clear_errors()
    st.rerun()


def bar(step: SetupStep, label: str = "") -> bool:
    """Draw the way on and the way back in one line; return whether the step is to be kept."""
    place = STEPS.index(step)
    with st.container(key=f"save_bar_{KEY}", horizontal=True, vertical_alignment="center"):
        pressed = st.button(plain(label or t("setup.next")), key=f"{KEY}.{step}.save",
                            type="primary")  # fmt: skip
        if place and st.button(t("common.back"), key=f"{KEY}.back", type="tertiary"):
            st.session_state[AT] = STEPS[place - 1]
            actions.clear_errors()
            st.rerun()
    return pressed
