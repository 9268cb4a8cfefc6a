"""The form of a kind of subscription: its words in three languages, and how people get it."""

from collections.abc import Mapping

import streamlit as st

from components import actions, auth, forms
from components.i18n import language, t
from core.consent import topics
from core.consent.models import Topic
from core.consent.terms import TopicClass, TopicInput, TopicRule
from core.i18n.terms import Language

KEY = "topics"


def named(texts: Mapping[str, str]) -> str:
    """Return the text in the person's language, else in any."""
    return texts.get(language().value) or next(iter(texts.values()), "")


def form(who: auth.Who, topic: Topic | None) -> None:
    """Draw the form, a new one where there is none; keep it when asked to."""
    key = f"{KEY}.edit{topic.id if topic else ''}"
    names, promises = _words(key, topic)
    klass = forms.pick(f"{key}.klass", t("topics.class"), list(TopicClass),
                       value=topic.klass if topic else TopicClass.PROMOTIONAL,
                       shown=lambda one: t(f"templates.class.{one}"))  # fmt: skip
    rule = forms.pick(f"{key}.rule", t("topics.rule"), list(TopicRule),
                      value=topic.rule if topic else TopicRule.OPT_IN,
                      shown=lambda one: t(f"topics.rule.{one}"))  # fmt: skip
    known = {one.id: one.names.get(language().value) or t(f"department.{one.kind}")
             for one in who.departments}  # fmt: skip
    held = topic.department_id if topic else None
    if held is not None and held not in known:
        known[held] = t("topics.department.other")
    department = forms.pick(f"{key}.department_id", t("topics.department"), [0, *known],
                            value=held or 0, shown=lambda one: known.get(one)
                            or t("topics.department.all"))  # fmt: skip
    is_double = forms.switch(f"{key}.is_double", t("topics.double"), hint=t("topics.double.hint"),
                             value=topic.is_double if topic else True)  # fmt: skip
    is_visible = forms.switch(f"{key}.is_visible", t("topics.visible"),
                              value=topic.is_visible if topic else True)  # fmt: skip
    is_public = forms.switch(f"{key}.is_public", t("topics.public"), hint=t("topics.public.hint"),
                             value=topic.is_public if topic else False)  # fmt: skip
    if not forms.save_bar(key):
        return
    given = TopicInput(names=names, promises=promises, klass=klass or TopicClass.PROMOTIONAL,
                       rule=rule or TopicRule.OPT_IN, department_id=department or None,
                       is_visible=is_visible, is_public=is_public, is_double=is_double)  # fmt: skip
    saved = (
        actions.attempt(topics.change_topic, topic_id=topic.id, seen_version=topic.version,
                        given=given)
        if topic
        else actions.attempt(topics.create_topic, given=given)
    )  # fmt: skip
    if saved:
        st.rerun()


def _words(key: str, topic: Topic | None) -> tuple[dict[str, str], dict[str, str]]:
    """Draw name and promise, one tab a language, the person's own first."""
    names, promises = {}, {}
    order = sorted(Language, key=lambda one: one is not language())
    for code, tab in zip(order, st.tabs([one.own_name for one in order]), strict=True):
        with tab:
            names[code.value] = forms.text(
                f"{key}.{code}.names", t("topics.name"), example=t("topics.name.example"),
                value=topic.names.get(code.value, "") if topic else "", field="names",
            )  # fmt: skip
            promises[code.value] = forms.text(
                f"{key}.{code}.promises", t("topics.promise"), field="promises",
                example=t("topics.promise.example"), hint=t("topics.promise.hint"),
                value=topic.promises.get(code.value, "") if topic else "",
            )  # fmt: skip
    return names, promises
