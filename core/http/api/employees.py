"""Calls about employees: read them, add one."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlmodel import Session

from core.db import reading
from core.errors import NotFound
from core.http.api import cursors, once
from core.http.api.callers import Caller, Reads, Writes
from core.http.api.shapes import EmployeeIn, EmployeeOut, EmployeePage
from core.organisation import queries as organisation
from core.people import service as people
from core.people import walk
from core.people.terms import EmployeeInput

router = APIRouter(tags=["employees"])
Limit = Annotated[int, Query(ge=1, le=cursors.MOST)]
PLAIN = ("first_name", "last_name", "code", "email", "private_email", "language", "time_zone",
         "job_title", "past_due")  # fmt: skip


@router.get("/employees", operation_id="employee_list")
def list_employees(who: Reads, cursor: str = "", limit: Limit = cursors.USUAL) -> EmployeePage:
    """List the employees."""
    after = cursors.after(cursor)
    with reading() as session:
        found = walk.employees_after(session, who.actor, after_id=after, limit=limit + 1)
    page = found[:limit]
    more = cursors.cursor(page[-1].line.id) if len(found) > limit else None
    return EmployeePage(items=[EmployeeOut.of(one) for one in page], next_cursor=more)


@router.get("/employees/{code:path}", operation_id="employee_read")
def read_employee(code: str, who: Reads) -> EmployeeOut:
    """Read one employee."""
    with reading() as session:
        return EmployeeOut.of(walk.employee_of_code(session, who.actor, code=code))


@router.post("/employees", operation_id="employee_add", status_code=201, response_model=EmployeeOut)
def add_employee(given: EmployeeIn, who: Writes) -> JSONResponse:
    """Add an employee; the first days are planned."""

    def act(session: Session, now: datetime) -> BaseModel:
        wanted = _input(session, who, given)
        made = people.add_employee(session, who.actor, given=wanted, now=now)
        return EmployeeOut.of(walk.employee_of_code(session, who.actor, code=made.code))

    return once.perform(who, given, act, status=201)


def _input(session: Session, who: Caller, given: EmployeeIn) -> EmployeeInput:
    manager_id = None
    if given.manager:
        manager_id = walk.id_of_code(session, who.actor, code=given.manager)
    return EmployeeInput(
        **{name: getattr(given, name) for name in PLAIN},
        start_date=given.start_date.isoformat() if given.start_date else "",
        end_date=given.end_date.isoformat() if given.end_date else "",
        department_id=_department_id(session, given),
        manager_id=manager_id,
        source=f"api:{who.key_id}",
    )


def _department_id(session: Session, given: EmployeeIn) -> int | None:
    if given.department is None:
        return None
    found = organisation.department_of_kind(session, given.department)
    if found is None:
        raise NotFound("employee.department_missing", field="department")
    return found.id
