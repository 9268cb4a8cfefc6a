"""Alerts: what is low now, who has it in hand, and how quickly it was answered."""

from datetime import timedelta

import streamlit as st

from components import actions, auth, columns, empty, page, tables, takeout, tiles
from components.html import Tone
from components.i18n import ago, duration, moment, number, t
from components.tables import Action, Cell, Column, Row
from components.tiles import Tile
from core import clock
from core.access.terms import Permission
from core.alerts import exports, history
from core.alerts.terms import EpisodeFilter, EpisodeLine, EpisodeState, Severity

KEY = "episodes"
MONTH = timedelta(days=30)
NOTHING = "–"
"""What a tile shows where nothing was measured yet."""
TONES: dict[Severity, Tone] = {
    Severity.NOTICE: "notice",
    Severity.WARNING: "warning",
    Severity.CRITICAL: "danger",
}


def _tiles() -> None:
    found = actions.ask(history.tiles, since=clock.now() - MONTH)
    reaction, resolved = found.times.to_acknowledge, found.times.to_resolve
    tiles.show(
        [
            Tile(label=t("alert.tile.open"), value=found.open_count),
            Tile(label=t("alert.tile.unacknowledged"), value=found.unacknowledged_count),
            Tile(
                label=t("episodes.tile.reaction"),
                value=duration(reaction) if reaction else NOTHING,
                hint=t("episodes.tile.reaction.hint"),
            ),
            Tile(
                label=t("episodes.tile.resolved"),
                value=duration(resolved) if resolved else NOTHING,
                hint=t("episodes.tile.resolved.hint"),
            ),
        ]
    )


def _filters() -> EpisodeFilter:
    with st.container(horizontal=True, key="episodes_filters", vertical_alignment="bottom"):
        text = tables.search(f"{KEY}.q", t("stock.search"), example=t("stock.search.example"))
        state = st.pills(
            t("episodes.state"),
            list(EpisodeState),
            format_func=lambda one: t(f"alert.state.{one}"),
            key=f"{KEY}.state",
            label_visibility="collapsed",
        )
    return EpisodeFilter(text=text, state=state)


def _state(line: EpisodeLine) -> Cell:
    if line.closed_at is not None:
        lasted = duration(line.closed_at - line.opened_at)
        return Cell(text=t("alert.state.closed"), note=lasted, tone="good")
    if line.acknowledged_at is not None:
        return Cell(text=t("alert.state.acknowledged"), note=line.acknowledged_by, tone="notice")
    return Cell(text=t("alert.state.unacknowledged"), tone=TONES[line.severity])


def _row(line: EpisodeLine) -> Row:
    waits = line.closed_at is None and line.acknowledged_at is None
    act = (Action("take", t("alert.acknowledge")),) if waits and may_take else ()
    return Row(
        id=str(line.episode_id),
        cells={
            "item": Cell(text=line.name, note=line.code),
            "on_hand": Cell(text=number(line.on_hand), note=line.unit, value=line.on_hand),
            "level": line.level,
            "since": Cell(text=ago(line.opened_at), hover=moment(line.opened_at)),
            "state": _state(line),
            "rule": line.rule_name,
        },
        actions=act,
    )


def _list() -> tables.Pressed:
    where = _filters()
    found = actions.ask(history.list_episodes, wanted=where, offset=tables.offset(KEY))
    sheet = tables.sheet(KEY, found.count)
    if not sheet.total:
        if where == EpisodeFilter():
            empty.show("episodes", key=KEY)
        elif empty.nothing_found(KEY):
            for name in ("q", "state"):
                st.session_state.pop(f"{KEY}.{name}", None)
            st.rerun()
        return tables.Pressed()
    if not found.lines:  # the list became shorter; `sheet` turned back to its end
        st.rerun()
    every = _columns()
    shown = columns.mine(KEY, every)
    pressed = tables.show(f"{KEY}.table", shown, [_row(line) for line in found.lines],
                          label=t("episodes.title"), picks=may_take)  # fmt: skip
    with tables.foot(sheet):
        columns.choose(KEY, every)
        if auth.may(who, Permission.ALERT_EXPORT):
            takeout.offer(KEY, shown, lambda: _all(where), name=t("page.episodes"),
                          total=sheet.total)  # fmt: skip
    return pressed


def _columns() -> list[Column]:
    ends = {"on_hand", "level"}
    notes = {"item": t("stock.field.code"), "on_hand": t("stock.field.unit"),
             "state": t("episodes.column.state.note")}  # fmt: skip
    return [
        Column(key=name, label=t(f"episodes.column.{name}"), note=notes.get(name, ""),
               kind="number" if name in ends else "text")
        for name in ("item", "on_hand", "level", "since", "state", "rule")
    ]  # fmt: skip


def _all(where: EpisodeFilter) -> list[Row]:
    found = actions.perform(exports.export_episodes, wanted=where, limit=takeout.MOST_ROWS,
                            toast="")  # fmt: skip
    return [_row(line) for line in found or ()]


who = auth.required()
may_take = auth.may(who, Permission.ALERT_ACKNOWLEDGE)
main = page.header(KEY)
_tiles()
pressed = _list()
chosen = [int(one) for one in pressed.picked]
if pressed.acted:
    chosen = [int(pressed.acted)]
with main:
    label = t("episodes.take_many", count=len(chosen))
    take = bool(chosen) and st.button(label, type="primary", key=f"{KEY}.take")
if take or pressed.acted:
    taken = actions.perform(history.acknowledge, episode_ids=chosen, toast="")
    if taken is not None:
        actions.say(t("alert.acknowledged", count=taken))
        st.rerun()
