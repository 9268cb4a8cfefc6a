"""The builder of a form: fields, kinds of subscription, words, what follows, and a file."""

import streamlit as st

from components import actions, auth, forms
from components.i18n import language, plain, t
from core.access.terms import Permission
from core.consent import topics
from core.contacts import attributes
from core.files.models import File
from core.forms import service
from core.forms.models import Form
from core.forms.terms import CUSTOM, FieldInput, FieldName, FormInput, FormText, Upload
from core.i18n.terms import Language

KEY = "forms"
LONG = (FormText.INTRO, FormText.THANKS)
USUAL = (FieldName.EMAIL.value, FieldName.FIRST_NAME.value)


def draw(who: auth.Who, form: Form | None) -> int | None:
    """Draw the builder; return the form's id once it was saved."""
    key = f"{KEY}.edit"
    name = forms.text(f"{key}.name", t("forms.name"), value=form.name if form else "",
                      example=t("forms.name.example"), hint=t("forms.name.hint"))  # fmt: skip
    spoken = forms.pick(f"{key}.language", t("forms.language"), list(Language),
                        value=form.language if form else language(),
                        shown=lambda one: one.own_name) or language()  # fmt: skip
    fields = _fields(key, form, spoken)
    topic_ids = _topics(key, form)
    texts = {one.value: _text(key, form, one) for one in FormText}
    source = forms.text(f"{key}.source", t("forms.source"), value=form.source if form else "",
                        example=t("forms.source.example"), hint=t("forms.source.hint"))  # fmt: skip
    url = forms.text(f"{key}.redirect_url", t("forms.redirect"), hint=t("forms.redirect.hint"),
                     value=form.redirect_url if form else "", example="https://example.com/thanks",
                     kind="url")  # fmt: skip
    may = auth.may(who, Permission.FORM_EDIT)
    if not forms.save_bar(key, ready=may):
        return None
    given = FormInput(name=name, language=spoken, texts=texts, fields=fields, topic_ids=topic_ids,
                      source=source, redirect_url=url,
                      department_id=form.department_id if form else None)  # fmt: skip
    saved = (
        actions.perform(service.change_form, form_id=form.id, seen_version=form.version,
                        given=given)
        if form
        else actions.perform(service.create_form, given=given)
    )  # fmt: skip
    return saved.id if saved else None


def _text(key: str, form: Form | None, one: FormText) -> str:
    known = next(iter(form.texts.get(one.value, {}).values()), "") if form else ""
    label = t(f"forms.text.{one}")
    if one in LONG:
        return forms.area(f"{key}.{one}", label, value=known, height=90,
                          hint=t(f"forms.text.{one}.hint"))  # fmt: skip
    return forms.text(f"{key}.{one}", label, value=known, hint=t(f"forms.text.{one}.hint"))


def _fields(key: str, form: Form | None, spoken: Language) -> list[FieldInput]:
    """Draw which fields are asked for, in which order, and each one's label and duty."""
    names = {one.value: t(f"form.field.{one}") for one in FieldName}
    for row in actions.ask(attributes.list_attributes):
        if row.is_active:
            names[f"{CUSTOM}{row.key}"] = row.names.get(language().value) or row.key
    known = {str(one["field"]): one for one in form.fields} if form else {}
    with forms.frame(f"{key}.fields", hint=t("forms.fields.hint")):
        chosen = st.multiselect(
            plain(t("forms.fields")), [*names, *(one for one in known if one not in names)],
            [*known] or list(USUAL), key=f"{key}.fields",
            format_func=lambda one: names.get(one, one), placeholder=t("frame.choose_many"),
        )  # fmt: skip
    found = []
    with st.expander(t("forms.labels")):
        for name in chosen:
            held = known.get(name, {})
            label = held.get("label")
            own = label.get(spoken.value, "") if isinstance(label, dict) else ""
            with st.container(horizontal=True, vertical_alignment="bottom"):
                typed = forms.text(f"{key}.label.{name}", names.get(name, name), value=own,
                                   example=t("forms.label.usual"))  # fmt: skip
                is_email = name == FieldName.EMAIL
                needed = is_email or forms.switch(f"{key}.needed.{name}", t("forms.required"),
                                                  value=bool(held.get("is_required")))  # fmt: skip
            found.append(FieldInput(field=name, label=typed, is_required=needed))
    return found


def _topics(key: str, form: Form | None) -> list[int]:
    public = {
        one.topic.id: one.topic for one in actions.ask(topics.list_topics)
        if one.topic.is_public and one.topic.is_active
    }  # fmt: skip
    if not public:
        st.caption(t("forms.topics.none"))
        return []
    return forms.many(
        f"{key}.topic_ids", t("forms.topics"), list(public),
        value=form.topic_ids if form else (), hint=t("forms.topics.hint"),
        shown=lambda one: public[one].names.get(language().value)
        or next(iter(public[one].names.values())),
    )  # fmt: skip


def file_of(form: Form, held: File | None) -> None:
    """Draw the file that the form gives away, and what replaces it."""
    if held is not None:
        st.markdown(plain(t("forms.file.held", name=held.original_name)))
        if st.button(t("forms.file.remove"), key=f"{KEY}.file.remove") and actions.attempt(
            service.set_file, form_id=form.id, seen_version=form.version, upload=None
        ):
            st.rerun()
    given = st.file_uploader(plain(t("forms.file")), key=f"{KEY}.file.{form.version}",
                             max_upload_size=20)  # fmt: skip
    st.caption(t("forms.file.hint"))
    if given is None:
        return
    upload = Upload(given.name, given.type or "", given.getvalue())
    if actions.attempt(service.set_file, form_id=form.id, seen_version=form.version, upload=upload):
        st.rerun()
