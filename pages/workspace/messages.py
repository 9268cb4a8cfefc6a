"""Message tracking: what was sent, held or dropped, and why."""

from datetime import timedelta

import streamlit as st

from components import actions, auth, columns, empty, explain, page, tables, takeout, tiles
from components.i18n import ago, moment, t
from components.tables import Cell, Column, Row
from components.tiles import Tile
from core import clock
from core.access.terms import Permission
from core.messages import exports
from core.messages import service as messages
from core.messages.service import MessageFilter, MessageLine
from pages.workspace import _why
from pages.workspace._why import GROUPS, KEY, TONES, group_of

WEEK = timedelta(days=7)


def _tiles() -> None:
    found = actions.ask(messages.counts, since=clock.now() - WEEK)
    tiles.show(
        [
            Tile(
                label=t(f"messages.group.{name}"),
                value=sum(found.get(status, 0) for status in statuses),
                hint=t(f"messages.group.{name}.hint"),
            )
            for name, statuses in GROUPS.items()
        ]
    )


def _filters() -> MessageFilter:
    with st.container(horizontal=True, key="messages_filters", vertical_alignment="bottom"):
        text = tables.search(f"{KEY}.q", t("messages.search"))
        group = st.pills(
            t("messages.state"),
            list(GROUPS),
            format_func=lambda name: t(f"messages.group.{name}"),
            key=f"{KEY}.group",
            label_visibility="collapsed",
            on_change=tables.to_first_page,
            args=(KEY,),
        )
    return MessageFilter(text=text, statuses=GROUPS[group] if group else ())


def _row(line: MessageLine) -> Row:
    message = line.message
    group = group_of(message.status)
    at = message.sent_at or message.due_at
    reason = explain.short(message.reason) if message.reason else t("messages.planned")
    return Row(
        id=message.public_id,
        cells={
            "person": line.person or t("common.unknown"),
            "subject": _why.subject(message, line.template),
            "state": Cell(t(f"messages.group.{group}"), tone=TONES[group]),
            "why": reason,
            "at": Cell(ago(at), hover=moment(at)),
        },
    )


def _columns() -> list[Column]:
    names = ("person", "subject", "state", "why", "at")
    return [Column(name, t(f"messages.column.{name}")) for name in names]


def _list() -> str | None:
    """Draw the list; return the message that was opened."""
    where = _filters()
    found = actions.ask(messages.list_messages, where=where, page=tables.number(KEY))
    sheet = tables.sheet(KEY, found.total)
    if not found.total:
        _nothing(where)
        return None
    rows = [_row(line) for line in found.lines]
    every = _columns()
    shown = columns.mine(KEY, every)
    pressed = tables.show(f"{KEY}.table", shown, rows, label=t("messages.title"), opens=True)
    with tables.foot(sheet):
        columns.choose(KEY, every)
        if auth.may(who, Permission.MESSAGE_EXPORT):
            takeout.offer(KEY, shown, lambda: _all(where), name=t("page.messages"),
                          total=found.total)  # fmt: skip
    return pressed.opened


def _all(where: MessageFilter) -> list[Row]:
    found = actions.perform(exports.export_messages, where=where, limit=takeout.MOST_ROWS,
                            toast="")  # fmt: skip
    return [_row(line) for line in found or ()]


def _nothing(where: MessageFilter) -> None:
    if where != MessageFilter():
        if empty.nothing_found(KEY):
            for name in ("q", "group"):
                st.session_state.pop(f"{KEY}.{name}", None)
            st.rerun()
        return
    empty.show("messages", key=KEY)


who = auth.required()
page.header(KEY)
_tiles()
opened = _list()
if opened:
    st.dialog(t("messages.why"), width="medium")(_why.draw)(opened)
