"""Events: what is known of what people do, and the sites that tell it."""

import streamlit as st

from components import actions, auth, empty, page, tables
from components.i18n import ago, moment, t
from components.tables import Cell, Column, Row
from core.access.terms import Permission
from core.events import dictionary
from core.events.terms import NameLine
from pages.workspace import _event, _site

KEY = "events"
OPEN = f"{KEY}.opened"
PARTS = ("names", "sites")


def _go(name: str | None) -> None:
    """Open the card of this name, or the list again."""
    st.session_state[OPEN] = name
    st.rerun()


def _list() -> None:
    text = tables.search(f"{KEY}.q", t("events.search"))
    found = actions.ask(dictionary.list_names, text=text)
    if not found:
        if text and empty.nothing_found(KEY):
            st.session_state.pop(f"{KEY}.q", None)
            st.rerun()
        if not text:
            empty.show(KEY, key=KEY)
        return
    sheet = tables.sheet(KEY, len(found))
    columns = [
        Column("name", t("events.column.name")),
        Column("count", t("events.column.count"), kind="number"),
        Column("seen", t("events.column.seen")),
    ]
    rows = [_row(one) for one in found[sheet.offset : sheet.offset + sheet.limit]]
    pressed = tables.show(f"{KEY}.table", columns, rows, label=t("events.title"), opens=True)
    tables.foot(sheet)
    if pressed.opened:
        _go(pressed.opened)


def _row(line: NameLine) -> Row:
    label = _event.label(line)
    return Row(line.name, {
        "name": Cell(label, note=line.name if label != line.name else ""),
        "count": line.count,
        "seen": Cell(ago(line.last_seen_at), hover=moment(line.last_seen_at)),
    })  # fmt: skip


who = auth.required()
may_edit = auth.may(who, Permission.CONTACT_CONFIGURE)
opened = st.session_state.get(OPEN)
main = page.header(KEY)
if opened is not None:
    with main:
        if st.button(t("common.back"), key=f"{KEY}.back"):
            _go(None)
    _event.card(actions.ask(dictionary.read_name, name=opened), may_edit=may_edit)
else:
    part = st.segmented_control(t("events.part"), PARTS, key=f"{KEY}.part", default="names",
                                format_func=lambda one: t(f"events.part.{one}"),
                                label_visibility="collapsed")  # fmt: skip
    if part == "sites":
        _site.draw(main, may_edit=may_edit)
    else:
        _list()
