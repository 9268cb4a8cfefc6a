"""Charts that answer the question in their title: few marks, figures on them, a table behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from components import tables
from components.direction import side
from components.html import safe, show, tag
from components.i18n import number, t
from components.tables import Column

_HEIGHT = 280
_LABELS_MOST = 12


@dataclass(frozen=True, kw_only=True)
class Point:
    """A value with its name in the person's words; shown: the value in words, if not the count."""

    name: str
    value: float
    shown: str = ""

    @property
    def text(self) -> str:
        """The value as it is written."""
        return self.shown or number(self.value)


def bars(key: str, question: str, points: Sequence[Point], *, measure: str) -> None:
    """Draw bars from zero, each with its figure. `measure` names what is counted."""
    series = {"type": "bar", "barMaxWidth": 36, "itemStyle": {"borderRadius": [4, 4, 0, 0]}}
    _draw(key, question, points, measure=measure, series=series)


def line(key: str, question: str, points: Sequence[Point], *, measure: str) -> None:
    """Draw a line over time from zero, with figures at its ends and its top."""
    series = {"type": "line", "showSymbol": True, "symbolSize": 6, "areaStyle": {"opacity": 0.12}}
    _draw(key, question, points, measure=measure, series=series)


def _draw(
    key: str, question: str, points: Sequence[Point], *, measure: str, series: dict[str, Any]
) -> None:
    show(tag("h3", safe(question), class_="ch-heading"))
    if not any(point.value for point in points):
        st.caption(t("frame.chart.nothing"))
        return
    series = series | {"data": [_mark(points, place) for place in range(len(points))]}
    st.echarts_chart(_option(points, series), key=key, height=_HEIGHT, alt=_said(question, points))
    with st.expander(t("frame.chart.table")):
        columns = [
            Column(key="name", label=t("frame.chart.name")),
            Column(key="value", label=measure, kind="number"),
        ]
        tables.plain_table(columns, [{"name": p.name, "value": p.text} for p in points])


def _option(points: Sequence[Point], series: dict[str, Any]) -> dict[str, Any]:
    return {
        "animation": False,
        "grid": {"left": 8, "right": 8, "top": 28, "bottom": 4, "containLabel": True},
        "xAxis": {
            "type": "category",
            "data": [point.name for point in points],
            "inverse": side() == "rtl",
            "axisTick": {"show": False},
            "axisLabel": {"hideOverlap": True},
        },
        "yAxis": {"type": "value", "min": 0, "show": False},
        "series": [series],
    }


def _mark(points: Sequence[Point], place: int) -> dict[str, Any]:
    point, top = points[place], max(points, key=lambda one: one.value)
    is_told = len(points) <= _LABELS_MOST or place in {0, len(points) - 1} or point is top
    label = {"show": is_told, "formatter": point.text, "position": "top"}
    return {"value": point.value, "label": label}


def _said(question: str, points: Sequence[Point]) -> str:
    top = max(points, key=lambda point: point.value)
    return t("frame.chart.said", question=question, name=top.name, value=top.text)
