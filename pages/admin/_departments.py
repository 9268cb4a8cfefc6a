"""Departments: a list, a name in each language, closing one, and opening it again."""

import streamlit as st

from components import actions, auth, forms, tables
from components.html import note
from components.i18n import language, t
from components.tables import Action, Cell, Column, Row
from core.access.terms import DepartmentKind, Permission
from core.organisation import service
from core.organisation.models import Department
from pages.admin import _names

KEY = "settings.dep"


def draw(who: auth.Who) -> None:
    """Draw the departments, closed ones last, and what can be done with them."""
    may_edit = auth.may(who, Permission.SETTINGS_EDIT)
    found = actions.ask(service.list_departments)
    rows = [_row(one, may_edit=may_edit) for one in found]
    names = ("name", "kind", "state")
    columns = [Column(name, t(f"settings.department.{name}")) for name in names]
    pressed = tables.show(f"{KEY}.table", columns, rows, label=t("settings.tab.departments"))
    if may_edit and st.button(t("settings.department.add"), key=f"{KEY}.add",
                              icon=":material/add:"):  # fmt: skip
        st.dialog(t("settings.department.add"))(_add)()
    elif pressed.acted:
        _act(pressed.action, next(one for one in found if one.id == int(pressed.acted)))


def _row(one: Department, *, may_edit: bool) -> Row:
    last = (
        Action("off", t("settings.department.off"), is_dangerous=True)
        if one.is_active
        else Action("on", t("settings.department.on"))
    )
    state = "in_use" if one.is_active else "is_closed"
    return Row(
        id=str(one.id),
        cells={
            "name": Cell(named(one)),
            "kind": t(f"department.{one.kind}"),
            "state": Cell(
                t(f"settings.department.state.{state}"), tone="good" if one.is_active else "muted"
            ),
        },
        actions=(Action("rename", t("settings.department.rename")), last) if may_edit else (),
    )


def _act(action: str, chosen: Department) -> None:
    if action == "rename":
        st.dialog(t("settings.department.rename"))(_rename)(chosen)
    elif action == "off":
        st.dialog(t("settings.department.off"))(_close)(chosen)
    elif actions.attempt(service.activate_department, department_id=chosen.id,
                         version=chosen.version, toast="settings.department.opened"):  # fmt: skip
        st.rerun()


def named(one: Department) -> str:
    """Return what the department is called in the reader's language."""
    return one.names.get(language().value) or t(f"department.{one.kind}")


def _add() -> None:
    kind = forms.pick(f"{KEY}.new.kind", t("settings.department.kind"), list(DepartmentKind),
                      value=DepartmentKind.OTHER, shown=lambda one: t(f"department.{one}"),
                      hint=t("settings.department.kind.hint"))  # fmt: skip
    names = _names.draw(f"{KEY}.new")
    if forms.save_bar(f"{KEY}.new", label=t("settings.department.add")) and actions.attempt(
        service.add_department, kind=kind or DepartmentKind.OTHER, names=names
    ):
        st.rerun()


def _rename(one: Department) -> None:
    names = _names.draw(f"{KEY}.{one.id}", one.names)
    if forms.save_bar(f"{KEY}.{one.id}") and actions.attempt(
        service.rename_department, department_id=one.id, version=one.version, names=names
    ):
        st.rerun()


def _close(one: Department) -> None:
    note(t("settings.department.off.warning", name=named(one)), tone="warning")
    if st.button(t("settings.department.off"), key=f"{KEY}.off", type="primary") and (
        actions.attempt(service.deactivate_department, department_id=one.id,
                        version=one.version, toast="settings.department.closed")
    ):  # fmt: skip
        st.rerun()
