"""A walk through all employees in the order they were made, for programs that read everything."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlmodel import Session, col, select

from core.access.service import verb
from core.access.terms import Actor, DepartmentKind, Permission
from core.contacts.models import Contact
from core.errors import NotFound
from core.organisation.models import Department
from core.people import queries, rules, staff
from core.people.models import Employee
from core.people.terms import EmployeeLine


@dataclass(frozen=True)
class Entry:
    """An employee as other programs know it: by public ids and codes instead of numbers."""

    line: EmployeeLine
    contact: str
    department: DepartmentKind | None
    manager: str | None


@verb(Permission.EMPLOYEE_VIEW, audit=None)
def employees_after(
    session: Session, _actor: Actor, *, after_id: int = 0, limit: int
) -> list[Entry]:
    """Return the next employees. None is met twice or left out; new ones come at the end."""
    statement = select(Employee.id).where(col(Employee.id) > after_id)
    ids = session.exec(statement.order_by(col(Employee.id)).limit(limit)).all()
    return _entries(session, ids)


@verb(Permission.EMPLOYEE_VIEW, audit=None)
def employee_of_code(session: Session, _actor: Actor, *, code: str) -> Entry:
    """Return the employee of this code, typed in any digits; raises NotFound."""
    found = queries.by_code(session, rules.code_key(code))
    if found is None:
        raise NotFound("employee.missing")
    return _entries(session, [found.id])[0]


@verb(Permission.EMPLOYEE_VIEW, audit=None)
def id_of_code(session: Session, _actor: Actor, *, code: str) -> int:
    """Return the number of the employee of this code; raises NotFound at "manager"."""
    found = queries.by_code(session, rules.code_key(code))
    if found is None:
        raise NotFound("employee.manager_missing", field="manager")
    return found.id


def _entries(session: Session, ids: Collection[int]) -> list[Entry]:
    lines = staff.lines(session, queries.with_contacts(session, ids))
    contact_ids = [one.contact_id for one in lines]
    people = select(Contact.id, Contact.public_id).where(col(Contact.id).in_(contact_ids))
    boss_ids = {one.manager_id for one in lines if one.manager_id is not None}
    bosses = select(Employee.id, Employee.code).where(col(Employee.id).in_(boss_ids))
    contacts, codes = dict(session.exec(people).all()), dict(session.exec(bosses).all())
    kinds = {one.id: one.kind for one in session.exec(select(Department))}
    return [
        Entry(
            line=line,
            contact=contacts[line.contact_id],
            department=kinds.get(line.department_id or 0),
            manager=codes.get(line.manager_id or 0),
        )
        for line in sorted(lines, key=lambda one: one.id)
    ]
