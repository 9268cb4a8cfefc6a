"""Dialogs about staff: invite somebody, change roles, and let somebody leave."""

from collections.abc import Mapping, Sequence

import streamlit as st

from components import actions, auth, forms
from components.html import note, safe, show, tag
from components.i18n import language, reader, t
from core.access.terms import Role
from core.accounts import service
from core.accounts.service import StaffLine
from core.accounts.terms import MembershipInput, StaffState
from core.i18n.terms import Language
from core.notices import service as notices
from core.notices.terms import StaffInvitation

KEY = "users"


def departments(who: auth.Who) -> Mapping[int, str]:
    """Return what the departments in use are called, by id."""
    spoken = language().value
    return {one.id: one.names.get(spoken) or t(f"department.{one.kind}")
            for one in who.departments}  # fmt: skip


def roles(line: StaffLine, known: Mapping[int, str]) -> str:
    """Return the roles of somebody in words."""
    named = [
        f"{t(f'frame.role.{one.role}')} ({known.get(one.department_id) or t('users.closed')})"
        for one in line.memberships
    ]
    return " · ".join(named)


def invite(who: auth.Who) -> None:
    """Ask for a new colleague and mail the invitation."""
    with st.container(horizontal=True):
        first = forms.text(f"{KEY}.new.first_name", t("employee.first_name"))
        last = forms.text(f"{KEY}.new.last_name", t("employee.last_name"))
    email = forms.text(f"{KEY}.new.email", t("employee.email"), kind="email",
                       example="name@example.com", hint=t("users.email.hint"))  # fmt: skip
    spoken = forms.pick(f"{KEY}.new.language", t("employee.language"), list(Language),
                        value=language(), shown=lambda one: one.own_name)  # fmt: skip
    role = _membership(f"{KEY}.new", departments(who))
    if not forms.save_bar(f"{KEY}.new", label=t("users.invite"), ready=role is not None):
        return
    given = StaffInvitation(email=email, first_name=first, last_name=last,
                            language=spoken or language(), calendar=reader().calendar,
                            memberships=(role,) if role else ())  # fmt: skip
    if actions.attempt(notices.invite_staff, given=given, toast="users.invited"):
        st.rerun()


def change_roles(who: auth.Who, line: StaffLine) -> None:
    """Ask for the role of somebody; roles in other departments stay."""
    key, known = f"{KEY}.roles{line.user.id}", departments(who)
    show(tag("b", safe(line.user.name)))
    others = line.memberships[1:]
    if others:
        note(t("users.more_roles", roles=roles(line, known)), tone="muted")
    role = _membership(key, known, line)
    kept = tuple(
        MembershipInput(department_id=one.department_id, role=one.role, team=one.team)
        for one in others
        if role is None or one.department_id != role.department_id
    )
    if forms.save_bar(key, ready=role is not None) and actions.attempt(
        service.set_memberships, user_id=line.user.id, memberships=(role, *kept)
    ):
        st.rerun()


def _membership(
    key: str, known: Mapping[int, str], line: StaffLine | None = None
) -> MembershipInput | None:
    held = line.memberships[0] if line and line.memberships else None
    usual = held.department_id if held and held.department_id in known else next(iter(known), None)
    department = forms.pick(f"{key}.department", t("users.department"), list(known), value=usual,
                            shown=lambda one: known[one])  # fmt: skip
    role = forms.pick(f"{key}.role", t("users.role"), list(Role),
                      value=held.role if held else Role.OPERATOR,
                      shown=lambda one: t(f"frame.role.{one}"))  # fmt: skip
    if role is not None:
        show(tag("p", safe(t(f"users.role_hint.{role}")), class_="ch-field-hint"))
    team = forms.text(f"{key}.team", t("users.team"), hint=t("users.team.hint"),
                      value=(held.team or "") if held else "")  # fmt: skip
    if department is None or role is None:
        return None
    return MembershipInput(department_id=department, role=role, team=team.strip() or None)


def leave(line: StaffLine, found: Sequence[StaffLine]) -> None:
    """Ask who takes over, and close the account."""
    note(t("users.leave.warning", name=line.user.name), tone="warning")
    others = {one.user.id: one.user.name for one in found
              if one.user.id != line.user.id and one.state is StaffState.ACTIVE}  # fmt: skip
    to = forms.pick(f"{KEY}.leave.successor", t("users.successor"), list(others),
                    shown=lambda one: others[one], hint=t("users.successor.hint"))  # fmt: skip
    if st.button(t("users.leave"), type="primary", key=f"{KEY}.leave.save") and actions.attempt(
        notices.leave_staff, user_id=line.user.id, successor_id=to, toast="users.left"
    ):
        st.rerun()
