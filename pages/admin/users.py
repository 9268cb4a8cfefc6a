"""Users and roles: who may do what, and the keys of other programs."""

import streamlit as st

from components import actions, auth, forms, page, tables
from components.html import Tone, note
from components.i18n import ago, language, moment, reader, t
from components.tables import Action, Cell, Column, Row
from core.access.terms import Permission, Role
from core.accounts import api_keys, service
from core.accounts.service import StaffLine
from core.accounts.terms import MembershipInput, StaffState
from core.i18n.terms import Language
from core.notices import service as notices
from core.notices.terms import StaffInvitation
from pages.admin import _keys

KEY = "users"
TONES: dict[StaffState, Tone] = {
    StaffState.ACTIVE: "good",
    StaffState.INVITED: "notice",
    StaffState.LEFT: "muted",
}


def _department(department_id: int) -> str:
    return next((one.names[language().value] for one in who.departments
                 if one.id == department_id), "")  # fmt: skip


def _roles(line: StaffLine) -> str:
    named = [f"{t(f'frame.role.{one.role}')} ({_department(one.department_id)})"
             for one in line.memberships]  # fmt: skip
    return " · ".join(named)


def _row(line: StaffLine) -> Row:
    seen = (
        Cell(ago(line.last_seen_at), hover=moment(line.last_seen_at)) if line.last_seen_at else ""
    )
    acts = [Action("roles", t("users.roles"))]
    if line.state is StaffState.INVITED:
        acts.append(Action("again", t("users.invite_again")))
    if line.state is not StaffState.LEFT:
        acts.append(Action("leave", t("users.leave"), is_dangerous=True))
    return Row(
        id=str(line.user.id),
        cells={
            "name": Cell(line.user.name, note=line.user.login),
            "roles": _roles(line),
            "state": Cell(t(f"users.state.{line.state}"), tone=TONES[line.state]),
            "seen": seen,
        },
        actions=acts if may_edit else (),
    )


def _list() -> None:
    found = actions.ask(service.list_staff)
    columns = [
        Column(name, t(f"users.column.{name}")) for name in ("name", "roles", "state", "seen")
    ]
    pressed = tables.show(f"{KEY}.table", columns, [_row(one) for one in found],
                          label=t("users.title"))  # fmt: skip
    if not pressed.acted:
        return
    line = next(one for one in found if one.user.id == int(pressed.acted))
    if pressed.action == "again":
        actions.attempt(notices.invite_again, user_id=line.user.id, toast="users.invited")
    elif pressed.action == "roles":
        st.dialog(t("users.roles"))(_change_roles)(line)
    else:
        st.dialog(t("users.leave"))(_leave)(line, found)


def _membership(key: str, line: StaffLine | None = None) -> MembershipInput | None:
    held = line.memberships[0] if line and line.memberships else None
    known = [one.id for one in who.departments]
    department = forms.pick(f"{key}.department", t("users.department"), known,
                            value=held.department_id if held else known[0],
                            shown=_department)  # fmt: skip
    role = forms.pick(f"{key}.role", t("users.role"), list(Role),
                      value=held.role if held else Role.OPERATOR,
                      shown=lambda one: t(f"frame.role.{one}"))  # fmt: skip
    if role is not None:
        st.caption(t(f"users.role_hint.{role}"))
    team = forms.text(f"{key}.team", t("users.team"), hint=t("users.team.hint"),
                      value=(held.team or "") if held else "")  # fmt: skip
    if department is None or role is None:
        return None
    return MembershipInput(department_id=department, role=role, team=team or None)


def _invite() -> None:
    with st.container(horizontal=True):
        first = forms.text(f"{KEY}.new.first_name", t("employee.first_name"))
        last = forms.text(f"{KEY}.new.last_name", t("employee.last_name"))
    email = forms.text(f"{KEY}.new.email", t("employee.email"), kind="email")
    spoken = forms.pick(f"{KEY}.new.language", t("employee.language"), list(Language),
                        value=language(), shown=lambda one: one.own_name)  # fmt: skip
    role = _membership(f"{KEY}.new")
    if not forms.save_bar(f"{KEY}.new", label=t("users.invite")):
        return
    given = StaffInvitation(email=email, first_name=first, last_name=last,
                            language=spoken or language(), calendar=reader().calendar,
                            memberships=(role,) if role else ())  # fmt: skip
    if actions.attempt(notices.invite_staff, given=given, toast="users.invited"):
        st.rerun()


def _change_roles(line: StaffLine) -> None:
    st.markdown(f"**{line.user.name}**")
    others = line.memberships[1:]
    if others:
        note(t("users.more_roles", roles=_roles(line)), tone="muted")
    role = _membership(f"{KEY}.roles{line.user.id}", line)
    kept = tuple(MembershipInput(department_id=one.department_id, role=one.role, team=one.team)
                 for one in others)  # fmt: skip
    if forms.save_bar(f"{KEY}.roles{line.user.id}", ready=role is not None) and actions.attempt(
        service.set_memberships, user_id=line.user.id, memberships=(role, *kept)
    ):
        st.rerun()


def _leave(line: StaffLine, found: list[StaffLine]) -> None:
    note(t("users.leave.warning", name=line.user.name), tone="warning")
    others = {one.user.id: one.user.name for one in found
              if one.user.id != line.user.id and one.state is StaffState.ACTIVE}  # fmt: skip
    to = forms.pick(f"{KEY}.leave.successor", t("users.successor"), list(others),
                    shown=lambda one: others[one], hint=t("users.successor.hint"))  # fmt: skip
    if st.button(t("users.leave"), type="primary", key=f"{KEY}.leave.save") and actions.attempt(
        notices.leave_staff, user_id=line.user.id, successor_id=to, toast="users.left"
    ):
        st.rerun()


who = auth.required()
may_edit = auth.may(who, Permission.USER_EDIT)
main = page.header(KEY)
with main:
    inviting = may_edit and st.button(t("users.invite"), type="primary", key=f"{KEY}.invite",
                                      icon=":material/person_add:")  # fmt: skip
staff, keys = st.tabs([t("users.tab.staff"), t("users.tab.keys")])
with staff:
    _list()
with keys:
    if auth.may(who, Permission.APIKEY_EDIT):
        _keys.draw(actions.ask(api_keys.list_api_keys), _department)
if inviting:
    st.dialog(t("users.invite"))(_invite)()
