"""How every page begins: what it is, what it is for, and its one main button."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import guidance
from components.html import safe, show, tag
from components.i18n import t


def header(code: str, **params: object) -> DeltaGenerator:
    """Draw title and purpose (`code.title`, `code.purpose`); return the place of the main button.

    The place lies at the reading end. Put one primary button into it, or nothing. On the first
    visit the explanation of the page follows.
    """
    with st.container(horizontal=True, key="page_header", horizontal_alignment="distribute"):
        with st.container(width=560):
            title = tag("h1", safe(t(f"{code}.title", **params)), class_="ch-title")
            purpose = tag("p", safe(t(f"{code}.purpose", **params)), class_="ch-purpose")
            show(title + purpose)
        place = st.container(width="content")
    guidance.first_visit(code)
    return place


def section(code: str, **params: object) -> None:
    """Draw the heading of a part of a page."""
    show(tag("h2", safe(t(code, **params)), class_="ch-heading"))


def column() -> DeltaGenerator:
    """Return a column as wide as text is read well; forms and explanations go into it."""
    return st.container(width=680)
