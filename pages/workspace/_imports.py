"""The imports of people so far, each with the way to take it back."""

import streamlit as st

from components import actions, empty, page
from components.html import note
from components.i18n import moment, number, plain, t
from core.audience import undo
from core.audience.terms import Stay
from core.audience.undo import ImportLine
from pages.workspace import _kept

SHOWN_STAYS = 20


def draw(key: str) -> None:
    """Draw the newest imports; a press takes one back, with progress."""
    found = actions.ask(undo.list_imports)
    with page.column():
        _told(key)
        if not found:
            empty.show(f"{key}.past", key=f"{key}_past")
        for line in found:
            _line(key, line)


def _line(key: str, line: ImportLine) -> None:
    with st.container(
        key=f"{key}_past_{line.id}",
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
        border=True,
    ):
        words = t(f"{key}.past.line", count=line.count, at=moment(line.at))
        st.markdown(f"**{plain(line.title)}**  \n{plain(words)}", width="content")
        if line.undone_at is not None:
            st.caption(plain(t(f"{key}.past.undone", at=moment(line.undone_at))), width="content")
            return
        with st.popover(t(f"{key}.undo"), icon=":material/undo:"):
            st.markdown(plain(t(f"{key}.undo.warning", count=line.count)))
            if st.button(t(f"{key}.undo.sure"), key=f"{key}.undo.{line.id}", type="primary"):
                _undo(key, line)


def _undo(key: str, line: ImportLine) -> None:
    """Take the import back piece by piece, then tell what came of it."""
    bar = st.progress(0.0, plain(t(f"{key}.undo.running")))
    done, stayed = 0, list[Stay]()
    while True:
        piece = actions.perform(undo.undo_piece, change_set_id=line.id, toast="")
        if piece is None:
            return
        done += piece.removed + piece.restored
        stayed += piece.stayed
        if piece.is_over:
            break
        bar.progress(min(done / max(line.count, 1), 1.0))
    st.session_state[f"{key}.undone"] = (done, stayed)
    st.rerun()


def _told(key: str) -> None:
    told = st.session_state.pop(f"{key}.undone", None)
    if told is None:
        return
    done, stayed = told
    note(t(f"{key}.undo.done", count=done), tone="good")
    if stayed:
        lines = [f"{one.name or number(one.contact_id)}: {_why(key, one)}"
                 for one in stayed[:SHOWN_STAYS]]  # fmt: skip
        st.markdown(plain(t(f"{key}.undo.stayed", count=len(stayed))))
        st.markdown("\n".join(f"- {plain(one)}" for one in lines))


def _why(key: str, one: Stay) -> str:
    return t(f"{key}.stays.{one.code}", fields=_kept.names(one.fields))
