"""Personas: people one writes for, each beside the segment that finds them."""

import streamlit as st

from components import actions, auth, forms
from components.auth import Who
from components.html import safe, show, tag
from components.i18n import plain, t
from core.access.terms import Permission
from core.segments import personas, service
from core.segments.models import Persona
from core.segments.terms import PersonaDraft
from core.templates import service as templates

KEY = "personas"
OPEN = f"{KEY}.opened"
TEXTS = ("goals", "pains", "motives")
NEW = 0


def draw(who: Who) -> None:
    """Draw the personas, or the form of the one that is open."""
    st.caption(t("personas.purpose"))
    found = actions.ask(personas.list_personas)
    may_edit = auth.may(who, Permission.SEGMENT_EDIT)
    opened = st.session_state.get(OPEN)
    if opened is not None and may_edit:
        _form(next((one for one in found if one.id == opened), None), who)
        return
    if not found:
        st.caption(t("personas.none"))
    for one in found:
        _card(one, may_edit=may_edit)
    if may_edit and st.button(t("personas.new"), key=f"{KEY}.new", icon=":material/add:"):
        _go(NEW)


def _card(one: Persona, *, may_edit: bool) -> None:
    with st.container(border=True, width=680, key=f"persona_{one.id}"):
        show(tag("h3", safe(one.name)))
        for name in TEXTS:
            if text := getattr(one, name):
                show(tag("p", tag("b", safe(t(f"personas.{name}"))), " ", safe(text)))
        names = {each.id: each.name for each in actions.ask(service.list_segments)}
        about = [t(f"personas.channel.{one.channel}"), names.get(one.segment_id or 0, "")]
        st.caption(plain(" · ".join(part for part in about if part)))
        if may_edit and st.button(t("personas.edit"), key=f"{KEY}.edit.{one.id}"):
            _go(one.id)


def _go(persona_id: int | None) -> None:
    for key in [key for key in st.session_state if str(key).startswith(f"{KEY}.form.")]:
        del st.session_state[key]
    st.session_state[OPEN] = persona_id
    st.rerun()


def _form(one: Persona | None, who: Who) -> None:
    with st.container(width=680):
        name = forms.text(f"{KEY}.form.name", t("personas.name"), value=one.name if one else "")
        texts = {
            each: forms.area(f"{KEY}.form.{each}", t(f"personas.{each}"), height=90,
                             value=getattr(one, each) if one else "")
            for each in TEXTS
        }  # fmt: skip
        channel = forms.pick(f"{KEY}.form.channel", t("personas.channel"), personas.CHANNELS,
                             value=one.channel if one else "email",
                             shown=lambda each: t(f"personas.channel.{each}"))  # fmt: skip
        names = {each.id: each.name for each in actions.ask(service.list_segments)}
        segment_id = forms.pick(f"{KEY}.form.segment_id", t("personas.segment"), list(names),
                                value=one.segment_id if one else None,
                                shown=lambda each: names[each])  # fmt: skip
        chosen = _templates(one, who)
        draft = PersonaDraft(name=name, channel=channel or "email", segment_id=segment_id,
                             template_ids=chosen, **texts)  # fmt: skip
        if forms.save_bar(f"{KEY}.form", label=t("personas.save")) and actions.attempt(
            personas.save_persona, draft=draft, persona_id=one.id if one else None,
            seen_version=one.version if one else 1, toast="personas.saved",
        ):  # fmt: skip
            _go(None)
        _leave(one)


def _templates(one: Persona | None, who: Who) -> tuple[int, ...]:
    if not auth.may(who, Permission.TEMPLATE_VIEW):
        return tuple(one.template_ids) if one else ()
    named = {each.id: each.name for each in actions.ask(templates.list_templates)}
    chosen = forms.many(f"{KEY}.form.template_ids", t("personas.templates"), list(named),
                        value=one.template_ids if one else (),
                        shown=lambda each: named[each])  # fmt: skip
    return tuple(chosen)


def _leave(one: Persona | None) -> None:
    with st.container(horizontal=True):
        if st.button(t("common.back"), key=f"{KEY}.back"):
            _go(None)
        if one and st.button(t("personas.remove"), key=f"{KEY}.remove", type="tertiary") and (
            actions.attempt(personas.remove_persona, persona_id=one.id, toast="personas.removed")
        ):  # fmt: skip
            _go(None)
