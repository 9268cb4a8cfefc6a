"""The sentence of a rule as a form, and what the rule would do today."""

import re
from collections.abc import Callable, Sequence

import streamlit as st

from components import actions, forms, page
from components.html import note, safe, show, tag
from components.i18n import plain, t
from core.alerts.terms import Explanation, Level, Nag, RuleDraft, Severity
from core.operations import service as stock
from pages.operations._people import Staff, contacts, departments

KEY = "rules"
FEW = 8
REFUSALS = {"recipients": "people"}
"""How the fields of the verb are named in this form."""
_BETWEEN = re.compile(r"[\s,،;؛]+")


def sentence(old: RuleDraft, people: Staff) -> RuleDraft:
    """Draw the sentence and the manner; return the rule that they say."""
    with forms.sentence("rule"):
        _words("when")
        known = actions.ask(stock.categories)
        categories = _some("categories", known, value=old.categories, empty=t("alert.items.all"))
        _words("falls")
        level = _level(old.level)
        count = None
        if level is Level.NUMBER:
            with st.container(width=110):
                count = forms.count(f"{KEY}.form.number", t("alert.field.number"), value=old.number)
        _words("then")
        told = _some("people", people.keys, value=people.keys_of(old), shown=people.name,
                     empty=t("alert.people.nobody"), width=270)  # fmt: skip
        _words("end")
    with page.column():
        manner = _manner(old)
    return manner.model_copy(
        update={
            "categories": tuple(categories),
            "level": level,
            "number": count,
            "contact_ids": contacts(told),
            "department_ids": departments(told),
        }
    )


def _words(name: str) -> None:
    st.markdown(plain(t(f"alert.sentence.{name}")), width="content")


def _some(
    name: str,
    options: Sequence[str],
    *,
    value: Sequence[str],
    empty: str,
    shown: Callable[[str], str] = str,
    width: int = 190,
) -> list[str]:
    """Draw a word of the sentence that stands for several; return those chosen."""
    key = f"{KEY}.form.{name}"
    st.session_state.setdefault(key, [one for one in value if one in options])
    with st.container(width=width), forms.frame(key):
        chosen: list[str] = st.multiselect(
            t(f"alert.field.{name}"), options, key=key, format_func=shown, placeholder=empty,
            label_visibility="collapsed",
        )  # fmt: skip
    return chosen


def _level(value: Level) -> Level:
    """Draw the word that says where low begins; return it."""
    key = f"{KEY}.form.level"
    st.session_state.setdefault(key, value)
    with st.container(width=190), forms.frame(key):
        st.selectbox(
            t("alert.field.level"), list(Level), key=key, label_visibility="collapsed",
            format_func=lambda one: t(f"alert.level.{one}"),
        )  # fmt: skip
    return Level(st.session_state[key])


def _manner(old: RuleDraft) -> RuleDraft:
    """Draw how urgent it is, how often it is said, and which items alone; return these parts."""
    with st.container(horizontal=True, key="rules_manner"):
        severity = forms.pick(f"{KEY}.form.severity", t("alert.field.severity"), list(Severity),
                              value=old.severity,
                              shown=lambda one: t(f"alert.severity.{one}"))  # fmt: skip
        nag = forms.pick(f"{KEY}.form.nag", t("alert.field.nag"), list(Nag), value=old.nag,
                         shown=lambda one: t(f"alert.nag.{one}"))  # fmt: skip
    if severity is not None:
        st.caption(t(f"alert.severity_hint.{severity}"))
    codes = forms.text(f"{KEY}.form.codes", t("alert.field.codes"), value=", ".join(old.codes),
                       hint=t("rules.codes.hint"), example="A-1004, A-1005")  # fmt: skip
    recovery = forms.switch(f"{KEY}.form.tells_recovery", t("alert.field.tells_recovery"),
                            value=old.tells_recovery)  # fmt: skip
    return RuleDraft(
        name=old.name,
        department_id=old.department_id,
        codes=tuple(code for code in _BETWEEN.split(codes) if code),
        severity=severity or Severity.WARNING,
        nag=nag or Nag.OFF,
        tells_recovery=recovery,
    )


def today(found: Explanation) -> None:
    """Say whom the rule would warn about what today."""
    names = [person.name for person in found.people] or [t("alert.people.nobody")]
    if not found.people:
        note(t("alert.explain.nobody"), tone="warning")
    elif found.item_count:
        note(t("alert.explain.today", people=names, count=found.item_count), tone="notice")
    else:
        note(t("alert.explain.nothing", people=names), tone="good")
    deaf = [person.name for person in found.people if not person.is_reachable]
    if deaf:
        note(t("alert.explain.unreachable", people=deaf), tone="warning")
    lines = []
    for item in found.items[:FEW]:
        left = t("rules.left", count=item.on_hand, level=item.level)
        lines.append(tag("li", tag("b", safe(item.name)), tag("span", safe(left))))
    show(tag("ul", *lines, class_="ch-rows"))
    if found.item_count > FEW:
        st.caption(t("alert.explain.more", count=found.item_count - FEW))
