"""Templates: mails that can be used again, written in up to three languages."""

import streamlit as st

from components import actions, auth, empty, forms, page, tables
from components.html import Tone, safe, show, tag
from components.i18n import language as my_language
from components.i18n import t
from components.tables import Cell, Column, Row
from core.access.terms import Permission
from core.i18n.terms import Language
from core.templates import service
from core.templates.models import Template, TemplateVersion
from core.templates.service import TemplateInput
from core.templates.shipped import name_in
from core.templates.terms import MessageClass
from pages.workspace import _template

KEY = "templates"
OPEN = f"{KEY}.opened"
PURPOSES = ("welcome", "announcement", "other")
TONES: tuple[Tone, ...] = ("muted", "danger", "good", "notice")  # in the order of the classes


def _klass(klass: MessageClass) -> str:
    return t(f"templates.class.{klass}")


def _list() -> None:
    found = actions.ask(service.list_templates)
    spoken = actions.ask(service.languages)
    if not found:
        empty.show(KEY, key=KEY)
        return
    columns = [Column(one, t(f"templates.column.{one}")) for one in ("name", "class", "languages")]
    rows = [
        Row(
            id=str(one.id),
            cells={
                "name": name_in(one, my_language()),
                "class": Cell(_klass(one.klass), tone=TONES[list(MessageClass).index(one.klass)]),
                "languages": " · ".join(code.own_name for code in spoken.get(one.id, [])),
            },
        )
        for one in found
    ]
    pressed = tables.show(f"{KEY}.table", columns, rows, label=t("templates.title"), opens=True)
    if pressed.opened:
        _go(int(pressed.opened))


def _go(template_id: int | None) -> None:
    """Open this template (0 for a new one), or the list again."""
    for key in [key for key in st.session_state if str(key).startswith(f"{KEY}.edit.")]:
        del st.session_state[key]
    st.session_state[OPEN] = template_id
    st.rerun()


def _texts(known: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Draw one tab a language, the person's own first; return what is written."""
    order = sorted(Language, key=lambda one: one is not my_language())
    texts = {}
    for code, tab in zip(order, st.tabs([one.own_name for one in order]), strict=True):
        with tab:
            text = known.get(code.value, {})
            texts[code.value] = {
                "subject": forms.text(f"{KEY}.edit.{code}.subject", t("templates.subject"),
                                      value=text.get("subject", ""), field="subject"),
                "body": forms.area(f"{KEY}.edit.{code}.body", t("templates.body"),
                                   value=text.get("body", ""), hint=t("templates.body.hint"),
                                   height=280),
            }  # fmt: skip
    return texts


def _edit(template: Template, version: TemplateVersion) -> None:
    show(tag("h2", safe(name_in(template, my_language())), class_="ch-heading"))
    st.caption(t("templates.version", number=version.number, klass=_klass(template.klass)))
    writing, seeing = st.columns([3, 2], gap="large")
    may = auth.may(who, Permission.TEMPLATE_EDIT)
    with writing:
        if _template.topic(who, template):
            _go(template.id)
        _template.fields()
        texts = _texts(version.texts)
        if forms.save_bar(f"{KEY}.edit.save", label=t("templates.save"), ready=may):
            saved = actions.perform(service.save_version, toast="templates.saved",
                                    template_id=template.id, seen_version=template.version,
                                    texts=texts)  # fmt: skip
            if saved is not None:
                _go(template.id)
    with seeing:
        _preview(version)


def _preview(version: TemplateVersion) -> None:
    there = [one for one in Language if one.value in version.texts]
    chosen = st.segmented_control(t("templates.preview"), there, key=f"{KEY}.preview",
                                  default=my_language() if my_language() in there else there[0],
                                  format_func=lambda one: one.own_name)  # fmt: skip
    st.iframe(f"/preview/template/{version.id}/{chosen or there[0]}", height=560)
    st.caption(t("templates.preview.hint"))


def _new() -> None:
    with page.column():
        name = forms.text(f"{KEY}.edit.name", t("templates.name"))
        klass = forms.pick(f"{KEY}.edit.klass", t("templates.class"), list(MessageClass),
                           value=MessageClass.RELATIONSHIP, shown=_klass,
                           hint=t("templates.class.hint"))  # fmt: skip
        purpose = forms.pick(f"{KEY}.edit.purpose", t("templates.purpose.label"), PURPOSES,
                             value="other",
                             shown=lambda one: t(f"templates.purpose.{one}"))  # fmt: skip
        texts = _texts({})
        if forms.save_bar(f"{KEY}.edit.save", label=t("templates.save")):
            given = TemplateInput(name, purpose or "other", klass or MessageClass.RELATIONSHIP)
            made = actions.perform(service.add_template, toast="templates.saved", given=given,
                                   texts=texts)  # fmt: skip
            if made is not None:
                _go(made.id)


who = auth.required()
main = page.header(KEY)
opened = st.session_state.get(OPEN)
if opened is None:
    with main:
        if auth.may(who, Permission.TEMPLATE_EDIT) and st.button(
            t("templates.new"), type="primary", key=f"{KEY}.new", icon=":material/add:"
        ):
            _go(0)
    _list()
else:
    with main:
        if st.button(t("common.back"), key=f"{KEY}.back"):
            _go(None)
    if opened:
        _edit(*actions.ask(service.read_template, template_id=opened))
    else:
        _new()
