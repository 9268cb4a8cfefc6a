"""Help of a page: three steps that show how it is done, and the way into the guide."""

from collections.abc import Sequence

import streamlit as st

from components import preferences
from components.html import safe, show, tag
from components.i18n import figures, has, language, t

_STEPS = (1, 2, 3)
_OPEN = "frame.help.open"


def steps(page: str) -> list[str]:
    """Return the steps of a page, `help.<page>.1` to `.3`, as far as they are written."""
    codes = (f"help.{page}.{place}" for place in _STEPS)
    return [t(code) for code in codes if has(code)]


def numbered(texts: Sequence[str]) -> None:
    """Draw steps to take, one after the other."""
    items = (
        tag("li", tag("span", safe(text)), data_step=figures(str(place)))
        for place, text in enumerate(texts, start=1)
    )
    show(tag("ol", *items, class_="ch-steps"))


def show_me(page: str) -> None:
    """Draw the three steps and the link into the guide."""
    numbered(steps(page))
    show(tag("p", _link(page)))


def _link(page: str) -> str:
    return tag("a", safe(t("frame.help.guide")), href=guide(page), target="_blank")


def guide(page: str) -> str:
    """Return the address of the guide's chapter in the person's language."""
    return f"/guide/{language()}#{page}"


def offer(page: str) -> None:
    """Draw the entry at the foot of the sidebar; pages without steps have the guide alone."""
    with st.popover(t("common.help"), icon=":material/help:", type="tertiary", width="stretch"):
        show_me(page)
        if steps(page):
            st.button(t("frame.help.again"), key="frame.help.again", on_click=_open, args=(page,))


def first_visit(page: str) -> None:
    """Draw the three steps on the page itself the first time somebody comes to it, and on demand.

    That they were shown is remembered at once: whoever goes on without a word is not asked again.
    """
    if not steps(page):
        return
    if page not in preferences.mine().seen:
        preferences.note_seen(page)
        _open(page)
    if st.session_state.get(_OPEN) != page:
        _close()  # of another page, which was left
        return
    with st.container(border=True, key="show_me", gap="small"):
        title = safe(t("frame.help.first", page=t(f"page.{page}")))
        show(tag("h2", title, class_="ch-heading"))
        numbered(steps(page))
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.button(t("frame.help.understood"), key="frame.help.understood", on_click=_close)
            show(_link(page))


def _open(page: str) -> None:
    st.session_state[_OPEN] = page


def _close() -> None:
    st.session_state.pop(_OPEN, None)
