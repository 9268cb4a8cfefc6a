"""Custom fields: what else is known of a person, defined once and filled everywhere."""

import streamlit as st

from components import actions, auth, empty, forms, page, tables
from components.i18n import language, t
from components.tables import Cell, Column, Row
from core.access.terms import Permission
from core.contacts import attributes
from core.contacts.attributes import AttributeInput
from core.contacts.models import Attribute
from core.contacts.terms import AttributeKind
from core.i18n.terms import Language

KEY = "custom_fields"
COLUMNS = ("name", "kind", "required", "state")
CHOOSING = (AttributeKind.CHOICE, AttributeKind.CHOICES)


def _name(one: Attribute) -> str:
    return one.names.get(language().value) or next(iter(one.names.values()), one.key)


def _row(one: Attribute) -> Row:
    return Row(
        id=str(one.id),
        cells={
            "name": Cell(_name(one), note=f"\u2066{one.key}\u2069"),
            "kind": t(f"attribute.kind.{one.kind}"),
            "required": t("common.yes" if one.is_required else "common.no"),
            "state": Cell(t("attribute.used" if one.is_active else "attribute.unused"),
                          tone="good" if one.is_active else "muted"),
        },
    )  # fmt: skip


def _form(attribute_id: int | None = None) -> None:
    """Draw the form of a field; key and kind are chosen once."""
    key = "attribute"
    found = actions.ask(attributes.list_attributes)
    one = next((row for row in found if row.id == attribute_id), None)
    seen = st.session_state.setdefault(f"{key}.seen", one.version if one else 1)
    names = {
        spoken.value: forms.text(f"{key}.name_{spoken.value}", t(f"attribute.name.{spoken.value}"),
                                 value=one.names.get(spoken.value, "") if one else "",
                                 field="names" if spoken is Language.FA else "")
        for spoken in Language
    }  # fmt: skip
    kind = one.kind if one else forms.pick(f"{key}.kind", t("attribute.kind"), list(AttributeKind),
                                           value=AttributeKind.TEXT,
                                           shown=lambda it: t(f"attribute.kind.{it}"))  # fmt: skip
    typed = "" if one else forms.text(f"{key}.key", t("attribute.key"), example="shoe_size",
                                      hint=t("attribute.key.hint"))  # fmt: skip
    options = ""
    if kind in CHOOSING:
        known = [str(option["value"]) for option in one.options] if one else []
        options = forms.area(f"{key}.options", t("attribute.options"), value="\n".join(known),
                             hint=t("attribute.options.hint"))  # fmt: skip
    required = forms.switch(f"{key}.required", t("attribute.required.label"),
                            value=one.is_required if one else False)  # fmt: skip
    active = one is None or forms.switch(f"{key}.active", t("attribute.used"), value=one.is_active)
    given = AttributeInput(key=typed, names=names, kind=kind or AttributeKind.TEXT,
                           options=tuple(options.splitlines()), is_required=required,
                           is_active=active)  # fmt: skip
    if forms.save_bar(key) and _save(one, given, seen):
        for name in [name for name in st.session_state if str(name).startswith(f"{key}.")]:
            del st.session_state[name]
        st.rerun()


def _save(one: Attribute | None, given: AttributeInput, seen: int) -> bool:
    if one is None:
        return actions.attempt(attributes.add_attribute, given=given)
    return actions.attempt(attributes.change_attribute, attribute_id=one.id, version=seen,
                           given=given)  # fmt: skip


who = auth.required()
may_edit = auth.may(who, Permission.CONTACT_CONFIGURE)
with page.header(KEY):
    adding = may_edit and st.button(t("custom_fields.add"), type="primary", key=f"{KEY}.add",
                                    icon=":material/add:")  # fmt: skip
found = actions.ask(attributes.list_attributes)
opened: str | None = None
if found:
    columns = [Column(name, t(f"custom_fields.column.{name}")) for name in COLUMNS]
    pressed = tables.show(f"{KEY}.table", columns, [_row(one) for one in found],
                          label=t("custom_fields.title"), opens=may_edit)  # fmt: skip
    opened = pressed.opened
else:
    empty.show(KEY, key=KEY)
if adding or st.session_state.pop(f"{KEY}.adding", False):
    st.dialog(t("custom_fields.add"))(_form)()
elif opened and may_edit:
    st.dialog(t("custom_fields.edit"))(_form)(int(opened))
