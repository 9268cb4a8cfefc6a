"""Kinds of subscription, the suppression list, and the domains nobody is taken in from."""

import streamlit as st

from components import actions, auth, empty, page
from components.html import badge, safe, show, tag
from components.i18n import number, t
from core.access.terms import Permission
from core.consent import topics
from core.consent.terms import TopicRule
from core.consent.topics import TopicLine
from pages.workspace import _domains, _suppressions, _topic

KEY = "topics"
PARTS = ("list", "suppressed", "domains")


def _list() -> None:
    found = actions.ask(topics.list_topics)
    if not found:
        empty.show(KEY, key=KEY)
    for line in found:
        _card(line)


def _card(line: TopicLine) -> None:
    """Draw a topic: its name and promise, how people get it, and how many do."""
    topic = line.topic
    marks = [badge(t(f"templates.class.{topic.klass}"), "muted"),
             badge(t(f"topics.rule.{topic.rule}.short"), "notice")]  # fmt: skip
    marks += [badge(t("topics.public.short"), "good")] if topic.is_public else []
    marks += [] if topic.is_visible else [badge(t("topics.hidden.short"), "muted")]
    marks += [] if topic.is_active else [badge(t("topics.archived"), "warning")]
    with st.container(border=True, key=f"topic_card_{topic.id}", horizontal=True,
                      vertical_alignment="center", horizontal_alignment="distribute"):  # fmt: skip
        with st.container(width=620):
            name = tag("b", safe(_topic.named(topic.names)))
            promise = tag("p", safe(_topic.named(topic.promises)), class_="ch-purpose")
            counted = tag("p", safe(_counted(line)), class_="ch-field-hint")
            show(tag("div", name, " ", " ".join(marks)) + promise + counted)
        if may_edit:
            with st.container(horizontal=True, width="content"):
                _buttons(line)


def _counted(line: TopicLine) -> str:
    said = [t("topics.confirmed", number=number(line.confirmed_count))]
    if line.unconfirmed_count:
        said.append(t("topics.unconfirmed", number=number(line.unconfirmed_count)))
    said.append(t("topics.unsubscribed", number=number(line.unsubscribed_count)))
    if line.topic.rule is TopicRule.OPT_OUT:
        said[0] = t("topics.everybody")
    return " · ".join(said)


def _buttons(line: TopicLine) -> None:
    topic = line.topic
    if st.button(t("common.edit"), key=f"{KEY}.edit{topic.id}", type="tertiary"):
        st.dialog(t("topics.edit"), width="medium")(_topic.form)(who, topic)
    verb = topics.archive_topic if topic.is_active else topics.restore_topic
    label = t("topics.archive" if topic.is_active else "topics.restore")
    if st.button(label, key=f"{KEY}.switch{topic.id}", type="tertiary") and actions.attempt(
        verb, topic_id=topic.id, seen_version=topic.version
    ):
        st.rerun()


who = auth.required()
may_edit = auth.may(who, Permission.TOPIC_EDIT)
main = page.header(KEY)
part = st.segmented_control(t("topics.part"), PARTS, key=f"{KEY}.part", default="list",
                            format_func=lambda one: t(f"topics.part.{one}"),
                            label_visibility="collapsed")  # fmt: skip
if part == "suppressed" and auth.may(who, Permission.CONTACT_VIEW):
    _suppressions.draw(who)
elif part == "domains":
    _domains.draw(who)
else:
    with main:
        adding = may_edit and st.button(t("topics.add"), type="primary", key=f"{KEY}.add",
                                        icon=":material/add:")  # fmt: skip
    _list()
    if adding:
        st.dialog(t("topics.add"), width="medium")(_topic.form)(who, None)
