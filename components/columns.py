"""Which columns of a table a person sees. The first one always stands: it names the row."""

from collections.abc import Sequence

import streamlit as st

from components import preferences
from components.i18n import plain, t
from components.tables import Column


def mine(table: str, columns: Sequence[Column]) -> list[Column]:
    """Return the columns the person wants to see, in their order."""
    hidden = preferences.mine().hidden.get(table, frozenset())
    return [one for place, one in enumerate(columns) if place == 0 or one.key not in hidden]


def choose(table: str, columns: Sequence[Column]) -> None:
    """Draw the choice; it is remembered for this person and table."""
    shown = {one.key for one in mine(table, columns)}
    rest = columns[1:]
    with st.popover(t("frame.table.columns"), icon=":material/view_column:", type="tertiary"):
        st.caption(t("frame.table.columns.hint"))
        for one in rest:
            st.checkbox(
                plain(one.label),
                one.key in shown,
                key=_box(table, one.key),
                on_change=_take_over,
                args=(table, [column.key for column in rest]),
            )


def _take_over(table: str, keys: Sequence[str]) -> None:
    hidden = [key for key in keys if not st.session_state.get(_box(table, key), True)]
    preferences.hide(table, hidden)


def _box(table: str, key: str) -> str:
    return f"{table}.column.{key}"
