"""Pieces of HTML that cannot be broken by what people typed."""

from html import escape
from typing import Literal

import streamlit as st

Tone = Literal["good", "notice", "warning", "danger", "muted"]


def safe(text: str) -> str:
    """Return the text with the signs of HTML made harmless, for content and attributes alike."""
    return escape(text, quote=True)


def tag(name: str, *inside: str, **attributes: str | None) -> str:
    """Return an element. `inside` is HTML already; attribute values are escaped here.

    `class_` and `data_step` become `class` and `data-step`; an attribute that is None is left out.
    """
    pairs = (
        f' {key.rstrip("_").replace("_", "-")}="{safe(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{''.join(pairs)}>{''.join(inside)}</{name}>"


def badge(text: str, tone: Tone = "muted") -> str:
    """Return a small label. The words carry the meaning, the colour only repeats it."""
    return tag("span", safe(text), class_=f"ch-badge ch-{tone}")


def show(markup: str) -> None:
    """Draw markup made of the functions above."""
    st.html(markup)


def note(title: str, body: str = "", *, tone: Tone = "notice", more: str = "") -> None:
    """Draw a boxed message: what happened, what to do, and small print such as a reference."""
    parts = [tag("b", safe(title))]
    parts += [tag("span", safe(body))] if body else []
    parts += [tag("small", safe(more))] if more else []
    role = "alert" if tone in {"danger", "warning"} else "status"
    show(tag("div", *parts, class_=f"ch-note ch-{tone}", role=role))
