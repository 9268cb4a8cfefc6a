"""Forms: built by click, put on a page of their own or on anybody's, and what was sent."""

import streamlit as st

from components import actions, auth, empty, page, tables
from components.html import safe, show, tag
from components.i18n import ago, moment, t
from components.tables import Cell, Column, Row
from core.access.terms import Permission
from core.forms import embedding, service
from core.forms.models import Form
from pages.workspace import _form

KEY = "forms"
OPEN = f"{KEY}.opened"
PARTS = ("build", "publish", "sent")


def _list() -> None:
    found = actions.ask(service.list_forms)
    if not found:
        empty.show(KEY, key=KEY)
        return
    columns = [Column("name", t("forms.name")), Column("language", t("forms.language")),
               Column("state", t("forms.state")),
               Column("count", t("forms.sent_count"), kind="number")]  # fmt: skip
    rows = [
        Row(
            id=str(line.form.id),
            cells={
                "name": line.form.name,
                "language": line.form.language.own_name,
                "state": Cell(t("forms.open" if line.form.is_open else "forms.closed"),
                              tone="good" if line.form.is_open else "muted"),
                "count": line.submission_count,
            },
        )
        for line in found
    ]  # fmt: skip
    pressed = tables.show(f"{KEY}.table", columns, rows, label=t("forms.title"), opens=True)
    if pressed.opened:
        _go(int(pressed.opened))


def _go(form_id: int | None) -> None:
    """Open this form (0 for a new one), or the list again."""
    for key in [key for key in st.session_state if str(key).startswith(f"{KEY}.edit.")]:
        del st.session_state[key]
    st.session_state[OPEN] = form_id
    st.rerun()


def _one(form_id: int) -> None:
    form, held = actions.ask(service.read_form, form_id=form_id)
    show(tag("h2", safe(form.name), class_="ch-heading"))
    part = st.segmented_control(t("forms.part"), PARTS, key=f"{KEY}.part", default="build",
                                format_func=lambda one: t(f"forms.part.{one}"),
                                label_visibility="collapsed")  # fmt: skip
    if part == "sent":
        _sent(form)
    elif part == "publish":
        _publish(form)
    else:
        writing, seeing = st.columns([3, 2], gap="large")
        with writing:
            if _form.draw(who, form):
                _go(form_id)
            if may_edit:
                _form.file_of(form, held)
        with seeing:
            _preview(form)


def _preview(form: Form) -> None:
    page.section("forms.preview")
    if form.is_open:
        st.iframe(f"/f/{form.public_id}/frame", height=620)
    st.caption(t("forms.preview.hint" if form.is_open else "forms.closed.hint"))


def _publish(form: Form) -> None:
    """Show where the form is, what to copy for another page, and the switch that closes it."""
    with page.column():
        page.section("forms.link")
        st.code(embedding.address(form), language=None)
        page.section("forms.embed.html")
        st.caption(t("forms.embed.html.hint"))
        code = actions.ask(embedding.plain_html, form_id=form.id)
        st.code(code, language="html", wrap_lines=True)
        page.section("forms.embed.frame")
        st.code(embedding.frame(form), language="html", wrap_lines=True)
        if may_edit:
            _switch(form)


def _switch(form: Form) -> None:
    verb = service.close_form if form.is_open else service.reopen_form
    label = t("forms.close" if form.is_open else "forms.reopen")
    if st.button(label, key=f"{KEY}.switch") and actions.attempt(
        verb, form_id=form.id, seen_version=form.version
    ):
        st.rerun()


def _sent(form: Form) -> None:
    found = actions.ask(service.list_submissions, form_id=form.id, page=tables.number(KEY))
    if not found.total:
        empty.show("forms.sent", key=f"{KEY}_sent")
        return
    columns = [Column(name, t(f"forms.sent.{name}")) for name in ("person", "state", "at")]
    rows = [
        Row(
            id=str(sent.id),
            cells={
                "person": f"{person.first_name} {person.last_name}".strip() or person.search_key
                if person else t("common.unknown"),
                "state": t(f"forms.sent.state.{sent.state}"),
                "at": Cell(ago(sent.sent_at), hover=moment(sent.sent_at)),
            },
        )
        for sent, person in found.lines
    ]  # fmt: skip
    tables.show(f"{KEY}.sent", columns, rows, label=t("forms.part.sent"))
    tables.foot(tables.sheet(KEY, found.total))


who = auth.required()
may_edit = auth.may(who, Permission.FORM_EDIT)
main = page.header(KEY)
opened = st.session_state.get(OPEN)
with main:
    if opened is not None and st.button(t("common.back"), key=f"{KEY}.back"):
        _go(None)
    if opened is None and may_edit and st.button(
        t("forms.add"), type="primary", key=f"{KEY}.add", icon=":material/add:"
    ):  # fmt: skip
        _go(0)
if opened is None:
    _list()
elif opened:
    _one(opened)
else:
    with page.column():
        made = _form.draw(who, None)
    if made:
        _go(made)
