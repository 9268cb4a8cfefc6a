"""The sentence of a rule as a form, and what the rule would do today."""

import streamlit as st

from components import actions, forms
from components.html import note, safe, show, tag
from components.i18n import t
from core.alerts.terms import Explanation, Level, Nag, RuleDraft, Severity
from core.operations import service as stock
from pages.operations._people import Staff, contacts, departments

KEY = "rules"
FEW = 8


def sentence(old: RuleDraft, people: Staff) -> RuleDraft:
    """Draw the sentence; return the rule that it says."""
    with forms.sentence("rule"):
        st.markdown(t("alert.sentence.when"))
        categories = forms.many(f"{KEY}.form.categories", t("alert.field.categories"),
                                actions.ask(stock.categories), value=old.categories,
                                hint=t("rules.categories.hint"))  # fmt: skip
        st.markdown(t("alert.sentence.falls"))
        level = forms.pick(f"{KEY}.form.level", t("alert.field.level"), list(Level),
                           value=old.level, shown=lambda one: t(f"alert.level.{one}"))  # fmt: skip
        count = None
        if level is Level.NUMBER:
            count = forms.count(f"{KEY}.form.number", t("alert.field.number"), value=old.number)
        st.markdown(t("alert.sentence.then"))
        told = forms.many(f"{KEY}.form.people", t("alert.field.people"), people.keys,
                          value=people.keys_of(old), shown=people.name)  # fmt: skip
        st.markdown(t("alert.sentence.end"))
    with st.container(horizontal=True, key="rules_manner"):
        severity = forms.pick(
            f"{KEY}.form.severity",
            t("alert.field.severity"),
            list(Severity),
            value=old.severity,
            shown=lambda one: t(f"alert.severity.{one}"),
        )
        nag = forms.pick(
            f"{KEY}.form.nag",
            t("alert.field.nag"),
            list(Nag),
            value=old.nag,
            shown=lambda one: t(f"alert.nag.{one}"),
        )
    if severity is not None:
        st.caption(t(f"alert.severity_hint.{severity}"))
    recovery = forms.switch(f"{KEY}.form.tells_recovery", t("alert.field.tells_recovery"),
                            value=old.tells_recovery)  # fmt: skip
    return RuleDraft(
        name=old.name,
        department_id=old.department_id,
        codes=old.codes,
        categories=tuple(categories),
        level=level or Level.REORDER_POINT,
        number=count,
        severity=severity or Severity.WARNING,
        nag=nag or Nag.OFF,
        tells_recovery=recovery,
        contact_ids=contacts(told),
        department_ids=departments(told),
    )


def today(found: Explanation) -> None:
    """Say whom the rule would warn about what today."""
    lines: list[str] = []
    names = [person.name for person in found.people] or [t("alert.people.nobody")]
    if not found.people:
        note(t("alert.explain.nobody"), tone="warning")
    elif found.item_count:
        note(t("alert.explain.today", people=names, count=found.item_count), tone="notice")
    else:
        note(t("alert.explain.nothing", people=names), tone="good")
    for item in found.items[:FEW]:
        left = t("rules.left", count=item.on_hand, level=item.level)
        lines.append(tag("li", tag("b", safe(item.name)), tag("span", safe(left))))
    show(tag("ul", *lines, class_="ch-rows"))
