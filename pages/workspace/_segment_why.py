"""Why somebody is in a segment or not, and who is out by one line alone."""

import streamlit as st

from components import actions, forms, tables
from components.html import badge, note, safe, show, tag
from components.i18n import t
from components.tables import Column
from core.filters.checking import parsed
from core.filters.rules import leaves
from core.filters.sentences import line
from core.segments import people
from core.segments.models import Segment
from core.segments.rules import OWN
from core.segments.terms import Why
from pages.workspace import _segment_form as form

KEY = "segments.why"


def find(key: str) -> int | None:
    """Draw a search for somebody; return whom was chosen."""
    text = forms.text(f"{key}.text", t("segments.members.find"), kind="search")
    found = actions.ask(people.find_people, text=text) if text.strip() else []
    named = {one.id: " · ".join(part for part in (one.name, one.city) if part) for one in found}
    if not named:
        return None
    return st.selectbox(t("segments.column.person"), list(named), key=f"{key}.person",
                        format_func=lambda one: named[one])  # fmt: skip


def why(segment: Segment) -> None:
    """Draw, for somebody, which lines hold; and who is out by one line alone."""
    with st.container(width=680):
        st.caption(t("segments.why.ask"))
        chosen = find(KEY)
    if chosen:
        _explained(actions.ask(people.explain, segment_id=segment.id, contact_id=chosen))
    if st.toggle(t("segments.nearly.show"), key=f"{KEY}.nearly"):
        _nearly(segment)


def _explained(told: Why) -> None:
    answer = told.explanation
    is_in = answer.holds
    code = "segments.why.in" if is_in else "segments.why.out"
    waits = t("segments.why.waiting") if told.is_member is not answer.holds else ""
    note(t(code, name=told.person.name), waits, tone="good" if is_in else "notice")
    words = form.speech(form.known())
    for one in answer.lines:
        is_right = one.holds is one.is_wanted
        if is_right and not one.path.startswith(f"{OWN}."):
            continue  # what every member fulfils is said only where it is in the way
        mark = badge(t("segments.why.holds" if one.holds else "segments.why.fails"),
                     "good" if is_right else "muted")  # fmt: skip
        if one.path in answer.failing:
            alone = one.path in answer.decisive
            mark += badge(t("segments.why.one" if alone else "segments.why.blocks"), "danger")
        show(tag("p", safe(line(one.leaf, words)), " ", mark))


def _nearly(segment: Segment) -> None:
    found = actions.ask(people.nearly, segment_id=segment.id)
    if not found:
        st.caption(t("segments.nearly.none"))
        return
    words, tree = form.speech(form.known()), parsed(segment.tree)
    lines = dict(leaves(tree))
    names = ("person", "city", "line")
    tables.plain_table(
        [Column(name, t(f"segments.column.{name}")) for name in names],
        [{"person": one.person.name, "city": one.person.city,
          "line": line(lines[one.path], words)} for one in found],
    )  # fmt: skip
