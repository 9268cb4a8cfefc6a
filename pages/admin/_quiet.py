"""The form of quiet hours: whose mail, of which department, from when to when, and which days."""

from datetime import time

import streamlit as st

from components import actions, auth, dates, forms
from components.i18n import t
from core.contacts.terms import Audience
from core.messages import settings
from core.messages.inputs import QuietInput
from core.messages.models import QuietRule
from core.messages.terms import CapScope, DayRule
from pages.admin import _cap

KEY = "caps"
EVERYWHERE = 0
EVENING, MORNING = time(21), time(8)
DAYS = {True: DayRule.WAIT, False: DayRule.SEND}


def form(who: auth.Who, rule: QuietRule | None) -> None:
    """Draw the form, new quiet hours where there are none; keep them when asked to."""
    key = f"{KEY}.quiet{rule.id if rule else ''}"
    audience, department_id = (
        (rule.audience, rule.department_id) if rule else _for_whom(who, f"{key}.new")
    )
    with st.container(horizontal=True):
        starts = _hour(f"{key}.starts", "starts", rule.starts if rule else EVENING)
        ends = _hour(f"{key}.ends", "ends", rule.ends if rule else MORNING)
    weekend = forms.switch(f"{key}.weekend", t("caps.quiet.weekend.switch"),
                           value=bool(rule and rule.weekend is DayRule.WAIT))  # fmt: skip
    holiday = forms.switch(f"{key}.holiday", t("caps.quiet.holiday.switch"),
                           value=bool(rule and rule.holiday is DayRule.WAIT))  # fmt: skip
    if not forms.save_bar(key, ready=not _is_wrong(key, starts=starts, ends=ends)):
        return
    given = QuietInput(audience=audience, department_id=department_id, starts=starts, ends=ends,
                       weekend=DAYS[weekend], holiday=DAYS[holiday])  # fmt: skip
    saved = (
        actions.attempt(settings.change_quiet, rule_id=rule.id, seen_version=rule.version,
                        given=given)
        if rule
        else actions.attempt(settings.add_quiet, given=given)
    )  # fmt: skip
    if saved:
        st.rerun()


def _for_whom(who: auth.Who, key: str) -> tuple[Audience, int | None]:
    """Draw whose mail waits, and of which department; its hours go before the organisation's."""
    audience = forms.pick(f"{key}.audience", t("caps.audience"), list(Audience),
                          value=Audience.EXTERNAL,
                          shown=lambda one: t(f"caps.audience.{one}"))  # fmt: skip
    known = _cap.places(who, CapScope.DEPARTMENT)
    chosen = forms.pick(f"{key}.department_id", t("caps.quiet.department"),
                        [EVERYWHERE, *known], value=next(iter(known), EVERYWHERE),
                        shown=lambda one: known.get(one) or t("caps.quiet.everywhere"),
                        hint=t("caps.quiet.department.hint"))  # fmt: skip
    return audience or Audience.EXTERNAL, chosen or None


def _hour(key: str, name: str, known: time | None) -> time | None:
    hint = t("caps.quiet.zone" if name == "starts" else "caps.quiet.empty")
    return dates.time_field(key, t(f"caps.quiet.{name}"), value=known, hint=hint)


def _is_wrong(key: str, **hours: object) -> bool:
    """Return whether something stands in a field that is no hour; empty means no hours."""
    return any(at is None and str(st.session_state.get(f"{key}.{name}", "")).strip()
               for name, at in hours.items())  # fmt: skip
