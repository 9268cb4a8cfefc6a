"""Help of a page: three steps that show how it is done, and the way into the guide."""

from collections.abc import Sequence

import streamlit as st

from components.html import safe, show, tag
from components.i18n import figures, has, language, t

_STEPS = (1, 2, 3)


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
    link = tag("a", safe(t("frame.help.guide")), href=guide(page), target="_blank")
    show(tag("p", link))


def guide(page: str) -> str:
    """Return the address of the guide's chapter in the person's language."""
    return f"/guide/{language()}#{page}"


def offer(page: str) -> None:
    """Draw the entry at the foot of the sidebar; pages without steps have the guide alone."""
    with st.popover(t("common.help"), icon=":material/help:", type="tertiary", width="stretch"):
        show_me(page)
