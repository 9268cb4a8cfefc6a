"""Users and roles: who may do what, and the keys of other programs."""

import streamlit as st

from components import actions, auth, columns, page, tables, takeout
from components.html import Tone
from components.i18n import ago, moment, t
from components.tables import Action, Cell, Column, Row
from core.access.terms import Permission
from core.accounts import api_keys, exports, second_factor, service
from core.accounts.service import StaffLine
from core.accounts.terms import StaffState
from core.notices import service as notices
from pages.admin import _keys, _staff

KEY = "users"
TONES: dict[StaffState, Tone] = {
    StaffState.ACTIVE: "good",
    StaffState.INVITED: "notice",
    StaffState.LEFT: "muted",
}


def _acts(line: StaffLine) -> list[Action]:
    if line.state is StaffState.LEFT:
        return [Action("back", t("users.back"))]
    acts = [Action("roles", t("users.roles"))]
    if line.state is StaffState.INVITED:
        acts.append(Action("again", t("users.invite_again")))
    if line.user.totp_sealed:
        acts.append(Action("factor", t("users.factor")))
    if who.user is None or line.user.id != who.user.id:
        acts.append(Action("leave", t("users.leave"), is_dangerous=True))
    return acts


def _row(line: StaffLine) -> Row:
    seen = (
        Cell(ago(line.last_seen_at), hover=moment(line.last_seen_at)) if line.last_seen_at else ""
    )
    return Row(
        id=str(line.user.id),
        cells={
            "name": Cell(line.user.name, note=line.user.login),
            "roles": _staff.roles(line, known),
            "state": Cell(t(f"users.state.{line.state}"), tone=TONES[line.state]),
            "seen": seen,
        },
        actions=_acts(line) if may_edit else (),
    )


def _list() -> None:
    found = actions.ask(service.list_staff)
    every = [Column(name, t(f"users.column.{name}"),
                    note=t("users.column.login") if name == "name" else "")
             for name in ("name", "roles", "state", "seen")]  # fmt: skip
    shown = columns.mine(KEY, every)
    pressed = tables.show(f"{KEY}.table", shown, [_row(one) for one in found],
                          label=t("users.title"))  # fmt: skip
    with st.container(horizontal=True):
        columns.choose(KEY, every)
        if auth.may(who, Permission.USER_EXPORT):
            takeout.offer(KEY, shown, _all, name=t("page.users"), total=len(found))
    if not pressed.acted:
        return
    line = next(one for one in found if one.user.id == int(pressed.acted))
    if pressed.action == "roles":
        st.dialog(t("users.roles"))(_staff.change_roles)(who, line)
    elif pressed.action == "leave":
        st.dialog(t("users.leave"))(_staff.leave)(line, found)
    else:
        _at_once(pressed.action, line.user.id)


def _all() -> list[Row]:
    return [_row(line) for line in actions.perform(exports.export_staff, toast="") or ()]


def _at_once(action: str, user_id: int) -> None:
    """Do what needs no further word, and show the list anew."""
    verb, toast = {
        "again": (notices.invite_again, "users.invited"),
        "factor": (second_factor.reset_totp, "users.factor.off"),
        "back": (service.reactivate, "users.is_back"),
    }[action]
    if actions.attempt(verb, user_id=user_id, toast=toast):
        st.rerun()


who = auth.required()
may_edit = auth.may(who, Permission.USER_EDIT)
known = _staff.departments(who)
main = page.header(KEY)
with main:
    inviting = may_edit and st.button(t("users.invite"), type="primary", key=f"{KEY}.invite",
                                      icon=":material/person_add:")  # fmt: skip
if auth.may(who, Permission.APIKEY_EDIT):
    staff, keys = st.tabs([t("users.tab.staff"), t("users.tab.keys")])
    with staff:
        _list()
    with keys:
        _keys.draw(actions.ask(api_keys.list_api_keys), lambda one: known.get(one, ""))
else:
    _list()
if inviting:
    st.dialog(t("users.invite"))(_staff.invite)(who)
