"""Contacts: everybody who may receive a mail, found at once, changed one by one or by many."""

import streamlit as st

from components import actions, auth, cached, empty, page, tables
from components.html import Tone
from components.i18n import ago, moment, t
from components.tables import Cell, Column, Row
from core.access.terms import Permission
from core.contacts import duplicates, listing
from core.contacts.terms import (
    ContactFilter,
    ContactLine,
    ContactOrder,
    ContactPage,
    ContactStatus,
)
from pages.workspace import _many, _people, _person

KEY = "contacts"
TONES: dict[ContactStatus, Tone] = {ContactStatus.DISABLED: "warning",
                                    ContactStatus.BLOCKLISTED: "danger"}  # fmt: skip
CARD = "workspace/contact.py"
COLUMNS = ("name", "email", "phone", "company", "tags", "engaged")


def _order() -> ContactOrder:
    chosen = st.segmented_control(
        t("contacts.order"), list(ContactOrder), default=ContactOrder.NAME, key=f"{KEY}.order",
        format_func=lambda one: t(f"contacts.order.{one}"), label_visibility="collapsed",
        required=True,
    )  # fmt: skip
    return ContactOrder(chosen)


def _row(line: ContactLine) -> Row:
    engaged = line.engaged_at
    state = "" if line.status is ContactStatus.ENABLED else t(f"contact.status.{line.status}")
    small = " · ".join(filter(None, [t(f"contact.kind.{line.kind}"), state]))
    return Row(
        id=line.public_id,
        cells={
            "name": Cell(line.name or line.email or t("common.unknown"), note=small,
                         tone=TONES.get(line.status)),
            "email": line.email,
            "phone": f"\u2066{line.phone}\u2069" if line.phone else "",
            "company": Cell(line.company, note=line.position),
            "tags": " · ".join(line.tags),
            "engaged": Cell(ago(engaged), hover=moment(engaged)) if engaged else "",
        },
    )  # fmt: skip


def _list(where: ContactFilter) -> tables.Pressed:
    order, number = _order(), int(st.session_state.get(f"{KEY}.page", 1))
    found: ContactPage = actions.ask(listing.list_contacts, where=where, order=order, page=number)
    sheet = tables.sheet(KEY, found.total)
    if not found.total:
        _nothing(where)
        return tables.Pressed()
    if not found.lines:
        st.rerun()
    columns = [Column(name, t(f"contacts.column.{name}")) for name in COLUMNS]
    bulk = st.container()
    pressed = tables.show(f"{KEY}.table", columns, [_row(line) for line in found.lines],
                          label=t("contacts.title"), opens=True, picks=may_edit)  # fmt: skip
    tables.foot(sheet)
    if found.is_more:
        st.caption(t("contacts.many", total=found.total))
    if may_edit:
        with bulk:
            _many.bar(pressed.picked, where, 0 if found.is_more else found.total)
    return pressed


def _nothing(where: ContactFilter) -> None:
    if where != ContactFilter():
        if empty.nothing_found(KEY):
            for name in ("q", *_people.FILTERS):
                st.session_state.pop(f"{KEY}.{name}", None)
            st.rerun()
    elif auth.may(who, Permission.CONTACT_IMPORT):
        empty.show(KEY, key=KEY, button=t("contacts.import"), page="workspace/import_contacts.py")
    else:
        empty.show(KEY, key=KEY)


def _alike() -> None:
    """Draw names that several people go by; each opens the first of them, to be merged there."""
    found = cached.figure("contacts.alike", lambda: actions.ask(duplicates.groups),
                          who=str(who.actor.id))  # fmt: skip
    if not found:
        empty.show("contacts.alike", key="contacts.alike")
        return
    columns = [Column(name, t(f"contacts.column.{name}")) for name in ("name", "email", "company")]
    rows = [_row(line) for group in found for line in group.lines]
    pressed = tables.show(f"{KEY}.alike", columns, rows, label=t("contacts.way.alike"), opens=True)
    if pressed.opened:
        st.switch_page(CARD, query_params={"id": pressed.opened, "merge": "1"})


who = auth.required()
may_edit = auth.may(who, Permission.CONTACT_EDIT)
with page.header(KEY):
    adding = may_edit and st.button(t("contacts.add"), type="primary", key=f"{KEY}.add",
                                    icon=":material/person_add:")  # fmt: skip
way = st.segmented_control(t("contacts.way"), ("list", "alike"), default="list", key=f"{KEY}.way",
                           format_func=lambda one: t(f"contacts.way.{one}"), required=True,
                           label_visibility="collapsed")  # fmt: skip
if way == "alike":
    _alike()
else:
    pressed = _list(_people.filters())
    if adding or st.session_state.pop(f"{KEY}.adding", False):
        st.dialog(t("contacts.add"), width="medium")(_person.add)()
    elif pressed.opened:
        st.switch_page(CARD, query_params={"id": pressed.opened})
