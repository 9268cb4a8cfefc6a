"""A row of the audit log in words: its act, what it is about, and what changed."""

from collections.abc import Mapping, Sequence
from datetime import date

import streamlit as st

from components import tables
from components.html import note, safe, show, tag
from components.i18n import day, figures, has, language, moment, number, plain, t
from components.tables import Column
from core.audit.terms import AuditLine
from core.i18n.calendar import weekday_name
from core.i18n.terms import Language

WORDS = {
    "audience": "caps.audience",
    "counted_classes": "templates.class",
    "kind": "department",
    "klass": "templates.class",
    "on_cap": "caps.on_cap",
    "scope": "caps.scope",
    "scopes": "frame.right",
    "tls": "setup.tls",
    "calendar": "setup.calendar",
    "weekend": "audit.day_rule",
    "holiday": "audit.day_rule",
    "window_kind": "caps.window",
}
"""Where the words of the codes stand that these fields hold."""


def act(action: str) -> str:
    """Return what was done."""
    return t(f"act.{action}") if has(f"act.{action}") else action


def actor(line: AuditLine) -> str:
    """Return who did it; what nobody did by hand is the program's own."""
    return t("audit.actor.system") if line.actor_kind == "system" else line.actor_name


def about(line: AuditLine) -> str:
    """Return what it was done to; days and caps that came with the program in words."""
    name = line.object_name or ""
    return t(name) if name.startswith("cap.") and has(name) else _dated(name)


def card(line: AuditLine) -> None:
    """Draw the whole row."""
    show(tag("h3", safe(act(line.action))))
    st.caption(plain(" · ".join(one for one in (actor(line), moment(line.at), line.ip) if one)))
    if line.object_name:
        show(tag("p", safe(about(line))))
    if line.is_erased:
        note(t("audit.erased"), tone="muted")
    if line.reason:
        st.markdown(plain(line.reason))
    columns = [Column(name, t(f"audit.column.{name}")) for name in ("what", "before", "after")]
    found = _changes(line.before or {}, line.after or {})
    if found:
        tables.plain_table(columns, found)


def _changes(before: Mapping[str, object], after: Mapping[str, object]) -> Sequence[dict[str, str]]:
    return [
        {"what": _field(name), "before": _value(before.get(name), name),
         "after": _value(after.get(name), name)}
        for name in dict.fromkeys([*before, *after])
    ]  # fmt: skip


def _field(name: str) -> str:
    known = f"audit.field.{name}"
    return t(known) if has(known) else name.replace("_", " ")


def _value(value: object, field: str) -> str:
    """Return a value of a field in words; several between points, nothing as a dash."""
    match value:
        case None | "" | [] | {}:
            return "–"
        case bool():
            return t("common.yes" if value else "common.no")
        case int() | float():
            return number(value)
        case Mapping():
            return _mapping(value, field)
        case list():
            return " · ".join(_value(one, field) for one in value)
        case _:
            return _word(str(value), field)


def _mapping(value: Mapping[str, object], field: str) -> str:
    """Return a name in the reader's language, or the hours of a week."""
    if set(value) <= {one.value for one in Language}:
        return str(value.get(language().value) or next(iter(value.values())))
    if field == "hours":
        return _week(value)
    return " · ".join(f"{_field(name)}: {_value(one, field)}" for name, one in value.items())


def _week(hours: Mapping[str, object]) -> str:
    said = []
    for weekday, spans in hours.items():
        named = weekday_name(int(weekday), language())
        times = [figures("–".join(map(str, span))) for span in spans if isinstance(span, list)] if (
            isinstance(spans, list)) else []  # fmt: skip
        said.append(f"{named} {' '.join(times)}")
    return " · ".join(said)


def _word(text: str, field: str) -> str:
    known = f"{WORDS[field]}.{text}" if field in WORDS else ""
    if known and has(known):
        return t(known)
    if field == "roles":
        role, _, _ = text.partition("@")
        return t(f"frame.role.{role}") if has(f"frame.role.{role}") else text
    if field == "language" and text in {one.value for one in Language}:
        return Language(text).own_name
    return _dated(text)


def _dated(text: str) -> str:
    """Return a day or a moment as the reader writes it; any other text as it is."""
    try:
        return day(date.fromisoformat(text)) if len(text) == len("2026-11-21") else text
    except ValueError:
        return text
