"""Dialogs of one stock item: add, move, count, edit, and its card."""

from collections.abc import Callable
from datetime import timedelta

import streamlit as st

from components import actions, auth, forms
from components.html import safe, show, tag
from components.i18n import t
from core.access.terms import DepartmentKind
from core.operations import service as stock
from core.operations.models import StockItem
from core.operations.terms import ItemChange, Move, MovementKind, NewItem

KINDS = (MovementKind.ISSUE, MovementKind.RECEIPT, MovementKind.SALE, MovementKind.RETURN)
DAYS_SHOWN = timedelta(days=30)
LAST_MOVES = 10


def field(name: str) -> str:
    """Return what a field of an item is called."""
    return t(f"stock.field.{name}")


def add() -> None:
    """Draw the form of a new item."""
    code = forms.text("item.new.code", field("code"), example="A-1004")
    name = forms.text("item.new.name", field("name"))
    category = forms.text("item.new.category", field("category"))
    unit = forms.text("item.new.unit", field("unit"), example=t("stock.unit.example"))
    on_hand = forms.count("item.new.on_hand", field("on_hand"), value=0)
    point = forms.count("item.new.reorder_point", field("reorder_point"), value=10,
                        hint=t("stock.reorder_point.hint"))  # fmt: skip
    ready = on_hand is not None and point is not None
    if forms.save_bar("item.new", label=t("stock.add.save"), ready=ready):
        new = NewItem(code, name, category, unit, on_hand or 0, point or 0, _department())
        if actions.perform(stock.add_item, new=new, toast="stock.added") is not None:
            _close("item.new")


def _department() -> int | None:
    who = auth.required()
    mine = [grant for grant in who.actor.grants if grant.kind is DepartmentKind.OPERATIONS]
    return mine[0].department_id if mine else None


def move(item_id: int) -> None:
    """Draw the form of a movement: so many pieces in or out."""
    item = head(item_id)
    kind = forms.pick("item.move.kind", field("kind"), KINDS, value=MovementKind.ISSUE,
                      shown=lambda one: t(f"stock.kind.{one}"))  # fmt: skip
    quantity = forms.count("item.move.quantity", field("quantity"))
    note = forms.text("item.move.note", field("note"))
    st.caption(_forecast(item, kind, quantity))
    if forms.save_bar("item.move", label=t("stock.move.save"), ready=quantity is not None):
        made = Move(kind or MovementKind.ISSUE, quantity or 0, note=note)
        if actions.perform(stock.move_stock, item_id=item_id, move=made, toast="stock.moved"):
            _close("item.move")


def _forecast(item: StockItem, kind: MovementKind | None, quantity: int | None) -> str:
    """Return how many will be left, or how many there are: the line is there from the start."""
    if quantity is None or kind is None:
        return t("stock.is_now", count=item.on_hand)
    sign = -1 if kind in {MovementKind.ISSUE, MovementKind.SALE} else 1
    left = item.on_hand + sign * quantity
    told = t("stock.will_be", count=left)
    if left <= item.reorder_point < item.on_hand:
        told += f" {t('stock.will_be_low', point=item.reorder_point)}"
    return told


def count(item_id: int) -> None:
    """Draw the form of a count by hand."""
    item = head(item_id)
    counted = forms.count("item.count.counted", field("counted"), value=max(item.on_hand, 0))
    note = forms.text("item.count.note", field("note"))
    if forms.save_bar("item.count", label=t("stock.count.save"), ready=counted is not None):
        saved = actions.perform(stock.adjust_stock, item_id=item_id, counted=counted, note=note,
                                toast="stock.counted")  # fmt: skip
        if saved is not None:
            _close("item.count")


def edit(item_id: int) -> None:
    """Draw the form of what an item is called and when it is low."""
    item = head(item_id)
    change = ItemChange(
        name=forms.text("item.edit.name", field("name"), value=item.name),
        category=forms.text("item.edit.category", field("category"), value=item.category),
        unit=forms.text("item.edit.unit", field("unit"), value=item.unit),
    )
    point = forms.count("item.edit.reorder_point", field("reorder_point"),
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


def head(item_id: int) -> StockItem:
    """Draw which item it is and how it stands; return it."""
    item = actions.ask(stock.item, item_id=item_id)
    level = t("stock.now", count=item.on_hand, unit=item.unit, level=item.reorder_point)
    name = tag("h3", safe(item.name), class_="ch-heading")
    show(name + tag("p", tag("bdi", safe(item.code)), safe(f" · {level}"), class_="ch-purpose"))
    return item


def _close(prefix: str) -> None:
    """Forget what was typed and draw the page anew, which closes the dialog."""
    for key in [key for key in st.session_state if str(key).startswith(f"{prefix}.")]:
        del st.session_state[key]
    st.rerun()
