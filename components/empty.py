"""The empty state: what this place is for, and the one button to begin."""

import streamlit as st

from components.html import safe, tag
from components.i18n import plain, t


def show(code: str, *, key: str, button: str = "", page: str = "") -> bool:
    """Draw the empty state of a place; return whether its button was pressed.

    Reads `code.empty.title` and `code.empty.body`; the button's label is `button`, a text. With
    `page`, a script of the navigation, the button leads there instead.
    """
    with st.container(key=f"empty_{key}", horizontal_alignment="center"):
        picture = tag("i", aria_hidden="true")
        title = tag("h3", safe(t(f"{code}.empty.title")))
        body = tag("p", safe(t(f"{code}.empty.body")))
        st.html(tag("div", picture, title, body, class_="ch-empty"))
        if not button:
            return False
        pressed = st.button(plain(button), type="primary", key=f"{key}.begin")
    if pressed and page:
        st.switch_page(page)
    return pressed


def nothing_found(key: str) -> bool:
    """Say that the filters hide everything; return whether they shall be cleared."""
    with st.container(key=f"empty_{key}_filter", horizontal_alignment="center"):
        title = tag("h3", safe(t("frame.nothing.title")))
        st.html(tag("div", title, tag("p", safe(t("frame.nothing.body"))), class_="ch-empty"))
        return st.button(t("frame.nothing.clear"), key=f"{key}.clear_filters")
