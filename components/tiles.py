"""Tiles: at most five figures that say how things stand, each with its change and trend."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from components.i18n import number, t

MOST = 5
Better = Literal["more", "less", "neither"]
Color = Literal["normal", "inverse", "off"]


@dataclass(frozen=True)
class Tile:
    """One figure.

    value: a count, or text already in the person's digits. unit: a short word after it. change:
    against the previous period; better: which way is good news. trend: evenly spaced values.
    """

    label: str
    value: int | str
    unit: str = ""
    change: int | None = None
    better: Better = "neither"
    trend: Sequence[float] = ()
    hint: str = ""


def show(tiles: Sequence[Tile]) -> None:
    """Draw the tiles in one row that folds on narrow screens."""
    if len(tiles) > MOST:
        raise ValueError(f"{len(tiles)} tiles; at most {MOST} are read")
    with st.grid(len(tiles), min_column_width=150, gap="small"):
        for tile in tiles:
            _draw(tile)


def _draw(tile: Tile) -> None:
    figure = tile.value if isinstance(tile.value, str) else number(tile.value)
    st.metric(
        tile.label,
        f"{figure} {tile.unit}".strip(),
        None if tile.change is None else _change(tile.change),
        delta_color=_color(tile),
        delta_arrow=_arrow(tile.change),
        chart_data=list(tile.trend) or None,
        chart_type="area",
        help=tile.hint or None,
        border=True,
        height="stretch",
    )


def _change(change: int) -> str:
    if change == 0:
        return t("frame.tile.same")
    code = "frame.tile.more" if change > 0 else "frame.tile.less"
    return t(code, count=abs(change))


def _color(tile: Tile) -> Color:
    """Return how the change is coloured: its words carry no sign, so good news is "normal"."""
    if not tile.change or tile.better == "neither":
        return "off"
    return "normal" if (tile.change > 0) == (tile.better == "more") else "inverse"


def _arrow(change: int | None) -> Literal["up", "down", "off"]:
    if not change:
        return "off"
    return "up" if change > 0 else "down"
