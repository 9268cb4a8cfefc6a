"""The list somebody looks at, as a file to take away; made only when it is asked for."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import current_thread

import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from components.direction import side
from components.i18n import t
from components.tables import Cell, Column, Row
from core.jobs.export_file import MOST_ROWS, ExportFormat, Value, written

__all__ = ["MOST_ROWS", "button", "in_this_visit", "offer"]

Make = Callable[[], bytes]
_MIME = {
    ExportFormat.CSV: "text/csv",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def offer(
    key: str, columns: Sequence[Column], load: Callable[[], Sequence[Row]], *, name: str, total: int
) -> None:
    """Draw the way to the whole list, filtered as it is, with these columns, as CSV or XLSX.

    `load` returns all rows by a verb that asks whether this person may take them out.
    """
    with st.popover(t("frame.table.download"), icon=":material/download:", type="tertiary"):
        if total > MOST_ROWS:
            st.caption(t("frame.table.too_long", limit=MOST_ROWS))
            return
        st.caption(t("frame.table.download.hint"))
        for kind in ExportFormat:
            button(
                f"{key}.download_{kind}",
                t(f"frame.table.download.{kind}"),
                partial(_file, kind, columns, load, name=name),
                file_name=f"{name}.{kind}",
                mime=_MIME[kind],
            )


def button(key: str, label: str, make: Make, *, file_name: str, mime: str = "text/csv") -> None:
    """Draw the button that makes a file and saves it. It is made on behalf of this very visit."""
    st.download_button(
        label,
        in_this_visit(make),
        file_name=file_name,
        mime=mime,
        key=key,
        icon=":material/download:",
        on_click="ignore",
    )


def in_this_visit(make: Make) -> Make:
    """Return `make` so that it knows who is here: Streamlit runs it in a thread that does not."""
    context = get_script_run_ctx()

    def made() -> bytes:
        with ThreadPoolExecutor(
            max_workers=1, initializer=lambda: add_script_run_ctx(current_thread(), context)
        ) as worker:
            return worker.submit(make).result()

    return made


def _file(
    kind: ExportFormat, columns: Sequence[Column], load: Callable[[], Sequence[Row]], *, name: str
) -> bytes:
    rows = load()
    noted = {one.key for one in columns if one.note}
    heads = [head for one in columns for head in (one.label, one.note) if head]
    lines = ([value for one in columns for value in _values(row, one, noted)] for row in rows)
    return written(kind, heads, lines, name=name, is_rtl=side() == "rtl")


def _values(row: Row, column: Column, noted: set[str]) -> list[Value]:
    """Return what stands in a cell, exactly, and its small print where that has a head."""
    found = row.cells.get(column.key, "")
    if not isinstance(found, Cell):
        return [found, ""] if column.key in noted else [found]
    exact = found.value if found.value is not None else found.hover or found.text
    return [exact, found.note] if column.key in noted else [exact]
