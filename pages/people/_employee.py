"""Forms of an employee: one by one, pasted from a spreadsheet, and the options of a file."""

from collections.abc import Mapping
from datetime import date

import streamlit as st

from components import actions, auth, dates, forms
from components.i18n import language, reader, t
from core.access.terms import DepartmentKind
from core.i18n.terms import Calendar, Language
from core.people import service as people
from core.people.figures import names
from core.people.terms import EmployeeInput, EmployeeLine, PastDue

NOBODY = 0


def _label(name: str) -> str:
    return t(f"employee.{name}")


def hr_department(who: auth.Who) -> int | None:
    """Return the department on whose behalf this person imports employees."""
    mine = [one for one in who.actor.grants if one.kind is DepartmentKind.PEOPLE]
    return mine[0].department_id if mine else None


def add() -> None:
    """Draw the form of somebody new."""
    given = _form("employee.new", None)
    if forms.save_bar("employee.new", label=t("employees.add.save")) and actions.attempt(
        people.add_employee, given=given, toast="employees.added"
    ):
        close("employee.new")


def edit(employee_id: int) -> None:
    """Draw the form of somebody known."""
    line = actions.ask(people.read_employee, employee_id=employee_id)
    given = _form("employee.edit", line)
    seen = st.session_state.setdefault("employee.edit.seen", line.version)
    if forms.save_bar("employee.edit") and actions.attempt(
        people.change_employee, employee_id=employee_id, version=seen, given=given
    ):
        close("employee.edit")


def _form(key: str, line: EmployeeLine | None) -> EmployeeInput:
    with st.container(horizontal=True):
        first = forms.text(f"{key}.first_name", _label("first_name"), value=_of(line, "first_name"))
        last = forms.text(f"{key}.last_name", _label("last_name"), value=_of(line, "last_name"))
    with st.container(horizontal=True):
        title = forms.text(f"{key}.job_title", _label("job_title"), value=_of(line, "job_title"))
        code = forms.text(f"{key}.code", _label("code"), value=_of(line, "code"),
                          hint=t("employee.code.hint"))  # fmt: skip
    email = forms.text(f"{key}.email", _label("email"), value=_of(line, "work_email"),
                       kind="email", hint=t("employee.email.hint"))  # fmt: skip
    private = forms.text(f"{key}.private_email", _label("private_email"), kind="email",
                         value=_of(line, "private_email"),
                         hint=t("employee.private_email.hint"))  # fmt: skip
    start = dates.date_field(f"{key}.start_date", _label("start_date"),
                             value=line.start_date if line else None,
                             hint=t("employee.start_date.hint"))  # fmt: skip
    end = None
    if line is not None:
        end = dates.date_field(f"{key}.end_date", _label("end_date"), value=line.end_date)
    with st.container(horizontal=True):
        spoken = forms.pick(f"{key}.language", _label("language"), list(Language),
                            value=(line.language if line else None) or language(),
                            shown=lambda one: one.own_name)  # fmt: skip
        department = _department(key, line)
        manager = _manager(key, line)
    return EmployeeInput(
        first_name=first, last_name=last, code=code, email=email, private_email=private,
        language=spoken or "", job_title=title, start_date=_iso(start), end_date=_iso(end),
        calendar=Calendar.GREGORIAN, department_id=department, manager_id=manager or None,
        office_id=line.office_id if line else None,
        time_zone=(line.time_zone or "") if line else "",
    )  # fmt: skip


def _of(line: EmployeeLine | None, name: str) -> str:
    return "" if line is None else str(getattr(line, name))


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _department(key: str, line: EmployeeLine | None) -> int | None:
    known = {one.id: one.names[language().value] for one in auth.required().departments}
    value = line.department_id if line else None
    return forms.pick(f"{key}.department_id", _label("department"), list(known), value=value,
                      shown=lambda one: known[one])  # fmt: skip


def _manager(key: str, line: EmployeeLine | None) -> int | None:
    known = {NOBODY: t("employees.no_manager"), **actions.ask(names)}
    if line is not None:
        known.pop(line.id, None)
    value = (line.manager_id if line else None) or NOBODY
    return forms.pick(f"{key}.manager_id", _label("manager"), list(known), value=value,
                      shown=lambda one: known[one])  # fmt: skip


def import_options(key: str) -> Mapping[str, object]:
    """Draw what a file of employees needs to be told: the calendar of its dates."""
    calendar = forms.pick(f"{key}.calendar", t("employees.calendar"), list(Calendar),
                          value=reader().calendar,
                          shown=lambda one: t(f"setup.calendar.{one}"))  # fmt: skip
    return {"calendar": calendar, "past_due": PastDue.SKIP}


def close(prefix: str) -> None:
    """Forget what was typed and draw the page anew."""
    for key in [key for key in st.session_state if str(key).startswith(f"{prefix}.")]:
        del st.session_state[key]
    st.rerun()
