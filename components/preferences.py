"""How the person likes the interface: asked of the store once a visit, changed at once."""

from collections.abc import Collection
from dataclasses import replace

import streamlit as st

from components import actions, auth
from core.accounts import preferences as kept
from core.accounts.terms import Preferences

_MINE = "frame.preferences"


def mine() -> Preferences:
    """Return how the person likes it; as it comes while nobody has an account (set-up)."""
    known: Preferences | None = st.session_state.get(_MINE)
    if known is None:
        who = auth.current()
        if who is None or who.user is None:
            return Preferences()
        known = st.session_state[_MINE] = actions.ask(kept.own_preferences)
    return known


def note_seen(page: str) -> None:
    """Remember that the person was shown what this page is for."""
    known = mine()
    if _MINE in st.session_state and actions.attempt(kept.note_seen, page=page, toast=""):
        st.session_state[_MINE] = replace(known, seen=known.seen | {page})


def hide(table: str, columns: Collection[str]) -> None:
    """Leave exactly these columns out of the table from now on."""
    known = mine()
    if actions.attempt(kept.hide_columns, table=table, columns=tuple(columns), toast=""):
        hidden = {**known.hidden, table: frozenset(columns)}
        st.session_state[_MINE] = replace(known, hidden=hidden)
