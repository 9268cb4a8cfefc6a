"""Employees in the store: the row, who it is, and which address is used when.

Building blocks of the verbs of HR, which ask for permission.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from sqlmodel import Session

from core.access.terms import Actor
from core.audit import service as audit
from core.contacts import queries as contact_queries
from core.contacts import service as contacts
from core.contacts.addresses import parse_address
from core.contacts.models import Contact, ContactIdentity
from core.contacts.terms import ContactKind, IdentityKind
from core.errors import Conflict, Invalid, NotFound
from core.events import service as events
from core.events.service import Fact
from core.organisation.rules import zone_of as clock_of
from core.people import queries, rules
from core.people.house import House, full_name, newcomer, zone_of
from core.people.models import Employee
from core.people.planning import renew_plan
from core.people.terms import EmployeeFacts, EmployeeInput, EmployeeLine

_DAY = timedelta(days=1)


def enrol(
    session: Session, actor: Actor, shared: House, *, given: EmployeeInput, now: datetime
) -> Employee:
    """Return a new employee, its first days planned; otherwise as `admit`."""
    employee = admit(session, actor, shared, given=given, now=now)
    who = newcomer(session, employee)
    renew_plan(session, actor, shared, who=who, past_due=given.past_due, now=now)
    return employee


def admit(
    session: Session, actor: Actor, shared: House, *, given: EmployeeInput, now: datetime
) -> Employee:
    """Return a new employee with its addresses, nothing planned yet; the audit row is written.

    Raises:
        Invalid, Conflict: At the field that is wrong or taken.
    """
    facts = rules.checked(given, home=shared.language)
    _check_named(session, shared, given, employee_id=None)
    if facts.code and queries.by_code(session, facts.code) is not None:
        raise Conflict("employee.code_taken", field="code", typed=facts.code)
    contact = _contact_for(session, facts, now=now)
    kept = {name: value for name, value in _details(facts).items() if value is not None}
    contacts.set_details(session, contact, kept)
    code = facts.code or _free_code(session, contact.id)
    columns = {**_columns(facts, given), "source": given.source}
    employee = Employee.model_validate({"contact_id": contact.id, "code": code, **columns})
    session.add(employee)
    session.flush()
    arrange_addresses(session, shared, employee, facts=facts, now=now)
    after = _snapshot(employee, contact, facts)
    audit.record(session, actor, "employee.added", now=now, subject=employee,
                 name=full_name(contact), contact_id=contact.id, after=after)  # fmt: skip
    _tell(session, employee, "employee.added", key=f"added:{employee.id}", now=now)
    return employee


def lead(session: Session, employee: Employee, manager_id: int) -> bool:
    """Give the employee a manager unless that leads in a circle; True where it has one now."""
    if rules.leads_in_a_circle(queries.managers(session), employee.id, manager_id):
        return False
    employee.manager_id = manager_id
    employee.version += 1
    session.flush()
    return True


def amend(
    session: Session,
    actor: Actor,
    shared: House,
    *,
    employee: Employee,
    given: EmployeeInput,
    now: datetime,
) -> Employee:
    """Return the employee as now described; what has not gone yet follows the new dates."""
    facts = rules.checked(given, home=shared.language)
    _check_named(session, shared, given, employee_id=employee.id)
    _check_code(session, employee, facts)
    contact = contact_queries.contact(session, employee.contact_id)
    if contact is None:
        raise Conflict("common.changed_meanwhile")
    before = _snapshot(employee, contact, known_facts(session, employee, contact))
    moved = employee.start_date != facts.start_date
    ended = employee.end_date != facts.end_date
    contacts.set_details(session, contact, _details(facts))
    contact.version += 1
    employee.code = facts.code or employee.code
    for name, value in _columns(facts, given).items():
        setattr(employee, name, value)
    employee.version += 1
    session.add_all([contact, employee])
    session.flush()
    arrange_addresses(session, shared, employee, facts=facts, now=now)
    who = newcomer(session, employee)
    renew_plan(session, actor, shared, who=who, past_due=given.past_due, now=now)
    _note_change(session, actor, employee, before=before, after=_snapshot(employee, contact, facts),
                 now=now)  # fmt: skip
    for name, has_changed in (("employee.start_moved", moved), ("employee.end_set", ended)):
        if has_changed:
            _tell(session, employee, name, key=f"{name}:{employee.id}:{employee.version}", now=now)
    return employee


def arrange_addresses(
    session: Session, shared: House, employee: Employee, *, facts: EmployeeFacts, now: datetime
) -> None:
    """Have the person known by exactly these addresses, the one to be used today as primary."""
    contact = contact_queries.contact(session, employee.contact_id)
    if contact is None:
        return
    _forget_others(session, contact.id, {facts.email, facts.private_email})
    is_private = rules.uses_private_address(
        has_private=bool(facts.private_email),
        has_work=bool(facts.email),
        start=facts.start_date,
        today=today_of(session, shared, employee, now=now),
    )
    last_day = facts.start_date - _DAY if facts.start_date else None
    order = ("email", "private_email") if is_private else ("private_email", "email")
    for field in order:  # the one set last is the primary one
        if text := getattr(facts, field):
            until = last_day if field == "private_email" else None
            _set_address(session, contact, text, field=field, until=until)


def today_of(session: Session, shared: House, employee: Employee, *, now: datetime) -> date:
    """Return the day it is where the employee is."""
    zone = zone_of(shared, newcomer(session, employee))
    return now.astimezone(clock_of(zone)).date()


def known_facts(session: Session, employee: Employee, contact: Contact) -> EmployeeFacts:
    """Return what is stored of the employee."""
    found = queries.email_identities(session, [contact.id])[contact.id]
    work, private = addresses_of(found)
    return EmployeeFacts(
        first_name=contact.first_name,
        last_name=contact.last_name,
        code=employee.code,
        email=work,
        private_email=private,
        language=contact.language,
        time_zone=contact.time_zone,
        job_title=employee.job_title,
        start_date=employee.start_date,
        end_date=employee.end_date,
    )


def addresses_of(found: Collection[ContactIdentity]) -> tuple[str, str]:
    """Return the work and the private address; the private one is valid until a day."""
    work = next((one.raw for one in found if one.valid_until is None), "")
    private = next((one.raw for one in found if one.valid_until is not None), "")
    return work, private


def lines(session: Session, rows: Collection[tuple[Employee, Contact]]) -> list[EmployeeLine]:
    """Return the employees as lists show them."""
    found = queries.email_identities(session, [contact.id for _, contact in rows])
    return [_line(employee, contact, found[contact.id]) for employee, contact in rows]


def _line(employee: Employee, contact: Contact, found: Collection[ContactIdentity]) -> EmployeeLine:
    work, private = addresses_of(found)
    return EmployeeLine(
        id=employee.id,
        contact_id=contact.id,
        code=employee.code,
        first_name=contact.first_name,
        last_name=contact.last_name,
        name=full_name(contact),
        email=next((one.raw for one in found if one.is_primary), ""),
        work_email=work,
        private_email=private,
        language=contact.language,
        time_zone=contact.time_zone,
        job_title=employee.job_title,
        department_id=employee.department_id,
        office_id=employee.office_id,
        manager_id=employee.manager_id,
        start_date=employee.start_date,
        end_date=employee.end_date,
        version=employee.version,
    )


def _contact_for(session: Session, facts: EmployeeFacts, *, now: datetime) -> Contact:
    """Return who the employee is: a member of staff known by the address, else a new person."""
    for field in ("email", "private_email"):
        text = getattr(facts, field)
        known = text and contact_queries.identity(
            session, IdentityKind.EMAIL, parse_address(text).normalised
        )
        if known:
            return _adopted(session, known.contact_id, field=field, typed=text)
    return contacts.add_contact(session, kind=ContactKind.EMPLOYEE, now=now,
                                details={"source": "people"})  # fmt: skip


def _adopted(session: Session, contact_id: int, *, field: str, typed: str) -> Contact:
    contact = contact_queries.contact(session, contact_id)
    if contact is None or queries.by_contact(session, contact_id) is not None:
        raise Conflict("employee.address_known", field=field, typed=typed)
    if contact.kind is not ContactKind.EMPLOYEE:
        raise Conflict("employee.address_taken", field=field, typed=typed)
    return contact


def _set_address(
    session: Session, contact: Contact, text: str, *, field: str, until: date | None
) -> None:
    try:
        contacts.set_email(session, contact, text, valid_until=until)
    except Conflict as error:
        raise Conflict("employee.address_taken", field=field, typed=text) from error


def _forget_others(session: Session, contact_id: int, kept: set[str]) -> None:
    wanted = {parse_address(text).normalised for text in kept if text}
    for row in queries.email_identities(session, [contact_id])[contact_id]:
        if row.normalised not in wanted:
            session.delete(row)
    session.flush()


def _free_code(session: Session, contact_id: int) -> str:
    code = f"E{contact_id}"
    return code if queries.by_code(session, code) is None else f"{code}-{contact_id}"


def _check_code(session: Session, employee: Employee, facts: EmployeeFacts) -> None:
    known = queries.by_code(session, facts.code) if facts.code else None
    if known is not None and known.id != employee.id:
        raise Conflict("employee.code_taken", field="code", typed=facts.code)


def _check_named(
    session: Session, shared: House, given: EmployeeInput, *, employee_id: int | None
) -> None:
    """Raise at its field what is not there of department, office and manager, or a circle."""
    if given.department_id is not None and given.department_id not in shared.departments:
        raise NotFound("employee.department_missing", field="department_id")
    if given.office_id is not None and given.office_id not in shared.offices:
        raise NotFound("employee.office_missing", field="office_id")
    if given.manager_id is None:
        return
    managers = queries.managers(session)
    if given.manager_id not in managers:
        raise NotFound("employee.manager_missing", field="manager_id")
    if employee_id is not None and rules.leads_in_a_circle(managers, employee_id, given.manager_id):
        raise Invalid("employee.manager_circle", field="manager_id")


def _details(facts: EmployeeFacts) -> dict[str, object]:
    names = ("first_name", "last_name", "language", "time_zone")
    return {name: getattr(facts, name) for name in names}


def _columns(facts: EmployeeFacts, given: EmployeeInput) -> dict[str, object]:
    return {
        "job_title": facts.job_title,
        "department_id": given.department_id,
        "office_id": given.office_id,
        "manager_id": given.manager_id,
        "start_date": facts.start_date,
        "end_date": facts.end_date,
    }


def _snapshot(employee: Employee, contact: Contact, facts: EmployeeFacts) -> dict[str, object]:
    """Return the employee as the audit log tells it."""
    return {
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "code": employee.code,
        "email": facts.email,
        "private_email": facts.private_email,
        "language": contact.language.value if contact.language else None,
        "time_zone": contact.time_zone,
        "job_title": employee.job_title,
        "department_id": employee.department_id,
        "office_id": employee.office_id,
        "manager_id": employee.manager_id,
        "start_date": employee.start_date.isoformat() if employee.start_date else None,
        "end_date": employee.end_date.isoformat() if employee.end_date else None,
    }


def _note_change(
    session: Session,
    actor: Actor,
    employee: Employee,
    *,
    before: Mapping[str, object],
    after: Mapping[str, object],
    now: datetime,
) -> None:
    changed = [name for name in after if before[name] != after[name]]
    audit.record(
        session,
        actor,
        "employee.changed",
        now=now,
        subject=employee,
        name=f"{after['first_name']} {after['last_name']}".strip(),
        contact_id=employee.contact_id,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )


def _tell(session: Session, employee: Employee, name: str, *, key: str, now: datetime) -> None:
    events.record(
        session,
        Fact(
            name=name,
            source="people",
            dedup_key=key,
            occurred_at=now,
            subject_type="employee",
            subject_id=employee.id,
            contact_id=employee.contact_id,
            department_id=employee.department_id,
        ),
    )
