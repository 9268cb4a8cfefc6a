"""Tables: one page of rows at a time, search first, drawn in the direction of the language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.direction import side
from components.html import Tone, safe, tag
from components.i18n import language, t
from components.i18n import number as figure
from core.http import assets

PAGE_SIZE = 50
_LOADER = """
export default async function (component) {
  const { draw } = await import(location.origin + "%s")
  draw(component)
}
"""


@dataclass(frozen=True)
class Column:
    """A column. Numbers stand at the end of their cell; `sorts` makes the head a button.

    note: what the small print of its cells is; in a file it has a column of its own.
    """

    key: str
    label: str
    kind: Literal["text", "number"] = "text"
    sorts: bool = False
    note: str = ""


@dataclass(frozen=True)
class Cell:
    """What a cell shows: text, small print under it, the exact value on hover, and a tone.

    value: what stands in a file instead of the text, a number in figures for instance.
    """

    text: str
    note: str = ""
    hover: str = ""
    tone: Tone | None = None
    value: int | str | None = None


@dataclass(frozen=True)
class Action:
    """An entry of a row's menu."""

    key: str
    label: str
    is_dangerous: bool = False


@dataclass(frozen=True)
class Row:
    """A row: its id as text, its cells by column, and what can be done with it."""

    id: str
    cells: Mapping[str, str | int | Cell]
    actions: Sequence[Action] = ()


@dataclass(frozen=True, kw_only=True)
class Pressed:
    """What somebody did with a table in this run, and which rows are picked."""

    opened: str | None = None
    acted: str | None = None
    action: str = ""
    sorted_by: str | None = None
    picked: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Which rows of a longer list are on the page."""

    key: str
    total: int
    number: int
    limit: int = PAGE_SIZE
    page_count: int = field(default=1)

    @property
    def offset(self) -> int:
        """How many rows come before."""
        return (self.number - 1) * self.limit


@cache
def component(name: str) -> Any:
    """Return the component of a script in the assets; made once in a process."""
    style = (assets.FOLDER / f"{name}.css").read_text(encoding="utf-8")
    script = _LOADER % assets.address(f"{name}.js")
    return st.components.v2.component(
        f"chapar.{name}", html='<div class="root"></div>', css=style, js=script
    )


def search(key: str, label: str, *, example: str = "") -> str:
    """Draw the search field, kept in the address of the page; return what is looked for.

    What is found is shown from its first page: the list is called by what stands before the last
    point of `key`.
    """
    typed = st.text_input(
        label,
        key=key,
        type="search",
        placeholder=example or label,
        label_visibility="collapsed",
        live="400ms",
        bind="query-params",
        icon=":material/search:",
        on_change=to_first_page,
        args=(key.rpartition(".")[0],),
    )
    return (typed or "").strip()


def to_first_page(key: str) -> None:
    """Go back to the first page of this list, because another list stands there now."""
    if f"{key}.page" in st.session_state:
        st.session_state[f"{key}.page"] = 1


def number(key: str) -> int:
    """Return the page of the list somebody stands on, from 1; the list may be shorter by now.

    Ask for the rows of that page and give how many there are to `sheet`.
    """
    return int(st.session_state.get(f"{key}.page", 1))


def offset(key: str) -> int:
    """Return how many rows come before that page."""
    return (number(key) - 1) * PAGE_SIZE


def sheet(key: str, total: int, *, limit: int = PAGE_SIZE) -> Sheet:
    """Return which rows to load.

    Where the list became shorter than the page somebody stands on, its last page is drawn instead:
    rows that were asked for already would be none.
    """
    page_count = max(1, -(-total // limit))
    wanted = number(key)
    if wanted > page_count:
        st.session_state[f"{key}.page"] = page_count
        st.rerun()
    return Sheet(key=key, total=total, number=wanted, limit=limit, page_count=page_count)


def foot(page: Sheet) -> DeltaGenerator:
    """Draw under a table how much of the list is seen, and the way to the rest.

    Returns the place beside it, for what can be done with the list as a whole.
    """
    first, last = page.offset + 1, min(page.offset + page.limit, page.total)
    with st.container(horizontal=True, vertical_alignment="center", key=f"foot_{page.key}"):
        st.caption(t("frame.table.range", first=first, last=last, total=page.total))
        if page.page_count > 1:
            st.pagination(page.page_count, key=f"{page.key}.page")
        return st.container(horizontal=True, width="content")


def show(  # noqa: PLR0913 - what a table can do
    key: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    label: str,
    opens: bool = False,
    picks: bool = False,
    order: str = "",
) -> Pressed:
    """Draw the rows; return what was pressed.

    opens: pressing a row opens it, and `?open=id` in the address does so once. picks: rows can
    be ticked. order: the column the rows are sorted by, with a leading minus for descending.
    """
    shown = component("table")(
        key=key,
        data=_data(columns, rows, label=label, order=order) | {"opens": opens, "picks": picks},
        on_open_change=_nothing,
        on_act_change=_nothing,
        on_sort_change=_nothing,
        on_picked_change=_nothing,
    )
    acted = shown.act or {}
    known = {row.id for row in rows}
    return Pressed(
        opened=shown.open or (_linked(key, known) if opens else None),
        acted=acted.get("id"),
        action=acted.get("action", ""),
        sorted_by=shown.sort,
        picked=tuple(one for one in shown.picked or () if one in known),
    )


def plain_table(columns: Sequence[Column], rows: Sequence[Mapping[str, str]]) -> None:
    """Draw a short table to read: no buttons, no pages."""
    ends = {column.key: "ch-end" if column.kind == "number" else None for column in columns}
    head = (tag("th", safe(column.label), class_=ends[column.key]) for column in columns)
    body = (
        tag("tr", *(tag("td", safe(row.get(key, "")), class_=end) for key, end in ends.items()))
        for row in rows
    )
    st.html(tag("table", tag("tr", *head), *body, class_="ch-plain ch-table"))


def _data(
    columns: Sequence[Column], rows: Sequence[Row], *, label: str, order: str
) -> dict[str, object]:
    return {
        "dir": side(),
        "lang": str(language()),
        "label": label,
        "columns": [
            {"k": c.key, "label": c.label, "kind": c.kind, "sort": _sort(c, order)} for c in columns
        ],
        "rows": [_row(row) for row in rows],
        "say": {name: t(f"frame.table.{name}") for name in ("menu", "all", "one")},
    }


def _sort(column: Column, order: str) -> str | None:
    if not column.sorts:
        return None
    return {column.key: "asc", f"-{column.key}": "desc"}.get(order, "")


def _row(row: Row) -> dict[str, object]:
    return {
        "id": row.id,
        "cells": {key: _cell(value) for key, value in row.cells.items()},
        "actions": [
            {"k": a.key, "label": a.label, "tone": "danger" if a.is_dangerous else None}
            for a in row.actions
        ],
    }


def _cell(value: str | int | Cell) -> dict[str, str | None]:
    cell = value if isinstance(value, Cell) else Cell(text=_text(value))
    return {"t": cell.text, "s": cell.note, "h": cell.hover or None, "tone": cell.tone}


def _text(value: str | int) -> str:
    return value if isinstance(value, str) else figure(value)


def _linked(key: str, known: set[str]) -> str | None:
    """Return the row the address asks for, once in a visit of the page."""
    wanted = st.query_params.get("open")
    seen = f"{key}.linked"
    if wanted not in known or st.session_state.get(seen) == wanted:
        return None
    st.session_state[seen] = wanted
    return wanted


def _nothing() -> None:
    """Streamlit returns the parts of a component's answer that have a callback."""
