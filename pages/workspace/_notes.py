"""Notes about a person: written, changed by their author, colleagues named with @."""

import streamlit as st

from components import actions, empty, forms
from components.html import safe, show, tag
from components.i18n import ago, t
from core.activities import notes
from core.activities.notes import NoteLine

KEY = "notes"


def draw(public_id: str, *, may_edit: bool) -> None:
    """Draw the field for a new note, and the notes there are."""
    if may_edit:
        generation = st.session_state.setdefault(f"{KEY}.generation", 0)
        key = f"{KEY}.{generation}.text"
        text = forms.area(key, t("notes.new"), hint=t("notes.hint"), height=90)
        if forms.save_bar(KEY, label=t("notes.add")) and actions.attempt(
            notes.add_note, public_id=public_id, text=text, toast="notes.added"
        ):
            st.session_state[f"{KEY}.generation"] = generation + 1
            st.rerun()
    found = actions.ask(notes.notes_of, public_id=public_id)
    if not found:
        empty.show(KEY, key=KEY)
    for one in found:
        _note(one, may_edit=may_edit)


def _note(one: NoteLine, *, may_edit: bool) -> None:
    with st.container(border=True, key=f"note_{one.id}"):
        said = " · ".join(filter(None, [one.author, ago(one.created_at)]))
        lines = "".join(tag("p", safe(line)) for line in one.text.splitlines() if line)
        show(lines + tag("p", safe(said), class_="ch-purpose"))
        if not (may_edit and one.may_change):
            return
        with st.popover(t("common.edit"), type="tertiary"):
            key = f"note.{one.id}.text"
            text = forms.area(key, t("notes.text"), value=one.text)
            if forms.save_bar(f"note.{one.id}") and actions.attempt(
                notes.change_note, note_id=one.id, version=one.version, text=text
            ):
                st.rerun()
            if st.button(t("notes.remove"), key=f"note.{one.id}.remove") and actions.attempt(
                notes.remove_note, note_id=one.id, toast="notes.removed"
            ):
                st.rerun()
