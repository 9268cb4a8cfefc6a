"""List hygiene: whom it may be better not to write to, and the way back."""

import streamlit as st

from components import actions, auth, cached, empty, forms, page, tables
from components.html import badge, safe, show, tag
from components.i18n import ago, number, plain, t
from components.tables import Column, Row
from core.access.rules import level
from core.access.terms import Level, Permission
from core.audience import hygiene
from core.audience.hygiene import Cleaning, Deed, Finding, Found
from core.contacts.changes import MOST
from pages.workspace import _kept, _person

KEY = "hygiene"


def _card(one: Found) -> bool:
    """Draw a finding: how many and what it means; return whether its button was pressed."""
    with st.container(border=True, key=f"{KEY}_{one.finding}", horizontal=True,
                      vertical_alignment="center", horizontal_alignment="distribute"):  # fmt: skip
        with st.container(width=560):
            count = number(one.count)
            shown = t("hygiene.over", count=count) if one.is_more else count
            title = tag("b", safe(t(f"hygiene.finding.{one.finding}")))
            what = tag("p", safe(t(f"hygiene.finding.{one.finding}.what")), class_="ch-purpose")
            show(tag("div", title, " ", badge(shown)) + what)
        return st.button(t("hygiene.open"), key=f"{KEY}.open.{one.finding}")


def _review(finding: Finding) -> None:
    """Draw ten people of a finding and what can be done: with those ticked, else with all."""
    picked = _people(finding)
    if not may_act:
        return
    deed = forms.pick(f"{KEY}.deed", t("hygiene.deed"), list(Deed), value=Deed.SUPPRESS,
                      shown=lambda one: t(f"hygiene.deed.{one}"))  # fmt: skip
    word = forms.text(f"{KEY}.value", t("hygiene.tag")) if deed is Deed.TAG else ""
    label = t("hygiene.save.some", count=len(picked)) if picked else t("hygiene.save")
    hint = "" if picked else t("hygiene.limit", limit=number(MOST))
    if not forms.save_bar(KEY, label=label, hint=hint, ready=deed is not None) or deed is None:
        return
    given = Cleaning(finding=finding, deed=deed, public_ids=picked or None, tag=word)
    if actions.attempt(hygiene.act, given=given, toast="hygiene.done"):
        cached.forget()
        _person.close(KEY)


def _people(finding: Finding) -> tuple[str, ...]:
    """Draw ten people of a finding; return who is ticked."""
    found = actions.ask(hygiene.samples, finding=finding)
    st.caption(t("hygiene.samples.tick" if may_act else "hygiene.samples"))
    columns = [Column(name, t(f"contacts.column.{name}")) for name in ("name", "email")]
    rows = [Row(one.public_id, {"name": one.name, "email": one.email}) for one in found]
    label = t(f"hygiene.finding.{finding}")
    return tables.show(f"{KEY}.people.{finding}", columns, rows, label=label, picks=may_act).picked


def _undo() -> None:
    """Offer to take back the newest acts."""
    for one in actions.ask(hygiene.latest):
        finding, _, deed = one.title.partition(":")
        with st.container(horizontal=True, vertical_alignment="center", key=f"{KEY}_undo_{one.id}"):
            words = t("hygiene.last", finding=t(f"hygiene.finding.{finding}"),
                      deed=t(f"hygiene.deed.{deed}"), people=number(one.count),
                      ago=ago(one.created_at))  # fmt: skip
            st.caption(plain(words))
            pressed = st.button(t("hygiene.undo"), key=f"{KEY}.undo.{one.id}",
                                icon=":material/undo:")  # fmt: skip
        if not pressed:
            continue
        done = actions.perform(hygiene.undo, change_set_id=one.id, toast="hygiene.undone")
        if done:
            _kept.remember(done.kept)
            cached.forget()
            st.rerun()


who = auth.required()
may_act = level(who.actor, Permission.CONTACT_EDIT) is Level.ALL
with page.header(KEY):
    if st.button(t("hygiene.alike"), key=f"{KEY}.alike", icon=":material/join_inner:"):
        st.session_state["contacts.way"] = "alike"
        st.switch_page("workspace/contacts.py")
counted = cached.figure(KEY, lambda: actions.ask(hygiene.findings), who=str(who.actor.id))
open_ones = [one for one in counted if one.count]
if not open_ones:
    empty.show(KEY, key=KEY)
pressed_ones = [each.finding for each in open_ones if _card(each)]
if kept := st.session_state.pop(f"{KEY}.reviewing", None):
    pressed_ones = [Finding(kept)]
if may_act:
    _kept.tell()
    _undo()
for each in pressed_ones:
    st.dialog(t(f"hygiene.finding.{each}"), width="medium")(_review)(each)
