"""Aids for writing a template: the fields it may read, and the topic its mails belong to."""

import streamlit as st

from components import actions, auth, forms
from components.i18n import language, plain, t
from core.access.terms import Permission
from core.consent.rules import in_language
from core.consent.topics import list_topics
from core.templates import service
from core.templates.models import Template

KEY = "templates"
FIELDS = ("contact.first_name", "contact.last_name", "contact.full_name", "organisation.name",
          "sender.name", "links.preferences", "links.unsubscribe")  # fmt: skip


def fields() -> None:
    """Draw what can be written into a text."""
    with st.popover(t("templates.fields"), icon=":material/data_object:"):
        st.caption(t("templates.fields.hint"))
        for name in FIELDS:
            st.markdown(plain(t(f"templates.field.{name}")))
            st.code("{{ " + name + " }}", language=None)
        st.caption(t("templates.fields.fallback"))
        st.code('{{ contact.first_name | default("…") }}', language=None)


def topic(who: auth.Who, template: Template) -> bool:
    """Draw the choice of the topic, of the template's own class; return whether it was changed."""
    if not auth.may(who, Permission.TEMPLATE_EDIT) or not auth.may(who, Permission.TOPIC_VIEW):
        return False
    found = [line.topic for line in actions.ask(list_topics)]
    known = {
        one.id: in_language(one.names, [language()])
        for one in found
        if one.id == template.topic_id
        or (one.is_active and one.klass.value == template.klass.value)
    }
    if not known:
        return False
    held = template.topic_id or 0
    chosen = forms.pick(f"{KEY}.edit.topic_id", t("templates.topic"), [0, *known], value=held,
                        shown=lambda one: known.get(one) or t("templates.topic.none"),
                        hint=t("templates.topic.hint"))  # fmt: skip
    if chosen is None or chosen == held:
        return False
    return actions.attempt(service.set_topic, template_id=template.id,
                           seen_version=template.version, topic_id=chosen or None)  # fmt: skip
