"""Keys of other programs: made once, shown once, taken back at any time."""

from collections.abc import Callable, Sequence

import streamlit as st

from components import actions, auth, empty, forms, tables
from components.html import note
from components.i18n import ago, t
from components.tables import Action, Cell, Column, Row
from core.access.terms import Permission
from core.accounts import api_keys
from core.accounts.models import ApiKey
from core.accounts.rules import UNGRANTABLE
from core.accounts.terms import NewApiKey

KEY = "users.keys"
EVERYWHERE = 0


def draw(found: Sequence[ApiKey], department: Callable[[int], str]) -> None:
    """Draw the keys, the way to a new one, and a fresh key the one time it can be seen."""
    fresh = st.session_state.get(f"{KEY}.fresh")
    if fresh:
        note(t("users.key.once"), tone="warning")
        st.code(fresh, language=None)
        if st.button(t("users.key.taken"), key=f"{KEY}.taken"):
            del st.session_state[f"{KEY}.fresh"]
            st.rerun()
    if st.button(t("users.key.add"), key=f"{KEY}.add", icon=":material/key:"):
        st.dialog(t("users.key.add"))(_form)(department)
    if not found:
        empty.show(KEY, key=KEY)
        return
    columns = [Column(name, t(f"users.key.{name}")) for name in ("name", "scopes", "used", "state")]
    rows = [_row(one) for one in found]
    pressed = tables.show(f"{KEY}.table", columns, rows, label=t("users.tab.keys"))
    if pressed.acted and actions.attempt(
        api_keys.revoke_api_key, key_id=int(pressed.acted), toast="users.key.revoked"
    ):
        st.rerun()


def _row(one: ApiKey) -> Row:
    over = one.revoked_at is not None
    state = Cell(t("users.key.over" if over else "users.key.works"),
                 tone="muted" if over else "good")  # fmt: skip
    return Row(
        id=str(one.id),
        cells={
            "name": Cell(one.name, note=f"\u2066{api_keys.MARK}_{one.prefix}…\u2069"),
            "scopes": " · ".join(t(f"frame.right.{scope}") for scope in one.scopes),
            "used": ago(one.last_used_at) if one.last_used_at else t("users.key.never"),
            "state": state,
        },
        actions=() if over else (Action("revoke", t("users.key.revoke"), is_dangerous=True),),
    )


def _form(department: Callable[[int], str]) -> None:
    name = forms.text(f"{KEY}.new.name", t("users.key.name"))
    known = [one for one in Permission if one not in UNGRANTABLE]
    scopes = forms.many(f"{KEY}.new.scopes", t("users.key.scopes"), known,
                        shown=lambda one: t(f"frame.right.{one}"))  # fmt: skip
    places = [EVERYWHERE, *(one.id for one in auth.required().departments)]
    place = forms.pick(f"{KEY}.new.department", t("users.department"), places, value=EVERYWHERE,
                       shown=lambda one: department(one) or t("users.key.everywhere"))  # fmt: skip
    if not forms.save_bar(f"{KEY}.new", label=t("users.key.add")):
        return
    given = NewApiKey(name=name, scopes=frozenset(scopes), department_id=place or None)
    made = actions.perform(api_keys.create_api_key, given=given, toast="")
    if made is not None:
        st.session_state[f"{KEY}.fresh"] = made.text
        st.rerun()
