"""Caps and quiet hours: how much and when, said as sentences."""

from datetime import timedelta

import streamlit as st

from components import actions, auth, empty, page
from components.html import badge, safe, show, tag
from components.i18n import duration, hour, t
from core.access.terms import Permission
from core.messages import settings
from core.messages.models import CapRule, QuietRule
from core.messages.terms import CapScope, DayRule, WindowKind
from pages.admin import _cap, _quiet

KEY = "caps"
SWITCHES = {
    ("cap", True): settings.disable_cap,
    ("cap", False): settings.enable_cap,
    ("quiet", True): settings.disable_quiet,
    ("quiet", False): settings.enable_quiet,
}


def _cap_sentence(rule: CapRule) -> str:
    window = t("caps.calendar_day")
    if rule.window_kind is WindowKind.ROLLING:
        window = duration(timedelta(seconds=rule.window_s))
    one = rule.counted_classes[0] if len(rule.counted_classes) == 1 else "both"
    said = t(f"caps.sentence.{rule.audience}", window=window, count=rule.limit,
             kinds=t(f"caps.counted.{one}"))  # fmt: skip
    if rule.scope is CapScope.ORGANISATION:
        return said
    named = _cap.places(who, rule.scope).get(rule.scope_id or 0)
    where = t(f"caps.within.{rule.scope}", name=named) if named else t(f"caps.each.{rule.scope}")
    return f"{said} {where}"


def _quiet_sentence(rule: QuietRule) -> str:
    parts = []
    if rule.starts and rule.ends:
        parts.append(t("caps.quiet.hours", starts=hour(rule.starts), ends=hour(rule.ends)))
    if rule.weekend is DayRule.WAIT:
        parts.append(t("caps.quiet.weekend"))
    if rule.holiday is DayRule.WAIT:
        parts.append(t("caps.quiet.holiday"))
    said = t(f"caps.quiet.sentence.{rule.audience}", when=parts or [t("caps.quiet.never")])
    named = _cap.places(who, CapScope.DEPARTMENT).get(rule.department_id or 0)
    return f"{said} {t('caps.within.department', name=named)}" if named else said


def _card(rule: CapRule | QuietRule, kind: str, sentence: str) -> None:
    """Draw a rule in one line: its sentence, whether it holds, and what can be done with it."""
    with st.container(border=True, key=f"{kind}_card_{rule.id}", horizontal=True,
                      vertical_alignment="center", horizontal_alignment="distribute"):  # fmt: skip
        state = badge(t("caps.on" if rule.is_enabled else "caps.off"),
                      "good" if rule.is_enabled else "muted")  # fmt: skip
        with st.container(width=620):
            show(tag("div", safe(sentence), " ", state, class_="ch-sentence"))
        if may_edit:
            with st.container(horizontal=True, width="content"):
                _buttons(rule, kind)


def _buttons(rule: CapRule | QuietRule, kind: str) -> None:
    if st.button(t("common.edit"), key=f"{KEY}.{kind}.edit{rule.id}", type="tertiary"):
        st.dialog(t(f"caps.{kind}.edit"))(_edit)(rule)
    label = t("rules.switch_off" if rule.is_enabled else "rules.switch_on")
    if st.button(label, key=f"{KEY}.{kind}.switch{rule.id}", type="tertiary") and (
        actions.attempt(SWITCHES[kind, rule.is_enabled], rule_id=rule.id,
                        seen_version=rule.version)
    ):  # fmt: skip
        st.rerun()


def _edit(rule: CapRule | QuietRule) -> None:
    if isinstance(rule, CapRule):
        _cap.form(who, rule)
    else:
        _quiet.form(who, rule)


who = auth.required()
may_edit = auth.may(who, Permission.CAP_EDIT)
main = page.header(KEY)
with main:
    adding = may_edit and st.button(t("caps.add"), type="primary", key=f"{KEY}.add",
                                    icon=":material/add:")  # fmt: skip
page.section("caps.caps")
caps = actions.ask(settings.list_caps)
for cap in caps:
    _card(cap, "cap", _cap_sentence(cap))
if not caps:
    empty.show(KEY, key=KEY)
page.section("caps.quiet")
st.caption(t("caps.quiet.scope"))
for quiet in actions.ask(settings.list_quiet):
    _card(quiet, "quiet", _quiet_sentence(quiet))
quieting = may_edit and st.button(t("caps.quiet.add"), key=f"{KEY}.quiet.add",
                                  icon=":material/bedtime:")  # fmt: skip
if quieting:
    st.dialog(t("caps.quiet.add"))(_quiet.form)(who, None)
elif adding:
    st.dialog(t("caps.add"))(_cap.form)(who, None)
