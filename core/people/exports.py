"""Employees as a file: the list as somebody looks at it, taken out by those who may."""

from datetime import datetime

from sqlmodel import Session

from core.access.rules import within
from core.access.service import require, verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.i18n.text import search_key
from core.people import queries, staff
from core.people.terms import EmployeeLine

_BATCH = 500


@verb(Permission.EMPLOYEE_EXPORT, audit="employees.exported")
def export_employees(
    session: Session, actor: Actor, *, search: str, limit: int, now: datetime
) -> list[EmployeeLine]:
    """Return the employees whose name or code holds the words, by name."""
    require(within(actor, Permission.EMPLOYEE_EXPORT), Permission.EMPLOYEE_VIEW)
    found: list[EmployeeLine] = []
    for offset in range(0, limit, _BATCH):
        rows = queries.employees(
            session, search_key=search_key(search), limit=_BATCH, offset=offset
        )
        found += staff.lines(session, rows)
        if len(rows) < _BATCH:
            break
    audit.record(session, actor, "employees.exported", now=now, after={"rows": len(found)})
    return found[:limit]
