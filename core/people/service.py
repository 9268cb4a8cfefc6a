"""Verbs of HR about employees: add, change, list, take from a sheet, switch addresses.

The verbs of the first days are in `onboarding`.
"""

from datetime import datetime, timedelta

from sqlmodel import Session

from core.access.service import verb
from core.access.terms import SYSTEM, Actor, Permission
from core.audit import service as audit
from core.contacts import service as contacts
from core.errors import Conflict, NotFound
from core.i18n.text import search_key
from core.people import intake, queries, staff
from core.people.house import house, newcomer
from core.people.models import Employee
from core.people.planning import renew_plan
from core.people.rules import MAX_OFFSET_DAYS
from core.people.terms import (
    EmployeeInput,
    EmployeeLine,
    Intake,
    PastDue,
    PasteInput,
    PastePreview,
)

PAGE = 50
_DAY = timedelta(days=1)


@verb(Permission.EMPLOYEE_EDIT, audit="employee.added")
def add_employee(
    session: Session, actor: Actor, *, given: EmployeeInput, now: datetime
) -> Employee:
    """Return a new employee, its first days planned when it has a start date.

    A member of staff who is known by the address already becomes the employee.

    Raises:
        Invalid, Conflict: At the field that is wrong or taken.
    """
    return staff.enrol(session, actor, house(session), given=given, now=now)


@verb(Permission.EMPLOYEE_EDIT, audit="employee.changed")
def change_employee(
    session: Session,
    actor: Actor,
    *,
    employee_id: int,
    version: int,
    given: EmployeeInput,
    now: datetime,
) -> Employee:
    """Return the employee as now described. An empty code keeps the one there is.

    What has not gone yet moves with the start date; what lies behind the end date is taken back.

    Raises:
        Invalid, Conflict: At the field; "common.changed_meanwhile" where somebody was faster.
    """
    employee = queries.employee_for_update(session, employee_id)
    if employee is None:
        raise NotFound("employee.missing")
    if employee.version != version:
        raise Conflict("common.changed_meanwhile")
    return staff.amend(session, actor, house(session), employee=employee, given=given, now=now)


@verb(Permission.EMPLOYEE_VIEW, audit=None)
def list_employees(
    session: Session, _actor: Actor, *, search: str = "", page: int = 1
) -> list[EmployeeLine]:
    """Return a page of at most 50 employees by name, those whose name or code holds the words."""
    key = search_key(search)
    rows = queries.employees(session, search_key=key, limit=PAGE, offset=(page - 1) * PAGE)
    return staff.lines(session, rows)


@verb(Permission.EMPLOYEE_VIEW, audit=None)
def count_employees(session: Session, _actor: Actor, *, search: str = "") -> int:
    """Return how many employees the list has in all."""
    return queries.employee_count(session, search_key=search_key(search))


@verb(Permission.EMPLOYEE_VIEW, audit=None)
def read_employee(session: Session, _actor: Actor, *, employee_id: int) -> EmployeeLine:
    """Return one employee."""
    found = staff.lines(session, queries.with_contacts(session, [employee_id]))
    if not found:
        raise NotFound("employee.missing")
    return found[0]


@verb(Permission.EMPLOYEE_IMPORT, audit=None)
def preview_paste(session: Session, _actor: Actor, *, paste: PasteInput) -> PastePreview:
    """Return what a pasted table would do, row by row, and how its columns were understood.

    Raises:
        Invalid: "paste.*" at the field, "import.*" for columns that cannot be so.
    """
    return intake.preview(session, paste)


@verb(Permission.EMPLOYEE_IMPORT, audit="employees.pasted")
def import_paste(session: Session, actor: Actor, *, paste: PasteInput, now: datetime) -> Intake:
    """Return the employees made of the good rows, and the rows that were refused with the reason.

    Rows are judged anew: what was free in the preview may be taken by now.
    """
    seen = intake.preview(session, paste)
    shared = house(session)
    done = intake.take(session, actor, shared, verdicts=seen.rows, now=now)
    intake.link_managers(session, actor, shared, verdicts=seen.rows, now=now)
    after = {"added": len(done.added), "refused": len(done.refused)}
    audit.record(session, actor, "employees.pasted", now=now, after=after)
    return done


@verb(Permission.SYSTEM_RUN, audit="employees.refreshed")
def refresh_plans(session: Session, actor: Actor, *, now: datetime) -> None:
    """Bring the plans that still have something ahead in line with holidays, hours and mails.

    What is due already keeps its moment. To be run once a day and after calendars change.
    """
    shared = house(session)
    earliest = (now - (MAX_OFFSET_DAYS + 31) * _DAY).date()
    for employee in queries.started_since(session, earliest):
        who = newcomer(session, employee)
        renew_plan(session, actor, shared, who=who, past_due=PastDue.SKIP, now=now)


def switch_addresses(session: Session, *, now: datetime) -> int:
    """Have mail go to the work address of everyone whose first day has come; return how many.

    Safe to run any number of times. Whoever has no work address keeps the private one.
    """
    shared = house(session)
    switched = 0
    for employee, contact in queries.private_addresses_in_use(session, until=(now + _DAY).date()):
        facts = staff.known_facts(session, employee, contact)
        today = staff.today_of(session, shared, employee, now=now)
        if not facts.email or facts.start_date is None or today < facts.start_date:
            continue
        contacts.set_email(session, contact, facts.email)
        audit.record(session, SYSTEM, "employee.address_switched", now=now, subject=employee,
                     contact_id=contact.id)  # fmt: skip
        switched += 1
    return switched
