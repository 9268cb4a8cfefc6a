"""Employees: who works here, and three ways to add those who begin."""

import streamlit as st

from components import actions, auth, columns, empty, page, tables, takeout, tiles
from components.i18n import day, reader, t
from components.tables import Action, Cell, Column, Row
from components.tiles import Tile
from core import clock
from core.access.terms import Permission
from core.i18n import formats
from core.jobs.terms import JobKind
from core.people import exports
from core.people import service as people
from core.people.figures import figures
from core.people.terms import EmployeeLine
from pages import _importing
from pages.people import _employee, _paste

KEY = "employees"
WAYS = ("list", "paste", "import")


def _tiles() -> None:
    today = formats.local(clock.now(), reader()).date()
    found = actions.ask(figures, today=today)
    tiles.show(
        [
            Tile(label=t("employees.tile.all"), value=found.active_count),
            Tile(label=t("employees.tile.starting"), value=found.starting_count),
            Tile(label=t("employees.tile.mails"), value=found.planned_mail_count),
            Tile(label=t("employees.tile.tasks"), value=found.open_task_count),
        ]
    )


def _row(line: EmployeeLine) -> Row:
    acts = (Action("edit", t("common.edit")), Action("welcome", t("employees.welcome")))
    return Row(
        id=str(line.id),
        cells={
            "name": Cell(line.name, note=line.code),
            "job_title": line.job_title,
            "email": line.email,
            "start_date": day(line.start_date) if line.start_date else "",
            "language": line.language.own_name if line.language else "",
        },
        actions=acts if may_edit else acts[1:],
    )


def _list() -> tables.Pressed:
    search = tables.search(f"{KEY}.q", t("employees.search"))
    total = actions.ask(people.count_employees, search=search)
    sheet = tables.sheet(KEY, total)
    if not total:
        if search:
            if empty.nothing_found(KEY):
                st.session_state.pop(f"{KEY}.q", None)
                st.rerun()
        elif empty.show(KEY, key=KEY, button=t("employees.add") if may_edit else ""):
            st.session_state[f"{KEY}.adding"] = True
            st.rerun()
        return tables.Pressed()
    found = actions.ask(people.list_employees, search=search, page=sheet.number)
    every = _columns()
    shown = columns.mine(KEY, every)
    rows = [_row(line) for line in found]
    pressed = tables.show(f"{KEY}.table", shown, rows, label=t("employees.title"), opens=True)
    with tables.foot(sheet):
        columns.choose(KEY, every)
        if auth.may(who, Permission.EMPLOYEE_EXPORT):
            takeout.offer(KEY, shown, lambda: _all(search), name=t("page.employees"),
                          total=total)  # fmt: skip
    return pressed


def _columns() -> list[Column]:
    names = ("name", "job_title", "email", "start_date", "language")
    notes = {"name": t("employees.column.code")}
    return [Column(name, t(f"employees.column.{name}"), note=notes.get(name, "")) for name in names]


def _all(search: str) -> list[Row]:
    found = actions.perform(exports.export_employees, search=search, limit=takeout.MOST_ROWS,
                            toast="")  # fmt: skip
    return [_row(line) for line in found or ()]


def _react(pressed: tables.Pressed) -> None:
    opened = pressed.acted or pressed.opened
    if adding or st.session_state.pop(f"{KEY}.adding", False):
        st.dialog(t("employees.add"), width="medium")(_employee.add)()
    elif opened and (pressed.action == "welcome" or not may_edit):
        st.session_state["welcome.employee"] = int(opened)
        st.switch_page("people/welcome.py")
    elif opened:
        st.dialog(t("employees.edit"), width="medium")(_employee.edit)(int(opened))


who = auth.required()
may_edit = auth.may(who, Permission.EMPLOYEE_EDIT)
main = page.header(KEY)
_tiles()
with main:
    adding = may_edit and st.button(t("employees.add"), type="primary", key=f"{KEY}.add",
                                    icon=":material/person_add:")  # fmt: skip
way: str | None = "list"
if auth.may(who, Permission.EMPLOYEE_IMPORT):
    way = st.segmented_control(t("employees.way"), WAYS, default="list", key=f"{KEY}.way",
                               format_func=lambda one: t(f"employees.way.{one}"),
                               label_visibility="collapsed")  # fmt: skip
if way == "paste":
    _paste.draw()
elif way == "import":
    _importing.draw(JobKind.IMPORT_EMPLOYEES, department_id=_employee.hr_department(who),
                    options=_employee.import_options)  # fmt: skip
else:
    _react(_list())
