"""One segment: its people, its conditions, why somebody is in or not, who came and went."""

import streamlit as st

from components import actions, auth, tables
from components.auth import Who
from components.html import safe, show, tag
from components.i18n import ago, day, moment, plain, t
from components.tables import Action, Cell, Column, Row
from core import clock
from core.access.terms import Permission
from core.filters.checking import parsed
from core.filters.sentences import sentence
from core.segments import people, service
from core.segments.models import Segment
from core.segments.terms import SegmentKind, Stay
from pages.workspace import _segment_form as form
from pages.workspace._segment_why import find

KEY = "segments.one"
PAGE = 50
TABS = ("members", "conditions", "why", "history")


def members(segment: Segment, who: Who) -> None:
    """Draw who is in, fifty at a time."""
    by_hand = segment.kind is SegmentKind.STATIC and auth.may(who, Permission.SEGMENT_EDIT)
    if by_hand:
        _add(segment)
    after = int(st.session_state.get(f"{KEY}.after", 0))
    stays = actions.ask(people.members, segment_id=segment.id, after_id=after, limit=PAGE + 1)
    if not stays and not after:
        st.caption(t("segments.members.none"))
        return
    pressed = _table("members", stays[:PAGE], removes=by_hand)
    if pressed.acted and actions.attempt(service.remove_members, segment_id=segment.id,
                                         contact_ids=[int(pressed.acted)],
                                         toast="segments.members.removed"):  # fmt: skip
        st.rerun()
    with st.container(horizontal=True):
        if after and st.button(t("segments.members.first"), key=f"{KEY}.first"):
            _go(0)
        if len(stays) > PAGE and st.button(t("segments.members.next"), key=f"{KEY}.next"):
            _go(stays[PAGE - 1].id)


def _go(after: int) -> None:
    st.session_state[f"{KEY}.after"] = after
    st.rerun()


def _table(name: str, stays: list[Stay], *, removes: bool = False) -> tables.Pressed:
    names = ["person", "kind", "city", "entered"] + (["left"] if name == "history" else [])
    columns = [Column(one, t(f"segments.column.{one}")) for one in names]
    menu = [Action("remove", t("segments.members.remove"), is_dangerous=True)] if removes else []
    rows = [Row(id=f"{one.person.id}" if removes else f"{one.id}", cells=_cells(one), actions=menu)
            for one in stays]  # fmt: skip
    return tables.show(f"{KEY}.{name}", columns, rows, label=t(f"segments.tab.{name}"))


def _cells(one: Stay) -> dict[str, str | int | Cell]:
    left = one.left_at
    return {
        "person": one.person.name or one.person.public_id,
        "kind": t(f"filter.choice.contactkind.{one.person.kind}"),
        "city": one.person.city,
        "entered": Cell(ago(one.entered_at), hover=moment(one.entered_at)),
        "left": Cell(ago(left), hover=moment(left)) if left else t("segments.still_in"),
    }


def _add(segment: Segment) -> None:
    with st.container(border=True, width=680):
        chosen = find(f"{KEY}.add")
        if chosen and st.button(t("segments.members.add"), key=f"{KEY}.add.button") and (
            actions.attempt(service.add_members, segment_id=segment.id, contact_ids=[chosen],
                            toast="segments.members.added")
        ):  # fmt: skip
            st.rerun()


def history(segment: Segment) -> None:
    """Draw the latest comings and goings."""
    stays = actions.ask(people.history, segment_id=segment.id, limit=PAGE)
    if stays:
        _table("history", stays)
    else:
        st.caption(t("segments.members.none"))


def head(segment: Segment) -> None:
    """Draw what the segment is called and what it asks."""
    show(tag("h2", safe(segment.name), class_="ch-heading"))
    state = t(f"segments.state.{segment.state}")
    count = t("segments.preview.some", count=segment.member_count)
    st.caption(plain(f"{t(f'segments.kind.{segment.kind}')} · {count} · {state}"))
    if segment.kind is not SegmentKind.STATIC:
        told = sentence(parsed(segment.tree), form.speech(form.known()))
        show(tag("p", safe(told), class_="ch-sentence"))


def menu(segment: Segment) -> bool:
    """Draw what else can be done; return whether the segment was put away."""
    with st.popover(t("segments.more"), icon=":material/more_horiz:"):
        if st.button(t("segments.freeze"), key=f"{KEY}.freeze", type="tertiary"):
            name = t("segments.freeze.name", name=segment.name, day=day(clock.now().date()))
            actions.perform(service.snapshot, segment_id=segment.id, name=name,
                            toast="segments.frozen")  # fmt: skip
        if st.button(t("segments.archive"), key=f"{KEY}.archive", type="tertiary"):
            return actions.attempt(service.archive, segment_id=segment.id,
                                   toast="segments.archived")  # fmt: skip
    return False
