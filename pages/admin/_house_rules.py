"""The rules of the house that laws speak of, beside how long data is kept."""

from dataclasses import replace

import streamlit as st

from components import actions, forms
from components.i18n import number, plain, t
from core.consent import policy
from core.consent.terms import HouseRules

KEY = "privacy.house"


def draw(*, may_edit: bool) -> None:
    """Draw the rules in sentences; whoever may change settings changes them."""
    rules = actions.ask(policy.read_house_rules)
    with st.container(border=True, key="house_rules"):
        for code in _codes(rules):
            st.markdown(plain(t(code, days=number(rules.answer_days))))
        if may_edit and st.button(t("common.edit"), key=f"{KEY}.edit", type="tertiary"):
            st.dialog(t("privacy.house.edit"))(_edit)(rules)


def _codes(rules: HouseRules) -> list[str]:
    """Return the sentences that tell the rules."""
    return [
        "privacy.house.asks_twice" if rules.asks_twice else "privacy.house.asks_by_topic",
        "privacy.house.erasure_waits" if rules.erasure_waits else "privacy.house.erasure_at_once",
        "privacy.house.answer_days",
    ]


def _edit(rules: HouseRules) -> None:
    asks_twice = forms.switch(f"{KEY}.asks_twice", t("privacy.house.asks_twice.label"),
                              value=rules.asks_twice,
                              hint=t("privacy.house.asks_twice.hint"))  # fmt: skip
    waits = forms.switch(f"{KEY}.erasure_waits", t("privacy.house.erasure_waits.label"),
                         value=rules.erasure_waits,
                         hint=t("privacy.house.erasure_waits.hint"))  # fmt: skip
    days = forms.count(f"{KEY}.answer_days", t("privacy.house.answer_days.label"),
                       value=rules.answer_days,
                       hint=t("privacy.house.answer_days.hint"))  # fmt: skip
    given = replace(rules, asks_twice=asks_twice, erasure_waits=waits, answer_days=days or 0)
    if forms.save_bar(KEY, ready=days is not None) and (
        actions.attempt(policy.set_house_rules, given=given)
    ):
        for name in ("asks_twice", "erasure_waits", "answer_days"):
            st.session_state.pop(f"{KEY}.{name}", None)
        st.rerun()
