"""Fields with a label above, a hint below and the refusal where it belongs; the save bar.

A field's first value goes to the widget itself, never through the session's state: what is set
there is sent with one run only, and lost when the browser is behind by a run.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.actions import check, place_error
from components.html import safe, show, tag
from components.i18n import figures, plain, t
from core.i18n.digits import parse_count

Choice = TypeVar("Choice")
Kind = Literal["default", "password", "email", "url", "phone", "search"]
Version = Literal["mine", "theirs"]


def field_name(key: str) -> str:
    """Return the input a widget stands for: what follows the last point of its key."""
    return key.rsplit(".", 1)[-1]


def text(  # noqa: PLR0913 - a field is what it says
    key: str,
    label: str,
    *,
    value: str = "",
    hint: str = "",
    example: str = "",
    field: str = "",
    kind: Kind = "default",
    limit: int | None = None,
    icon: str | None = None,
    autocomplete: str = "",
) -> str:
    """Draw a field for one line; return what is in it. `key` ends in the name of the input."""
    with frame(key, field=field, hint=hint):
        typed = st.text_input(
            plain(label),
            value,
            key=key,
            type=kind,
            placeholder=example or None,
            max_chars=limit,
            icon=icon,
            autocomplete=autocomplete or _AUTOCOMPLETE.get(kind, "off"),
            validate="",  # the front end's own check speaks English; ours answers on saving
        )
    return typed or ""


_AUTOCOMPLETE: Mapping[Kind, str] = {"email": "email", "password": "new-password", "url": "url"}


def area(
    key: str,
    label: str,
    *,
    value: str = "",
    hint: str = "",
    example: str = "",
    height: int = 140,
) -> str:
    """Draw a field for several lines; return what is in it."""
    with frame(key, hint=hint):
        typed = st.text_area(
            plain(label), value, key=key, placeholder=example or None, height=height
        )
    return typed or ""


def count(
    key: str, label: str, *, value: int | None = None, hint: str = "", example: str = ""
) -> int | None:
    """Draw a field for a number of things; return it, or None while it is empty or wrong.

    Digits of every script are taken; they are shown in those of the person.
    """
    first = "" if value is None else figures(str(value))
    typed = text(key, label, value=first, hint=hint, example=example)
    return check(parse_count, typed, field=field_name(key)) if typed.strip() else None


def pick(
    key: str,
    label: str,
    options: Sequence[Choice],
    *,
    value: Choice | None = None,
    shown: Callable[[Choice], str] = str,
    hint: str = "",
) -> Choice | None:
    """Draw a choice of one; return it, or None where there is nothing to choose."""
    with frame(key, hint=hint):
        chosen: Choice | None = st.selectbox(
            plain(label),
            options,
            index=_place(options, value),
            key=key,
            format_func=shown,
            placeholder=t("frame.choose"),
        )
    return chosen


def _place(options: Sequence[Choice], value: Choice | None) -> int | None:
    return next((place for place, option in enumerate(options) if option == value), None)


def many(
    key: str,
    label: str,
    options: Sequence[Choice],
    *,
    value: Sequence[Choice] = (),
    shown: Callable[[Choice], str] = str,
    hint: str = "",
) -> list[Choice]:
    """Draw a choice of several; return those chosen, in the order of the options."""
    with frame(key, hint=hint):
        chosen = st.multiselect(
            plain(label),
            options,
            [one for one in value if one in options],
            key=key,
            format_func=shown,
            placeholder=t("frame.choose_many"),
        )
    return [option for option in options if option in chosen]


def switch(key: str, label: str, *, value: bool = False, hint: str = "") -> bool:
    """Draw a switch; return whether it is on."""
    with frame(key, hint=hint):
        return st.toggle(plain(label), value, key=key)


def frame(key: str, *, field: str = "", hint: str = "") -> DeltaGenerator:
    """Return the place of a field. What is wrong with it, and its hint, follow the field in it."""
    box = st.container(key=f"field_{key.replace('.', '_')}")
    inner = box.container()
    with box:
        place_error(field or field_name(key), key=key)
        if hint:
            show(tag("p", safe(hint), class_="ch-field-hint"))
    return inner


def sentence(key: str) -> DeltaGenerator:
    """Return a place in which words and fields stand in one line, as a sentence."""
    return st.container(key=f"sentence_{key}", horizontal=True, vertical_alignment="center")


def save_bar(key: str, *, label: str = "", hint: str = "", ready: bool = True) -> bool:
    """Draw the bar with the main button; return whether it was pressed and may do its work.

    `label` is a verb with what will happen («ارسال ۱۲۸ ایمیل»); "" says "Save". While something
    lacks (`ready` is false) a press says so: a button that is grey until its reader leaves the
    last field would swallow the press.
    """
    with st.container(
        key=f"save_bar_{key.replace('.', '_')}", horizontal=True, vertical_alignment="center"
    ):
        pressed = st.button(plain(label or t("common.save")), key=f"{key}.save", type="primary")
        if hint:
            st.caption(plain(hint))
    if pressed and not ready:
        show(tag("p", safe(t("frame.not_filled")), class_="ch-field-error"))
    return pressed and ready


def confirmed(key: str, *, warning: str, word: str, label: str) -> bool:
    """Ask for a typed word before what cannot be undone; return whether it was done.

    `warning` says what will be gone and how many people it touches.
    """
    show(tag("p", safe(warning), class_="ch-field-error"))
    typed = text(f"{key}.word", t("frame.type_word", word=word), example=word)
    is_right = typed.strip().casefold() == word.casefold()
    return st.button(plain(label), key=f"{key}.confirm", type="primary", disabled=not is_right)


def choose_version(
    key: str, *, mine: Mapping[str, str], theirs: Mapping[str, str]
) -> Version | None:
    """Show how what I typed differs from what somebody else saved meanwhile; return whose to keep.

    Both map a label to the value in words. Draw it while `actions.is_stale()`.
    """
    head = "".join(tag("th", safe(t(f"frame.stale.{name}"))) for name in ("what", "mine", "theirs"))
    rows = "".join(
        tag("tr", *(tag("td", safe(cell)) for cell in (label, text_, theirs.get(label, ""))))
        for label, text_ in mine.items()
        if text_ != theirs.get(label, "")
    )
    show(
        tag("div", tag("b", safe(t("frame.stale.title"))), tag("span", safe(t("frame.stale.body"))),
            class_="ch-note ch-warning", role="alert")
        + tag("table", tag("tr", head), rows, class_="ch-plain")
    )  # fmt: skip
    with st.container(horizontal=True):
        if st.button(t("frame.stale.take_theirs"), key=f"{key}.theirs"):
            return "theirs"
        if st.button(t("frame.stale.take_mine"), key=f"{key}.mine"):
            return "mine"
    return None
