"""The page of a person's copy: the same rows as in the files beside it, in words."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from html import escape

from core.i18n import formats
from core.i18n.catalog import translate
from core.i18n.terms import Reader

MOST = 200
"""Rows of one kind that the page shows; the files have all of them."""
SHOWN = (
    "name", "first_name", "last_name", "raw", "deliverable", "kind", "status", "state", "title",
    "text", "subject_text", "language", "country", "city", "postal_address", "position",
    "birth_date", "gender", "lifecycle", "source", "reference", "code", "job_title", "description",
    "quantity", "currency", "answers", "properties", "attributes", "values", "action", "basis",
    "reason", "outcome", "ip", "at", "placed_at", "occurred_at", "sent_at", "due_at", "since",
    "wish", "asked_at", "created_at",
)  # fmt: skip
"""The columns the page shows, in this order; each has the code `privacy.column.<name>`."""

_STYLE = (
    "body{font:16px/1.7 Vazirmatn,system-ui,sans-serif;max-width:52rem;margin:2rem auto;"
    "padding:0 1rem}h2{margin-top:2rem;font-size:1.15rem}"
    "dl{border:1px solid #ccc;border-radius:8px;padding:.6rem 1rem;display:grid;"
    "grid-template-columns:minmax(8rem,14rem) 1fr;gap:.2rem 1rem}dt{color:#666}"
    "dd{margin:0;overflow-wrap:anywhere}"
)
_EMPTY: tuple[object, ...] = (None, "", {}, [])
Rows = Sequence[Mapping[str, object]]


def page(found: Mapping[str, Rows], *, house: str, reader: Reader, now: datetime) -> str:
    """Return the page, whole in itself: no picture, no script, nothing from elsewhere."""
    language = reader.language
    title = escape(translate(language, "privacy.copy.title", house=house))
    made = escape(translate(language, "privacy.copy.made", at=formats.moment(now, reader)))
    parts = "".join(_part(name, rows, reader) for name, rows in found.items())
    return (
        f'<!doctype html><html lang="{language.value}" dir="{language.direction}">'
        f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title}</h1><p>{made}</p>{parts}</html>"
    )


def _part(name: str, rows: Rows, reader: Reader) -> str:
    lines = [_row(row, reader) for row in rows[:MOST]]
    if not any(lines):
        return ""
    title = escape(translate(reader.language, f"privacy.table.{name}"))
    more = translate(reader.language, "privacy.copy.more", file=f"data/{name}.json")
    rest = f"<p>{escape(more)}</p>" if len(rows) > MOST else ""
    return f"<h2>{title}</h2>{''.join(lines)}{rest}"


def _row(row: Mapping[str, object], reader: Reader) -> str:
    cells = [(name, _said(row[name], reader)) for name in SHOWN if row.get(name) not in _EMPTY]
    lines = "".join(
        f"<dt>{escape(translate(reader.language, f'privacy.column.{name}'))}</dt>"
        f'<dd dir="auto">{escape(value)}</dd>'
        for name, value in cells
    )
    return f"<dl>{lines}</dl>" if lines else ""


def _said(value: object, reader: Reader) -> str:
    match value:
        case Enum():
            return str(value.value)
        case datetime():
            return str(formats.moment(value, reader))
        case date():
            return str(formats.date(value, reader))
        case dict():
            return " · ".join(f"{key}: {_said(one, reader)}" for key, one in value.items())
        case list() | tuple():
            return ", ".join(_said(one, reader) for one in value)
    return str(value)
