"""Addresses and numbers of a person: seen, added, made the primary one, taken away."""

from typing import Any

import streamlit as st

from components import actions, forms, tables
from components.i18n import t
from components.tables import Action, Cell, Column, Row
from core.contacts import card
from core.contacts.card import Card
from core.contacts.models import ContactIdentity
from core.contacts.phones import shown
from core.contacts.terms import IdentityKind

KEY = "identity"
OURS = (IdentityKind.EMAIL, IdentityKind.PHONE)


def draw(found: Card, *, may_edit: bool) -> None:
    """Draw the list, and the two ways to add to it."""
    rows = [_row(one, may_edit=may_edit) for one in found.identities]
    if rows:
        columns = [Column(name, t(f"contact.identity.{name}")) for name in ("value", "kind")]
        pressed = tables.show(f"{KEY}.table", columns, rows, label=t("contact.reach"))
        if pressed.acted:
            verb = {"primary": card.make_primary, "remove": card.remove_identity}[pressed.action]
            who = found.line.public_id
            if actions.attempt(verb, public_id=who, identity_id=int(pressed.acted)):
                st.rerun()
    if may_edit:
        with st.container(horizontal=True):
            _adding(found, "email", "contact.add_email")
            _adding(found, "phone", "contact.add_phone")


def _row(one: ContactIdentity, *, may_edit: bool) -> Row:
    value = shown(one.normalised) if one.kind is IdentityKind.PHONE else one.normalised
    note = t("contact.identity.primary") if one.is_primary and one.kind in OURS else one.source
    acts = [Action("remove", t("contact.identity.remove"), is_dangerous=True)]
    if not one.is_primary:
        acts.insert(0, Action("primary", t("contact.identity.make_primary")))
    return Row(
        id=str(one.id),
        cells={
            "value": Cell(f"\u2066{value}\u2069", note=note),
            "kind": t(f"contact.identity.kind.{one.kind}"),
        },
        actions=tuple(acts) if may_edit and one.kind in OURS else (),
    )


def _adding(found: Card, name: str, code: str) -> None:
    with st.popover(t(code), icon=":material/add:"):
        key = f"{KEY}.{name}"
        typed = forms.text(key, t(f"contact.field.{name}"),
                           kind="email" if name == "email" else "phone")  # fmt: skip
        if forms.save_bar(key, label=t(code)):
            verb = card.add_email if name == "email" else card.add_phone
            given: dict[str, Any] = {"public_id": found.line.public_id, name: typed}
            if actions.attempt(verb, **given):
                st.session_state.pop(key, None)
                st.rerun()
