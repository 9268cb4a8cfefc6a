"""What taking a change back left as it was, told once: whose fields, and which."""

from collections.abc import Mapping, Sequence

import streamlit as st

from components import actions
from components.html import note
from components.i18n import number, plain, t
from core.contacts import attributes
from core.contacts.restoring import ATTRIBUTE, Kept
from pages.workspace import _custom

KEY = "workspace.kept"
SHOWN = 20


def remember(kept: Sequence[Kept]) -> None:
    """Have these people told in the next run."""
    st.session_state[KEY] = tuple(kept)


def tell() -> None:
    """Draw whose fields stay, where something was taken back just now."""
    kept: Sequence[Kept] = st.session_state.pop(KEY, ())
    if not kept:
        return
    lines = [f"- {plain(line(one.name or number(one.contact_id), one.fields))}"
             for one in kept[:SHOWN]]  # fmt: skip
    note(t("contacts.kept", count=len(kept)), tone="notice")
    st.markdown("\n".join(lines))


def line(name: str, fields: Sequence[str]) -> str:
    """Return one person's line."""
    return f"{name}: {names(fields)}"


def names(fields: Sequence[str]) -> str:
    """Return the names of fields as rows of a change call them."""
    known = {one.key: _custom.name_of(one) for one in actions.ask(attributes.list_attributes)}
    return " · ".join(_name(one, known) for one in fields)


def _name(field: str, known: Mapping[str, str]) -> str:
    key = field.removeprefix(ATTRIBUTE)
    return known.get(key, key) if field.startswith(ATTRIBUTE) else t(f"contact.field.{field}")
