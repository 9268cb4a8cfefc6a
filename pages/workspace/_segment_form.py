"""The form of a segment: what it is called, its conditions, and whom they find at once."""

import streamlit as st

from components import actions, filters, forms, page, tables
from components.filters import Known
from components.html import note, safe, show, tag
from components.i18n import language, plain, reader, t
from components.tables import Column
from core.contacts.terms import Audience
from core.errors import ChaparError
from core.filters.checking import parsed
from core.filters.sentences import Speech, sentence
from core.segments import people, service
from core.segments.models import Segment
from core.segments.terms import Person, SegmentDraft, SegmentKind
from pages.workspace._segment_start import STARTS

KEY = "segments.form"


def known(*, without: int | None = None) -> Known:
    """Return what lines can speak of; a segment cannot speak of itself."""
    others = {one.id: one.name for one in actions.ask(service.list_segments) if one.id != without}
    return Known(
        actions.ask(people.fields), actions.ask(people.choices),
        actions.ask(people.event_names), others,
    )  # fmt: skip


def speech(words: Known) -> Speech:
    """Return how trees are told to the person who looks."""
    return Speech(reader(), words.fields, words.options, words.segments, _event)


def _event(name: str) -> str:
    return t("segments.event", name=filters.event_name(name))


def draw(segment: Segment | None) -> SegmentDraft:
    """Draw the form; return what is filled in."""
    words = known(without=segment.id if segment else None)
    with page.column():
        name = forms.text(f"{KEY}.name", t("segments.field.name"),
                          value=segment.name if segment else "", limit=120)  # fmt: skip
        kind = segment.kind if segment else _kind()
    if segment is None and kind is not SegmentKind.STATIC:
        _start()
    tree = segment.tree if segment else STARTS["scratch"]
    if kind is not SegmentKind.STATIC:
        page.section("segments.conditions")
        tree = filters.build(KEY, dict(tree), words)
        _tell(tree, words)
    with page.column():
        draft = _rest(segment, words)
    draft = draft.model_copy(update={"name": name, "kind": kind, "tree": tree})
    page.section("segments.preview")
    preview(draft)
    return draft


def _kind() -> SegmentKind:
    chosen = forms.pick(f"{KEY}.kind", t("segments.field.kind"), list(SegmentKind),
                        value=SegmentKind.DYNAMIC, shown=lambda one: t(f"segments.kind.{one}"),
                        hint=t("segments.kind.hint"))  # fmt: skip
    return chosen or SegmentKind.DYNAMIC


def _start() -> None:
    chosen = st.pills(t("segments.field.start"), list(STARTS), key=f"{KEY}.start",
                      format_func=lambda one: t(f"segments.start.{one}"))  # fmt: skip
    if chosen and st.session_state.get(f"{KEY}.started") != chosen:
        st.session_state[f"{KEY}.started"] = chosen
        filters.begin(KEY, STARTS[chosen])


def _rest(segment: Segment | None, words: Known) -> SegmentDraft:
    audience = forms.pick(f"{KEY}.audience", t("segments.field.audience"), list(Audience),
                          value=segment.audience if segment else Audience.EXTERNAL,
                          shown=lambda one: t(f"segments.audience.{one}"))  # fmt: skip
    excludes = forms.many(f"{KEY}.excludes", t("segments.field.excludes"), list(words.segments),
                          value=segment.excludes if segment else (),
                          shown=lambda one: words.segments[one])  # fmt: skip
    description = forms.area(f"{KEY}.description", t("segments.field.description"),
                             value=segment.description if segment else "", height=80)  # fmt: skip
    return SegmentDraft(
        description=description, audience=audience or Audience.EXTERNAL, excludes=tuple(excludes),
        department_id=segment.department_id if segment else None,
    )  # fmt: skip


def _tell(tree: filters.Data, words: Known) -> None:
    """Say in a sentence what the tree asks, as far as it can be read."""
    read = actions.check(parsed, tree, field="tree")
    if read is not None:
        show(tag("p", safe(sentence(read, speech(words))), class_="ch-sentence",
                 dir=language().direction))  # fmt: skip


def preview(draft: SegmentDraft) -> None:
    """Draw how many people fit and the first ten of them."""
    if draft.kind is SegmentKind.STATIC:
        st.caption(t("segments.preview.hand"))
        return
    found = filters.look(people.preview, draft=draft)
    if isinstance(found, ChaparError):
        note(t(found.code, **found.params), tone="notice")
        return
    if not found.count:
        st.caption(t("segments.preview.none"))
        return
    show(tag("p", tag("b", safe(t("segments.preview.some", count=found.count)))))
    st.caption(plain(t("segments.preview.more")))
    listed(found.people)


def listed(found: tuple[Person, ...]) -> None:
    """Draw people in a short table."""
    names = ("person", "kind", "city")
    tables.plain_table(
        [Column(name, t(f"segments.column.{name}")) for name in names],
        [
            {"person": one.name or one.public_id,
             "kind": t(f"filter.choice.contactkind.{one.kind}"), "city": one.city}
            for one in found
        ],
    )  # fmt: skip
