"""A part of the profile as lines: what, when, how it stands, and the way to the thing itself."""

from collections.abc import Mapping
from datetime import datetime

import streamlit as st

from components import actions, auth, empty
from components.html import safe, show, tag
from components.i18n import ago, has, language, moment, reader, t
from core.i18n import formats
from core.profiles import service as profiles
from core.profiles.parts import Part
from core.profiles.terms import Asked, Line

KEY = "profile"
LIMIT = 50


def draw(public_id: str, part: Part) -> None:
    """Draw one part of the profile of this person."""
    key = f"{KEY}.{part.name}"
    kind, department = _filters(part, key) if part.kinds else ("", None)
    before = st.session_state.get(f"{key}.before") if part.has_pages else None
    asked = Asked(public_id=public_id, part=part.name, before=before, kind=kind,
                  department_id=department)  # fmt: skip
    found = actions.ask(profiles.read_part, asked=asked)
    if found:
        show(tag("ul", *map(_line, found), class_="ch-rows"))
    else:
        empty.show(f"profile.{part.name}", key=key)
    if part.has_pages:
        _pages(key, found, is_first=before is None)


def _filters(part: Part, key: str) -> tuple[str, int | None]:
    known = {one.id: one.names[language().value] for one in auth.required().departments}
    with st.container(horizontal=True):
        kind = st.pills(
            t("profile.kinds"), part.kinds, key=f"{key}.kind", label_visibility="collapsed",
            format_func=lambda one: t(f"profile.kind.{one}"),
        )  # fmt: skip
        department = st.selectbox(
            t("profile.department"), list(known), index=None, key=f"{key}.department",
            format_func=lambda one: known[one], placeholder=t("profile.department"),
            label_visibility="collapsed", width=180,
        )  # fmt: skip
    return kind or "", department


def _pages(key: str, found: list[Line], *, is_first: bool) -> None:
    moments = [one.at for one in found if one.at is not None]
    with st.container(horizontal=True):
        if not is_first and st.button(t("profile.newest"), key=f"{key}.first"):
            st.session_state.pop(f"{key}.before", None)
            st.rerun()
        if len(found) >= LIMIT and st.button(t("profile.older"), key=f"{key}.older"):
            st.session_state[f"{key}.before"] = min(moments)
            st.rerun()


def _line(one: Line) -> str:
    said = one.text or _said(one.code, one.values)
    title = tag("a", safe(said), href=one.link, target="_self") if one.link else safe(said)
    small = t(one.note_code, **_values(one.note_values)) if one.note_code else ""
    return tag(
        "li",
        tag("b", title, class_=f"ch-{one.tone}" if one.tone != "muted" else None),
        tag("span", safe(small)) if small else "",
        tag("time", safe(ago(one.at)), title=moment(one.at)) if one.at else "",
    )


def _said(code: str, values: Mapping[str, object]) -> str:
    """Return the sentence; an event nobody named in words is called by its own name."""
    return t(code, **_values(values)) if has(code) else str(values.get("name", code))


def _values(values: Mapping[str, object]) -> dict[str, object]:
    return {name: _value(value) for name, value in values.items()}


def _value(value: object) -> object:
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, str):
        return t(value) if has(value) else value  # shipped caps have a code for a name
    if not isinstance(value, Mapping):
        return value
    if "minor" in value:
        return formats.money(int(value["minor"]), str(value["currency"]), reader())
    return value.get(language().value) or next(iter(value.values()), "")
