"""Stock: what is there, what is low, and a movement in two clicks."""

import streamlit as st

from components import actions, auth, columns, empty, page, tables, takeout, tiles
from components.html import Tone
from components.i18n import ago, moment, number, t
from components.tables import Action, Cell, Column, Row
from components.tiles import Tile
from core.access.terms import Permission
from core.operations import exports
from core.operations import service as stock
from core.operations.models import StockItem
from core.operations.rules import stock_word
from core.operations.terms import StockFilter, StockSort, StockWord
from pages.operations import _card, _item

KEY = "stock"
TONES: dict[StockWord, Tone] = {
    StockWord.OK: "good",
    StockWord.LOW: "warning",
    StockWord.OUT: "danger",
    StockWord.OVERSOLD: "danger",
}
SORTS = {"code": StockSort.CODE, "name": StockSort.NAME, "on_hand": StockSort.ON_HAND}


def _tiles() -> None:
    found = actions.ask(stock.tiles)
    counts = {"items": found.item_count, "low": found.low_count, "out": found.out_count,
              "oversold": found.oversold_count}  # fmt: skip
    tiles.show([Tile(label=t(f"stock.tile.{name}"), value=one) for name, one in counts.items()])


def _filters() -> StockFilter:
    with st.container(horizontal=True, key="stock_filters", vertical_alignment="bottom"):
        text = tables.search(f"{KEY}.q", t("stock.search"), example=t("stock.search.example"))
        word = st.pills(
            t("stock.state"),
            list(StockWord)[1:],
            format_func=lambda one: t(f"stock.state.{one}"),
            key=f"{KEY}.word",
            label_visibility="collapsed",
        )
        category = st.selectbox(
            t("stock.field.category"),
            actions.ask(stock.categories),
            index=None,
            key=f"{KEY}.category",
            placeholder=t("stock.any_category"),
            label_visibility="collapsed",
            width=220,
        )
    return StockFilter(search=text, word=word, category=category)


def _row(item: StockItem) -> Row:
    word = stock_word(item.on_hand, item.reorder_point)
    since = Cell(ago(item.low_since), hover=moment(item.low_since)) if item.low_since else ""
    return Row(
        id=str(item.id),
        cells={
            "code": item.code,
            "name": item.name,
            "category": item.category,
            "on_hand": Cell(number(item.on_hand), item.unit, value=item.on_hand),
            "reorder_point": item.reorder_point,
            "state": Cell(t(f"stock.state.{word}"), tone=TONES[word]),
            "low_since": since,
        },
        actions=(
            Action("move", t("stock.move")),
            Action("count", t("stock.count")),
            Action("edit", t("common.edit")),
        )
        if may_edit
        else (),
    )


def _columns() -> list[Column]:
    texts = [Column(name, t(f"stock.field.{name}"), sorts=name in SORTS)
             for name in ("code", "name", "category")]  # fmt: skip
    counts = [Column("on_hand", t("stock.field.on_hand"), "number", sorts=True,
                     note=t("stock.field.unit")),
              Column("reorder_point", t("stock.field.reorder_point"), "number")]  # fmt: skip
    rest = [Column("state", t("stock.state")), Column("low_since", t("stock.field.low_since"))]
    return [*texts, *counts, *rest]


def _list() -> tables.Pressed:
    where = _filters()
    order = st.session_state.setdefault(f"{KEY}.order", "code")
    found = actions.ask(stock.list_items, wanted=where, sort=SORTS[order],
                        offset=tables.offset(KEY))  # fmt: skip
    sheet = tables.sheet(KEY, found.count)
    if not sheet.total:
        _nothing(where)
        return tables.Pressed()
    if not found.lines:  # the list became shorter; `sheet` turned back to its end
        st.rerun()
    every = _columns()
    shown = columns.mine(KEY, every)
    pressed = tables.show(f"{KEY}.table", shown, [_row(item) for item in found.lines],
                          label=t("stock.title"), opens=True, order=order)  # fmt: skip
    with tables.foot(sheet):
        columns.choose(KEY, every)
        if auth.may(who, Permission.STOCK_EXPORT):
            takeout.offer(KEY, shown, lambda: _all(where, order), name=t("page.stock"),
                          total=sheet.total)  # fmt: skip
    if pressed.sorted_by and pressed.sorted_by != order:
        st.session_state[f"{KEY}.order"] = pressed.sorted_by
        st.rerun()
    return pressed


def _all(where: StockFilter, order: str) -> list[Row]:
    found = actions.perform(exports.export_items, wanted=where, sort=SORTS[order],
                            limit=takeout.MOST_ROWS, toast="")  # fmt: skip
    return [_row(item) for item in found or ()]


def _nothing(where: StockFilter) -> None:
    if where == StockFilter():
        if empty.show("stock", key=KEY, button=t("stock.add") if may_edit else ""):
            st.session_state[f"{KEY}.adding"] = True
            st.rerun()
    elif empty.nothing_found(KEY):
        for name in ("q", "word", "category"):
            st.session_state.pop(f"{KEY}.{name}", None)
        st.rerun()


who = auth.required()
may_edit = auth.may(who, Permission.STOCK_EDIT)
main = page.header(KEY)
_tiles()
with main, st.container(horizontal=True):
    adding = may_edit and st.button(t("stock.add"), type="primary", key=f"{KEY}.add",
                                    icon=":material/add:")  # fmt: skip
pressed = _list()
if adding or st.session_state.pop(f"{KEY}.adding", False):
    st.dialog(t("stock.add"))(_item.add)()
elif pressed.acted:
    title, draw = _item.DIALOGS[pressed.action]
    st.dialog(t(title))(draw)(int(pressed.acted))
elif pressed.opened:
    st.dialog(t("stock.item"), width="large")(_card.draw)(int(pressed.opened))
