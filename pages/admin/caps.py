"""Caps and quiet hours: how much and when, said as sentences."""

from datetime import timedelta

import streamlit as st

from components import actions, auth, dates, forms, page
from components.html import badge, safe, show, tag
from components.i18n import duration, hour, t
from core.access.terms import Permission
from core.contacts.terms import Audience
from core.messages import settings
from core.messages.inputs import DAY_S, CapInput, QuietInput
from core.messages.models import CapRule, QuietRule
from core.messages.terms import CAPPED_CLASSES, CapScope, DayRule, MessageClass, OnCap, WindowKind

KEY = "caps"


def _cap_sentence(rule: CapRule) -> str:
    window = t("caps.calendar_day")
    if rule.window_kind is WindowKind.ROLLING:
        window = duration(timedelta(seconds=rule.window_s))
    kinds = [t(f"templates.class.{one}") for one in rule.counted_classes]
    return t(f"caps.sentence.{rule.audience}", window=window, count=rule.limit, kinds=kinds)


def _quiet_sentence(rule: QuietRule) -> str:
    parts = []
    if rule.starts and rule.ends:
        parts.append(t("caps.quiet.hours", starts=hour(rule.starts), ends=hour(rule.ends)))
    if rule.weekend is DayRule.WAIT:
        parts.append(t("caps.quiet.weekend"))
    if rule.holiday is DayRule.WAIT:
        parts.append(t("caps.quiet.holiday"))
    when = parts or [t("caps.quiet.never")]
    return t(f"caps.quiet.sentence.{rule.audience}", when=when)


def _card(rule: CapRule | QuietRule, kind: str, sentence: str) -> None:
    with st.container(border=True, key=f"{kind}_card_{rule.id}"):
        state = badge(t("caps.on" if rule.is_enabled else "caps.off"),
                      "good" if rule.is_enabled else "muted")  # fmt: skip
        show(tag("p", safe(sentence), " ", state, class_="ch-sentence"))
        if not may_edit:
            return
        with st.container(horizontal=True):
            if st.button(t("common.edit"), key=f"{KEY}.{kind}.edit{rule.id}"):
                st.dialog(t(f"caps.{kind}.edit"))(_edit)(rule)
            verb = {
                ("cap", True): settings.disable_cap,
                ("cap", False): settings.enable_cap,
                ("quiet", True): settings.disable_quiet,
                ("quiet", False): settings.enable_quiet,
            }[kind, rule.is_enabled]
            label = t("rules.switch_off" if rule.is_enabled else "rules.switch_on")
            if st.button(label, key=f"{KEY}.{kind}.switch{rule.id}") and actions.attempt(
                verb, rule_id=rule.id, seen_version=rule.version
            ):
                st.rerun()


def _edit(rule: CapRule | QuietRule) -> None:
    if isinstance(rule, CapRule):
        _edit_cap(rule)
    else:
        _edit_quiet(rule)


def _edit_cap(rule: CapRule | None) -> None:
    key = f"{KEY}.cap{rule.id if rule else ''}"
    audience = forms.pick(f"{key}.audience", t("caps.audience"), list(Audience),
                          value=rule.audience if rule else Audience.EXTERNAL,
                          shown=lambda one: t(f"caps.audience.{one}"))  # fmt: skip
    known = [MessageClass(one) for one in rule.counted_classes] if rule else list(CAPPED_CLASSES)
    kinds = forms.many(f"{key}.counted_classes", t("caps.kinds"), list(CAPPED_CLASSES),
                       value=known, shown=lambda one: t(f"templates.class.{one}"))  # fmt: skip
    limit = forms.count(f"{key}.limit", t("caps.limit"), value=rule.limit if rule else 2)
    window = forms.pick(f"{key}.window_kind", t("caps.window"), list(WindowKind),
                        value=rule.window_kind if rule else WindowKind.ROLLING,
                        shown=lambda one: t(f"caps.window.{one}"))  # fmt: skip
    first = max(rule.window_s // DAY_S, 1) if rule else 1
    days = 1
    if window is WindowKind.ROLLING:
        days = forms.count(f"{key}.window", t("caps.days"), value=first) or 0
    how = forms.pick(f"{key}.on_cap", t("caps.on_cap"), list(OnCap),
                     value=(rule.on_cap if rule else None) or OnCap.DEFER,
                     shown=lambda one: t(f"caps.on_cap.{one}"))  # fmt: skip
    if not forms.save_bar(key, ready=limit is not None):
        return
    given = CapInput(
        name=rule.name if rule else "", audience=audience or Audience.EXTERNAL,
        counted_classes=frozenset(kinds), limit=limit or 0,
        window_kind=window or WindowKind.ROLLING, window=timedelta(days=days),
        scope=rule.scope if rule else CapScope.ORGANISATION,
        scope_id=rule.scope_id if rule else None, on_cap=how,
    )  # fmt: skip
    saved = (
        actions.attempt(settings.change_cap, rule_id=rule.id, seen_version=rule.version,
                        given=given)
        if rule
        else actions.attempt(settings.add_cap, given=given)
    )  # fmt: skip
    if saved:
        st.rerun()


def _edit_quiet(rule: QuietRule) -> None:
    key = f"{KEY}.quiet{rule.id}"
    with st.container(horizontal=True):
        starts = dates.time_field(f"{key}.starts", t("caps.quiet.starts"), value=rule.starts)
        ends = dates.time_field(f"{key}.ends", t("caps.quiet.ends"), value=rule.ends)
    weekend = forms.switch(f"{key}.weekend", t("caps.quiet.weekend"),
                           value=rule.weekend is DayRule.WAIT)  # fmt: skip
    holiday = forms.switch(f"{key}.holiday", t("caps.quiet.holiday"),
                           value=rule.holiday is DayRule.WAIT)  # fmt: skip
    if not forms.save_bar(key):
        return
    days = {True: DayRule.WAIT, False: DayRule.SEND}
    given = QuietInput(audience=rule.audience, department_id=rule.department_id, starts=starts,
                       ends=ends, weekend=days[weekend], holiday=days[holiday])  # fmt: skip
    if actions.attempt(settings.change_quiet, rule_id=rule.id, seen_version=rule.version,
                       given=given):  # fmt: skip
        st.rerun()


who = auth.required()
may_edit = auth.may(who, Permission.CAP_EDIT)
main = page.header(KEY)
with main:
    adding = may_edit and st.button(t("caps.add"), type="primary", key=f"{KEY}.add",
                                    icon=":material/add:")  # fmt: skip
page.section("caps.caps")
for cap in actions.ask(settings.list_caps):
    _card(cap, "cap", _cap_sentence(cap))
page.section("caps.quiet")
for quiet in actions.ask(settings.list_quiet):
    _card(quiet, "quiet", _quiet_sentence(quiet))
if adding:
    st.dialog(t("caps.add"))(_edit_cap)(None)
