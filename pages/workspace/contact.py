"""One person: who they are, what happened with them, and what they may still receive."""

import streamlit as st

from components import actions, auth, empty, page
from components.html import badge, note, safe, show, tag
from components.i18n import ago, day, moment, t
from core.access.terms import Permission
from core.contacts import card, listing, tagging
from core.contacts.card import Card
from core.contacts.phones import shown
from core.contacts.terms import ContactKind, ContactStatus
from core.profiles import service as profiles
from pages.workspace import _custom, _identities, _merge, _notes, _person, _privacy, _profile

KEY = "contact"
FACTS = ("city", "country", "position", "language", "time_zone", "birth_date", "gender",
         "postal_address", "source", "sub_source")  # fmt: skip


def _head(found: Card) -> None:
    """Draw who this is in one line: kind, state, company, owner."""
    person = found.contact
    marks = [badge(t(f"contact.kind.{person.kind}"), "notice")]
    if person.status is not ContactStatus.ENABLED:
        marks.append(badge(t(f"contact.status.{person.status}"), "danger"))
    marks.append(badge(t(f"contact.lifecycle.{person.lifecycle}")))
    if not found.line.email:
        marks.append(badge(t("contact.no_address"), "warning"))
    owner = found.owner.name if found.owner else t("contacts.nobody")
    words = [found.company.name if found.company else "", t("contact.owned_by", owner=owner)]
    show(tag("p", " ".join(marks), " ", safe(" · ".join(filter(None, words)))))


def _acts(found: Card) -> None:
    with st.container(horizontal=True):
        if st.button(t("common.edit"), key=f"{KEY}.edit", type="primary"):
            st.dialog(t("contact.edit"), width="medium")(_person.edit)(found.line.public_id)
        icon = ":material/more_horiz:"
        with st.popover(t("contact.more"), icon=icon, key=f"{KEY}.acts", on_change="rerun"):
            if found.contact.kind is not ContactKind.EMPLOYEE:
                st.button(t("contact.merge"), key=f"{KEY}.merge", icon=":material/merge:",
                          on_click=_merging)  # fmt: skip
            for one in listing.LIVE:
                if one is not found.contact.status and st.button(
                    t(f"contact.status.{one}.set"), key=f"{KEY}.status.{one}"
                ):
                    actions.attempt(card.set_status, public_id=found.line.public_id, status=one)
                    st.rerun()
            _person.owner(who, found)
            _privacy.acts(who, found.line.public_id, is_tracked=found.contact.is_tracked)


def _merging() -> None:
    st.session_state[f"{KEY}.acts"] = False
    st.session_state[f"{KEY}.merging"] = True


def _card(found: Card) -> None:
    """Draw the identity: addresses and numbers, plain facts, custom fields, tags."""
    page.section("contact.reach")
    _identities.draw(found, may_edit=may_edit)
    page.section("contact.tags")
    _tags(found)
    page.section("contact.facts")
    lines = [(t(f"contact.field.{name}"), _fact(found, name)) for name in FACTS]
    lines += _custom.lines(found.contact.attributes)
    lines.append((t("contact.field.created_at"), moment(found.contact.created_at)))
    if found.contact.engaged_at:
        lines.append((t("contacts.column.engaged"), ago(found.contact.engaged_at)))
    rows = (tag("li", tag("span", safe(label)), tag("span", tag("bdi", safe(value))))
            for label, value in lines if value)  # fmt: skip
    show(tag("ul", *rows, class_="ch-rows"))


def _fact(found: Card, name: str) -> str:
    value = getattr(found.contact, name)
    if value in (None, ""):
        return ""
    if name == "birth_date":
        return day(value)
    if name == "language":
        return str(value.own_name)
    return t(f"contact.gender.{value}") if name == "gender" else str(value)


def _tags(found: Card) -> None:
    names = [one.name for one in found.tags]
    if not may_edit:
        show("".join(badge(name) for name in names) or tag("p", safe("–")))
        return
    known = list(actions.ask(tagging.tag_names).values())
    chosen = st.multiselect(
        t("contact.tags"), sorted({*known, *names}), names, key=f"{KEY}.tags",
        accept_new_options=True, label_visibility="collapsed",
        placeholder=t("contact.tags.placeholder"),
    )  # fmt: skip
    if set(chosen) != set(names):
        if actions.attempt(card.set_tags, public_id=found.line.public_id, tags=tuple(chosen)):
            st.session_state.pop(f"{KEY}.tags", None)
        st.rerun()


who = auth.required()
public_id = st.query_params.get("id") or st.session_state.get(f"{KEY}.id", "")
st.session_state[f"{KEY}.id"] = public_id
if not public_id:
    empty.show(KEY, key=KEY, button=t("contact.to_list"), page="workspace/contacts.py")
    st.stop()
found = actions.ask(card.read_card, public_id=public_id)
may_edit = auth.may(who, Permission.CONTACT_EDIT)
title = found.line.name or found.line.email or shown(found.line.phone) or t("common.unknown")
main = page.header(KEY, name=title)
_head(found)
if may_edit:
    with main:
        _acts(found)
if found.line.public_id != public_id:
    note(t("contact.was_merged"), tone="notice")
parts = actions.ask(profiles.parts_for)
names = ["card", "notes", *(one.name for one in parts)]
tabs = st.tabs([t(f"profile.part.{name}") for name in names], key=f"{KEY}.tab", on_change="rerun")
for name, tab in zip(names, tabs, strict=True):
    if tab.open:
        with tab:
            if name == "card":
                _card(found)
            elif name == "notes":
                _notes.draw(found.line.public_id, may_edit=may_edit)
            else:
                _profile.draw(found.line.public_id, next(p for p in parts if p.name == name))
if may_edit and st.query_params.pop("merge", ""):
    st.session_state[f"{KEY}.merging"] = True
if st.session_state.pop(f"{KEY}.merging", False):
    _merge.open_for(found.line.public_id)
_privacy.confirm(found.line.public_id, title)
