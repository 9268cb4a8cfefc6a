"""The card of one stock item: its level over a month and its last movements."""

from datetime import date, timedelta
from itertools import dropwhile

from components import actions, auth, charts, page, tables, takeout
from components.charts import Point
from components.i18n import ago, moment, reader, t
from components.tables import Cell, Column, Row
from core import clock
from core.access.terms import Permission
from core.i18n import formats
from core.i18n.calendar import parts
from core.i18n.terms import Word
from core.operations import exports
from core.operations import service as stock
from core.operations.models import StockMovement
from pages.operations._item import field, head

DAYS_SHOWN = timedelta(days=30)
LAST_MOVES = 10


def draw(item_id: int) -> None:
    """Draw an item: its level over a month and its last movements."""
    item = head(item_id)
    now = clock.now()
    today = formats.local(now, reader()).date()
    levels = actions.ask(stock.daily_levels, item_id=item_id, since=today - DAYS_SHOWN,
                         until=today, zone=reader().time_zone)  # fmt: skip
    born = formats.local(item.created_at, reader()).date()
    known = dropwhile(lambda one: one.day < born and not one.on_hand, levels)
    points = [Point(name=_short(one.day), value=one.on_hand) for one in known]
    charts.line("item.levels", t("stock.levels"), points, measure=item.unit or field("on_hand"))
    page.section("stock.movements")
    found = actions.ask(stock.movements, item_id=item_id, limit=LAST_MOVES)
    columns = [
        Column(key="kind", label=field("kind"), note=field("note")),
        Column(key="quantity", label=field("quantity"), kind="number"),
        Column(key="after", label=field("on_hand_after"), kind="number"),
        Column(key="at", label=t("stock.at")),
    ]
    rows = [_row(movement) for movement, _ in found.lines]
    tables.show("item.movements", columns, rows, label=t("stock.movements"))
    if found.lines and auth.may(auth.required(), Permission.STOCK_EXPORT):
        takeout.offer("item.movements", columns, lambda: _all(item_id), total=found.count,
                      name=f"{t('stock.movements')} {item.code}")  # fmt: skip


def _all(item_id: int) -> list[Row]:
    found = actions.perform(exports.export_movements, item_id=item_id, limit=takeout.MOST_ROWS,
                            toast="")  # fmt: skip
    return [_row(movement) for movement, _ in found or ()]


def _row(movement: StockMovement) -> Row:
    return Row(
        id=str(movement.id),
        cells={
            "kind": Cell(text=t(f"stock.kind.{movement.kind}"), note=movement.note),
            "quantity": movement.quantity,
            "after": movement.on_hand_after,
            "at": Cell(text=ago(movement.at), hover=moment(movement.at)),
        },
    )


def _short(value: date) -> str:
    """Return day and month; the year would only crowd the axis."""
    there = parts(value, reader().calendar)
    month = Word(f"format.month.{reader().calendar}.{there.month}")
    return t("frame.day_month", day=there.day, month=month)
