"""Dialogs of one stock item: add, move, count, edit, and its card."""

from collections.abc import Callable
from datetime import timedelta

import streamlit as st

from components import actions, auth, charts, forms, page, tables
from components.charts import Point
from components.html import safe, show, tag
from components.i18n import ago, day, moment, number, reader, t
from components.tables import Cell, Column, Row
from core import clock
from core.access.terms import DepartmentKind
from core.i18n import formats
from core.operations import service as stock
from core.operations.models import StockItem
from core.operations.terms import ItemChange, Move, MovementKind, NewItem

KINDS = (MovementKind.ISSUE, MovementKind.RECEIPT, MovementKind.SALE, MovementKind.RETURN)
DAYS_SHOWN = timedelta(days=30)
LAST_MOVES = 10


def _field(name: str) -> str:
    return t(f"stock.field.{name}")


def add() -> None:
    """Draw the form of a new item."""
    code = forms.text("item.new.code", _field("code"), example="A-1004")
    name = forms.text("item.new.name", _field("name"))
    category = forms.text("item.new.category", _field("category"))
    unit = forms.text("item.new.unit", _field("unit"), example=t("stock.unit.example"))
    on_hand = forms.count("item.new.on_hand", _field("on_hand"), value=0)
    point = forms.count("item.new.reorder_point", _field("reorder_point"), value=10,
                        hint=t("stock.reorder_point.hint"))  # fmt: skip
    ready = on_hand is not None and point is not None
    if forms.save_bar("item.new", label=t("stock.add"), ready=ready):
        new = NewItem(code, name, category, unit, on_hand or 0, point or 0, _department())
        if actions.perform(stock.add_item, new=new, toast="stock.added") is not None:
            _close("item.new")


def _department() -> int | None:
    who = auth.required()
    mine = [grant for grant in who.actor.grants if grant.kind is DepartmentKind.OPERATIONS]
    return mine[0].department_id if mine else None


def move(item_id: int) -> None:
    """Draw the form of a movement: so many pieces in or out."""
    item = _head(item_id)
    kind = forms.pick("item.move.kind", _field("kind"), KINDS, value=MovementKind.ISSUE,
                      shown=lambda one: t(f"stock.kind.{one}"))  # fmt: skip
    quantity = forms.count("item.move.quantity", _field("quantity"))
    note = forms.text("item.move.note", _field("note"))
    if quantity is not None and kind is not None:
        sign = -1 if kind in {MovementKind.ISSUE, MovementKind.SALE} else 1
        st.caption(t("stock.will_be", count=item.on_hand + sign * quantity))
    if forms.save_bar("item.move", label=t("stock.move.save"), ready=quantity is not None):
        made = Move(kind or MovementKind.ISSUE, quantity or 0, note=note)
        if actions.perform(stock.move_stock, item_id=item_id, move=made, toast="stock.moved"):
            _close("item.move")


def count(item_id: int) -> None:
    """Draw the form of a count by hand."""
    item = _head(item_id)
    counted = forms.count("item.count.counted", _field("counted"), value=max(item.on_hand, 0))
    note = forms.text("item.count.note", _field("note"))
    if forms.save_bar("item.count", label=t("stock.count.save"), ready=counted is not None):
        saved = actions.perform(stock.adjust_stock, item_id=item_id, counted=counted, note=note,
                                toast="stock.counted")  # fmt: skip
        if saved is not None:
            _close("item.count")


def edit(item_id: int) -> None:
    """Draw the form of what an item is called and when it is low."""
    item = _head(item_id)
    change = ItemChange(
        name=forms.text("item.edit.name", _field("name"), value=item.name),
        category=forms.text("item.edit.category", _field("category"), value=item.category),
        unit=forms.text("item.edit.unit", _field("unit"), value=item.unit),
    )
    point = forms.count("item.edit.reorder_point", _field("reorder_point"),
                        value=item.reorder_point, hint=t("stock.reorder_point.hint"))  # fmt: skip
    if point is not None:
        change["reorder_point"] = point
    seen = st.session_state.setdefault("item.edit.version", item.version)
    if forms.save_bar("item.edit", ready=point is not None):
        saved = actions.perform(stock.change_item, item_id=item_id, version=seen, change=change)
        if saved is not None:
            _close("item.edit")


DIALOGS: dict[str, tuple[str, Callable[[int], None]]] = {
    "move": ("stock.move", move),
    "count": ("stock.count", count),
    "edit": ("stock.edit", edit),
}


def card(item_id: int) -> None:
    """Draw an item: its level over a month and its last movements."""
    item = _head(item_id)
    now = clock.now()
    today = formats.local(now, reader()).date()
    levels = actions.ask(stock.daily_levels, item_id=item_id, since=today - DAYS_SHOWN,
                         until=today, zone=reader().time_zone)  # fmt: skip
    points = [Point(name=day(one.day), value=one.on_hand) for one in levels]
    charts.line("item.levels", t("stock.levels"), points, measure=item.unit or _field("on_hand"))
    page.section("stock.movements")
    found = actions.ask(stock.movements, item_id=item_id, limit=LAST_MOVES)
    columns = [
        Column(key="kind", label=_field("kind")),
        Column(key="quantity", label=_field("quantity"), kind="number"),
        Column(key="after", label=_field("on_hand_after"), kind="number"),
        Column(key="at", label=t("stock.at")),
    ]
    rows = [
        Row(
            id=str(movement.id),
            cells={
                "kind": Cell(text=t(f"stock.kind.{movement.kind}"), note=movement.note),
                "quantity": number(movement.quantity),
                "after": number(movement.on_hand_after),
                "at": Cell(text=ago(movement.at), hover=moment(movement.at)),
            },
        )
        for movement, _ in found.lines
    ]
    tables.show("item.movements", columns, rows, label=t("stock.movements"))


def _head(item_id: int) -> StockItem:
    item = actions.ask(stock.item, item_id=item_id)
    show(tag("h3", safe(item.name)))
    level = t("stock.now", count=item.on_hand, unit=item.unit, level=item.reorder_point)
    st.caption(f"`{item.code}` {level}")
    return item


def _close(prefix: str) -> None:
    """Forget what was typed and draw the page anew, which closes the dialog."""
    for key in [key for key in st.session_state if str(key).startswith(f"{prefix}.")]:
        del st.session_state[key]
    st.rerun()
