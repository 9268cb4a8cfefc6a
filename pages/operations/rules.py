"""Alert rules: one sentence whose words are the form, and what it would do today."""

import streamlit as st

from components import actions, auth, empty, forms, page
from components.html import badge, safe, show, tag
from components.i18n import t
from core.access.terms import Permission
from core.alerts import previews, service
from core.alerts.terms import RuleDraft, RuleLine
from pages.operations import _rule
from pages.operations._people import Staff, said, staff

KEY = "rules"
OPEN = f"{KEY}.opened"
NEW = 0


def _list(people: Staff) -> None:
    lines = actions.ask(service.list_rules)
    if not lines:
        if empty.show("rules", key=KEY, button=t("alert.rule.add") if may_edit else ""):
            _go(NEW)
        return
    for line in lines:
        with st.container(border=True, key=f"rules_card_{line.rule_id}"):
            _card(line, people)


def _card(line: RuleLine, people: Staff) -> None:
    show(tag("p", safe(said(line.draft, people)), class_="ch-sentence"))
    if not line.is_enabled:
        show(badge(t("rules.off")))
    with st.container(horizontal=True, vertical_alignment="center"):
        severity = t(f"alert.severity.{line.draft.severity}")
        st.caption(f"{severity} · {t(f'alert.nag.{line.draft.nag}')} · "
                   f"{t('rules.open', count=line.open_count)}")  # fmt: skip
        if not may_edit:
            return
        if st.button(t("common.edit"), key=f"{KEY}.edit.{line.rule_id}"):
            _go(line.rule_id)
        verb = service.disable_rule if line.is_enabled else service.enable_rule
        label = t("rules.switch_off" if line.is_enabled else "rules.switch_on")
        toast = "alert.rule.disabled" if line.is_enabled else "alert.rule.enabled"
        if st.button(label, key=f"{KEY}.switch.{line.rule_id}") and actions.attempt(
            verb, rule_id=line.rule_id, seen_version=line.version, toast=toast
        ):
            st.rerun()


def _go(rule_id: int | None) -> None:
    for key in [key for key in st.session_state if str(key).startswith(f"{KEY}.form.")]:
        del st.session_state[key]
    st.session_state[OPEN] = rule_id
    st.rerun()


def _form(line: RuleLine | None, people: Staff) -> None:
    draft = _rule.sentence(line.draft if line else RuleDraft(department_id=people.mine), people)
    with page.column():
        _rule.today(actions.ask(previews.explain_rule, draft=draft))
        if st.button(t("alert.sample.send"), key=f"{KEY}.sample", icon=":material/send:"):
            actions.perform(previews.send_sample, draft=draft, fields=_rule.REFUSALS,
                            toast="alert.sample.sent")  # fmt: skip
    if forms.save_bar(f"{KEY}.form", label=t("rules.save")) and _saved(line, draft):
        _go(None)


def _saved(line: RuleLine | None, draft: RuleDraft) -> bool:
    toast, fields = "alert.rule.saved", _rule.REFUSALS
    if line is None:
        return actions.attempt(service.add_rule, draft=draft, toast=toast, fields=fields)
    return actions.attempt(service.change_rule, rule_id=line.rule_id, seen_version=line.version,
                           draft=draft, toast=toast, fields=fields)  # fmt: skip


who = auth.required()
may_edit = auth.may(who, Permission.ALERT_EDIT)
main = page.header(KEY)
people = staff(who)
opened = st.session_state.get(OPEN)
with main:
    if opened is None and may_edit:
        if st.button(t("alert.rule.add"), type="primary", key=f"{KEY}.add", icon=":material/add:"):
            _go(NEW)
    elif opened is not None and st.button(t("common.back"), key=f"{KEY}.back"):
        _go(None)
if opened is None:
    _list(people)
else:
    _form(next((one for one in actions.ask(service.list_rules) if one.rule_id == opened), None),
          people)  # fmt: skip
