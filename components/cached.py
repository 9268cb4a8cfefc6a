"""The only home of st.cache_data: counts and figures that may be some seconds old.

Never for permissions, sessions or anything somebody is about to change.
"""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

Figure = TypeVar("Figure")


@st.cache_data(ttl=20, max_entries=2_000, show_spinner=False)
def _kept(name: str, who: str, _load: Callable[[], object]) -> object:  # noqa: ARG001 - the key
    return _load()


def figure(name: str, load: Callable[[], Figure], *, who: str) -> Figure:
    """Return what `load` returned for this name and person in the last 20 seconds.

    `who` names whose eyes the figure is for, so that nobody is shown another person's count.
    """
    return _kept(name, who, load)  # type: ignore[return-value]


def forget() -> None:
    """Make every figure be counted anew, after something was changed."""
    _kept.clear()
