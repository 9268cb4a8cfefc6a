"""Contacts: everybody who may receive a mail, found at once, changed one by one or by many."""

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from components import actions, auth, cached, columns, empty, page, tables
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
from pages.workspace import _many, _people, _person, _tags

KEY = "contacts"
TONES: dict[ContactStatus, Tone] = {ContactStatus.DISABLED: "warning",
                                    ContactStatus.BLOCKLISTED: "danger"}  # fmt: skip
CARD = "workspace/contact.py"
COLUMNS = ("name", "email", "company", "tags", "owner", "engaged")
WAYS = ("list", "alike", "tags")
SHOWN_TAGS = 2


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
            "email": Cell(line.email, note=f"\u2066{line.phone}\u2069" if line.phone else ""),
            "company": Cell(line.company, note=line.position),
            "tags": _tagged(line.tags),
            "owner": line.owner,
            "engaged": Cell(ago(engaged), hover=moment(engaged)) if engaged else "",
        },
    )  # fmt: skip


def _tagged(names: Sequence[str]) -> Cell:
    """Return the first tags, how many more there are, and all of them on hover."""
    rest = len(names) - SHOWN_TAGS
    more = t("contacts.more_tags", count=rest) if rest > 0 else ""
    return Cell(" · ".join(names[:SHOWN_TAGS]), note=more, hover=" · ".join(names) if more else "")


def _list() -> tables.Pressed | None:
    """Draw the list with its filters; None where there is nobody at all, and nothing to filter."""
    narrowing = st.empty()
    with narrowing.container():
        where, order = _people.filters(), _order()
    found: ContactPage = actions.ask(listing.list_contacts, where=where, order=order,
                                     page=tables.number(KEY))  # fmt: skip
    sheet = tables.sheet(KEY, found.total)
    if not found.total and where == ContactFilter():
        narrowing.empty()
        _nobody()
        return None
    if not found.total:
        _none_found()
        return tables.Pressed()
    every = [Column(name, t(f"contacts.column.{name}")) for name in COLUMNS]
    bulk = st.container()
    pressed = tables.show(f"{KEY}.table", columns.mine(KEY, every),
                          [_row(line) for line in found.lines],
                          label=t("contacts.title"), opens=True, picks=may_edit)  # fmt: skip
    with tables.foot(sheet):
        columns.choose(KEY, every)
    if found.is_more:
        st.caption(t("contacts.many", total=found.total))
    if may_edit:
        with bulk:
            _many.bar(pressed.picked, where, 0 if found.is_more else found.total)
    return pressed


def _none_found() -> None:
    if empty.nothing_found(KEY):
        for name in ("q", *_people.FILTERS):
            st.session_state.pop(f"{KEY}.{name}", None)
        st.rerun()


def _nobody() -> None:
    if auth.may(who, Permission.CONTACT_IMPORT):
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
    shown = [Column(name, t(f"contacts.column.{name}")) for name in ("name", "email", "company")]
    rows = [_row(line) for group in found for line in group.lines]
    pressed = tables.show(f"{KEY}.alike", shown, rows, label=t("contacts.way.alike"), opens=True)
    if pressed.opened:
        st.switch_page(CARD, query_params={"id": pressed.opened, "merge": "1"})


who = auth.required()
may_edit = auth.may(who, Permission.CONTACT_EDIT)
main = page.header(KEY)
if tagged := st.session_state.pop(f"{KEY}.tagged", None):
    st.session_state[f"{KEY}.way"], st.session_state[f"{KEY}.tag"] = "list", tagged
way = st.segmented_control(t("contacts.way"), WAYS, default="list", key=f"{KEY}.way",
                           format_func=lambda one: t(f"contacts.way.{one}"), required=True,
                           label_visibility="collapsed")  # fmt: skip
listed: tables.Pressed | None = tables.Pressed()
if way == "alike":
    _alike()
elif way == "tags":
    if chosen := _tags.draw(who):
        st.session_state[f"{KEY}.tagged"] = str(chosen)
        st.rerun()
else:
    listed = _list()
with main:
    kind: Literal["primary", "secondary"] = "primary" if listed else "secondary"
    adding = may_edit and st.button(t("contacts.add"), type=kind, key=f"{KEY}.add",
                                    icon=":material/person_add:")  # fmt: skip
if adding or st.session_state.pop(f"{KEY}.adding", False):
    st.dialog(t("contacts.add"), width="medium")(_person.add)()
elif listed and listed.opened:
    st.switch_page(CARD, query_params={"id": listed.opened})
