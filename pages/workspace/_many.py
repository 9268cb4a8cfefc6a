"""The bar under the list of people: one field for all who are chosen, and the way back."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from components import actions, auth, dates, forms
from components.i18n import ago, number, plain, t
from core.access.terms import Permission
from core.activities import notes
from core.contacts import attributes, changes, listing, restoring
from core.contacts.changes import BulkEdit, BulkField
from core.contacts.models import Attribute
from core.contacts.terms import AttributeKind, ContactFilter
from core.i18n.terms import Language
from pages.workspace import _custom, _kept, _person

KEY = "many"


def bar(picked: Sequence[str], where: ContactFilter, total: int) -> None:
    """Draw what can be done with the chosen people; without any only the way back."""
    if picked:
        with st.container(border=True, key="contacts_bulk"):
            _edit(picked, where, total)
    _kept.tell()
    _undo()


def _edit(picked: Sequence[str], where: ContactFilter, total: int) -> None:
    st.caption(plain(t("contacts.chosen", count=len(picked))))
    everybody = total > len(picked) and forms.switch(
        f"{KEY}.all", t("contacts.all_matching", total=number(total))
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        field = forms.pick(f"{KEY}.field", t("contacts.bulk.field"), _fields(),
                           shown=_shown)  # fmt: skip
        edit = _value(field) if field else None
    if edit is None:
        return
    count = total if everybody else len(picked)
    if not forms.save_bar(KEY, label=t("contacts.bulk.save", count=count)):
        return
    verb = changes.edit_matching if everybody else changes.edit_chosen
    whom: dict[str, Any] = {"where": where} if everybody else {"public_ids": tuple(picked)}
    done = actions.perform(verb, **whom, edit=edit, toast="contacts.bulk.done")
    if done is not None:
        _person.close(KEY)


def _fields() -> list[str]:
    """Return what can be set: standard fields by name, custom ones as `attribute:<key>`."""
    standard = [one.value for one in BulkField if one is not BulkField.ATTRIBUTE]
    return [*standard, *(f"attribute:{one}" for one in _known())]


def _known() -> dict[str, Attribute]:
    return {one.key: one for one in actions.ask(attributes.list_attributes) if one.is_active}


def _shown(field: str) -> str:
    if field.startswith("attribute:"):
        return _custom.name_of(_known()[field.partition(":")[2]])
    return t(f"contacts.bulk.{field}")


def _value(field: str) -> BulkEdit | None:
    key, label = f"{KEY}.value", t("contacts.bulk.value")
    if field.startswith("attribute:"):
        row = _known()[field.partition(":")[2]]
        return BulkEdit(field=BulkField.ATTRIBUTE, key=row.key, value=_typed(row))
    options = _options(BulkField(field))
    if options is None:
        return BulkEdit(field=BulkField(field), value=forms.text(key, label))
    chosen = forms.pick(key, label, list(options), shown=lambda one: options[one])
    return None if chosen is None else BulkEdit(field=BulkField(field), value=chosen)


def _options(field: BulkField) -> dict[str, str] | None:
    found: dict[str, str] | None = None
    if field is BulkField.OWNER:
        people = actions.ask(notes.colleagues)
        found = {"": t("contacts.nobody"), **{str(one): name for one, name in people.items()}}
    elif field is BulkField.KIND:
        found = {one.value: t(f"contact.kind.{one}") for one in _person.KINDS}
    elif field is BulkField.STATUS:
        found = {one.value: t(f"contact.status.{one}") for one in listing.LIVE}
    elif field is BulkField.LANGUAGE:
        found = {one.value: one.own_name for one in Language}
    return found


def _typed(row: Attribute) -> str:
    key, label = f"{KEY}.value", t("contacts.bulk.value")
    values: dict[Any, str] = {str(one["value"]): str(one["value"]) for one in row.options}
    if row.kind is AttributeKind.FLAG:
        values = {"true": t("common.yes"), "false": t("common.no")}
    if row.kind is AttributeKind.DATE:
        day = dates.date_field(key, label)
        return day.isoformat() if day else ""
    if values:
        return forms.pick(key, label, list(values), shown=lambda one: values[one]) or ""
    return forms.text(key, label)


def _undo() -> None:
    """Offer to take back the newest bulk edit, as long as it is the person's own or may be."""
    who = auth.required()
    wide = auth.may(who, Permission.CONTACT_IMPORT)
    found = [one for one in actions.ask(changes.latest_changes)
             if wide or one.by_id == who.actor.id][:1]  # fmt: skip
    for one in found:
        with st.container(horizontal=True, vertical_alignment="center", key="contacts_undo"):
            what = _shown(one.title.partition(":")[0]) if one.title else ""
            st.caption(plain(t("contacts.bulk.last", what=what, count=one.count,
                               ago=ago(one.created_at))))  # fmt: skip
            pressed = st.button(t("contacts.bulk.undo"), key=f"{KEY}.undo", icon=":material/undo:")
        if not pressed:
            return
        done = actions.perform(restoring.undo, change_set_id=one.id, toast="contacts.bulk.undone")
        if done:
            _kept.remember(done.kept)
            st.rerun()
