"""Segments: people grouped by conditions that anybody can put together."""

import streamlit as st

from components import actions, auth, empty, forms, page, tables, tiles
from components.html import Tone
from components.i18n import ago, moment, t
from components.tables import Cell, Column, Row
from components.tiles import Tile
from core.access.terms import Permission
from core.segments import service
from core.segments.models import Segment
from core.segments.terms import SegmentKind, SegmentState
from pages.workspace import _persona, _segment, _segment_form, _segment_why

KEY = "segments"
OPEN = f"{KEY}.opened"
NEW = ""
TONES: dict[SegmentState, Tone] = {
    SegmentState.DUE: "notice",
    SegmentState.READY: "good",
    SegmentState.FAILED: "danger",
}


def _go(public_id: str | None) -> None:
    """Open this segment ("" for a new one), or the list again."""
    for key in [one for one in st.session_state if str(one).startswith(f"{KEY}.")]:
        del st.session_state[key]
    st.session_state[OPEN] = public_id
    st.rerun()


def _tiles(found: list[Segment]) -> None:
    fixed = sum(one.kind is not SegmentKind.DYNAMIC for one in found)
    due = sum(one.state is SegmentState.DUE for one in found)
    tiles.show([
        Tile(t("segments.tile.all"), len(found)),
        Tile(t("segments.tile.dynamic"), len(found) - fixed),
        Tile(t("segments.tile.fixed"), fixed),
        Tile(t("segments.tile.due"), due),
    ])  # fmt: skip


def _list() -> None:
    everything = actions.ask(service.list_segments)
    if not everything:
        if empty.show(KEY, key=KEY, button=t("segments.new") if may_edit else ""):
            _go(NEW)
        return
    _tiles(everything)
    text = tables.search(f"{KEY}.search", t("segments.search"))
    found = actions.ask(service.list_segments, search=text) if text else everything
    seen = tables.sheet(f"{KEY}.list", len(found))
    names = ("name", "kind", "count", "state")
    columns = [Column(name, t(f"segments.column.{name}"),
                      kind="number" if name == "count" else "text") for name in names]  # fmt: skip
    rows = [_row(one) for one in found[seen.offset : seen.offset + seen.limit]]
    pressed = tables.show(f"{KEY}.table", columns, rows, label=t("segments.title"), opens=True)
    tables.foot(seen)
    if pressed.opened:
        _go(pressed.opened)


def _row(one: Segment) -> Row:
    at = one.computed_at
    state = Cell(
        t(f"segments.state.{one.state}"),
        note=ago(at) if at else "",
        hover=moment(at) if at else "",
        tone=TONES[one.state],
    )  # fmt: skip
    return Row(one.public_id, {
        "name": Cell(one.name, note=one.description), "kind": t(f"segments.kind.{one.kind}"),
        "count": one.member_count, "state": state,
    })  # fmt: skip


def _new() -> None:
    draft = _segment_form.draw(None)
    if forms.save_bar(f"{KEY}.form", label=t("segments.save")):
        made = actions.perform(service.create, draft=draft, toast="segments.saved")
        if made is not None:
            _go(made.public_id)


def _one(segment: Segment) -> None:
    _segment.head(segment)
    if may_edit and _segment.menu(segment):
        _go(None)
    by_hand = segment.kind is SegmentKind.STATIC
    names = [name for name in _segment.TABS if not (by_hand and name == "why")]
    chosen = st.segmented_control(t("segments.title"), names, default=names[0], key=f"{KEY}.tab",
                                  format_func=lambda one: t(f"segments.tab.{one}"),
                                  label_visibility="collapsed")  # fmt: skip
    match chosen:
        case "conditions":
            _change(segment)
        case "why":
            _segment_why.why(segment)
        case "history":
            _segment.history(segment)
        case _:
            _segment.members(segment, who)


def _change(segment: Segment) -> None:
    if segment.kind is SegmentKind.SNAPSHOT:
        st.caption(t("segments.frozen.hint"))
    draft = _segment_form.draw(segment)
    if forms.save_bar(f"{KEY}.form", label=t("segments.save"), ready=may_edit):
        saved = actions.perform(service.change, segment_id=segment.id, draft=draft,
                                seen_version=segment.version, toast="segments.saved")  # fmt: skip
        if saved is not None:
            _go(segment.public_id)


who = auth.required()
may_edit = auth.may(who, Permission.SEGMENT_EDIT)
main = page.header(KEY)
opened = st.session_state.get(OPEN)
with main:
    if opened is not None:
        if st.button(t("common.back"), key="segment_back"):
            _go(None)
    elif (
        may_edit
        and actions.ask(service.list_segments)  # else the empty place has this very button
        and st.button(t("segments.new"), type="primary", key="segment_new", icon=":material/add:")
    ):
        _go(NEW)
if opened is None:
    listed, personas = st.tabs([t("segments.tab.segments"), t("segments.tab.personas")])
    with listed:
        _list()
    with personas:
        _persona.draw(who)
elif opened == NEW:
    _new()
else:
    _one(actions.ask(service.read, public_id=opened))
