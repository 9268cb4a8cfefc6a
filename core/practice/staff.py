"""The made-up staff in the store: employees, some with an account, three about to start."""

from datetime import datetime, timedelta

from sqlmodel import Session

from core.access.terms import SYSTEM, DepartmentKind
from core.accounts import queries as account_queries
from core.accounts import service as accounts
from core.accounts.terms import MembershipInput, NewUser
from core.contacts import queries as contacts
from core.i18n.terms import Calendar, Language
from core.notices.going_live import PRACTICE_SOURCE
from core.organisation import queries as organisation
from core.people import service as people
from core.people.models import Employee
from core.people.terms import EmployeeInput, PastDue
from core.practice.people import DOMAIN, STAFF
from core.practice.terms import Member


def hire(session: Session, *, now: datetime) -> None:
    """Make the employees, managers first, and the accounts of those who have one."""
    made: dict[str, Employee] = {}
    for member in STAFF:
        boss = made.get(member.manager)
        given = _input(session, member, manager_id=boss.id if boss else None, now=now)
        employee = people.add_employee(session, SYSTEM, given=given, now=now)
        _mark_made_up(session, employee)
        _open_account(session, member, employee, now=now)
        made[member.key] = employee


def department_id(session: Session, kind: DepartmentKind) -> int | None:
    """Return the department of this kind, where there is one."""
    found = organisation.department_of_kind(session, kind)
    return found.id if found else None


def _input(
    session: Session, member: Member, *, manager_id: int | None, now: datetime
) -> EmployeeInput:
    start = (now + timedelta(days=member.starts_in)).date()
    is_new = member.starts_in > 0
    return EmployeeInput(
        first_name=member.first_name,
        last_name=member.last_name,
        email=f"{member.key}@{DOMAIN}",
        private_email=f"{member.key}@home.{DOMAIN}" if is_new else "",
        language=member.language.value,
        job_title=member.job_title,
        start_date=start.isoformat(),
        calendar=Calendar.GREGORIAN,
        department_id=department_id(session, member.kind),
        manager_id=manager_id,
        past_due=PastDue.SKIP,
        source=PRACTICE_SOURCE,
    )


def _mark_made_up(session: Session, employee: Employee) -> None:
    person = contacts.contact(session, employee.contact_id)
    if person is not None:
        person.source = PRACTICE_SOURCE


def _open_account(session: Session, member: Member, employee: Employee, *, now: datetime) -> None:
    """Nobody can sign in to it: it has no password, and its address does not exist."""
    login, place = f"{member.key}.practice", department_id(session, member.kind)
    is_free = account_queries.user_named(session, login) is None
    if member.role is None or place is None or not is_free:
        return
    is_persian = member.language is Language.FA
    new = NewUser(
        contact_id=employee.contact_id,
        login=login,
        name=f"{member.first_name} {member.last_name}",
        language=member.language,
        calendar=Calendar.JALALI if is_persian else Calendar.GREGORIAN,
        memberships=(MembershipInput(department_id=place, role=member.role),),
    )
    accounts.create_user(session, SYSTEM, given=new, now=now)
