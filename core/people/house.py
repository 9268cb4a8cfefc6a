"""What plans of first days are made from: the house's steps, hours and mails, and who it is.

Read once for many employees; from then on nothing here asks the store.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.access.terms import DepartmentKind
from core.accounts.models import User
from core.activities.rules import TITLE_LIMIT
from core.activities.terms import TaskInput
from core.contacts.models import Contact
from core.errors import NotFound
from core.i18n.terms import Language
from core.messages.terms import MessageRequest, OnCap
from core.organisation import queries as organisation
from core.organisation.models import Department, Office
from core.organisation.rules import WorkingWeek
from core.organisation.service import working_week
from core.people import queries, rules
from core.people.models import Employee, OnboardingStep
from core.people.terms import PastDue, Planned, StepFacts, StepFor, StepKind
from core.templates import queries as templates


@dataclass(frozen=True)
class House:
    """What all plans share. versions: the newest text of each step's template, by template.

    offices and weeks: by id; under None the default one.
    """

    steps: tuple[OnboardingStep, ...]
    versions: Mapping[int, int]
    offices: Mapping[int | None, Office]
    weeks: Mapping[int | None, WorkingWeek]
    departments: Mapping[int, Department]
    people_department_id: int | None
    language: Language

    def office(self, office_id: int | None) -> Office:
        """Return the office, the default one where none is named."""
        return self.offices.get(office_id, self.offices[None])

    def week(self, office_id: int | None) -> WorkingWeek:
        """Return the working week of the office, of the default one where none is named."""
        return self.weeks.get(office_id, self.weeks[None])


@dataclass(frozen=True)
class Newcomer:
    """An employee with who it is, who leads it, and that person's account where there is one."""

    employee: Employee
    contact: Contact
    manager: Contact | None
    manager_user: User | None

    @property
    def name(self) -> str:
        """First and last name in one line."""
        return full_name(self.contact)


@dataclass(frozen=True)
class Wanted:
    """What a step should be for somebody: its moment, None for not at all, and its mail or task."""

    planned: Planned
    moment: datetime | None
    mail: MessageRequest | None
    task: TaskInput | None


def house(session: Session) -> House:
    """Return what all plans share."""
    steps = tuple(queries.steps(session))
    offices: dict[int | None, Office] = {one.id: one for one in organisation.offices(session)}
    offices[None] = organisation.default_office(session)
    weeks = {key: working_week(session, office) for key, office in offices.items()}
    template_ids = {step.template_id for step in steps if step.template_id is not None}
    newest = {one: templates.newest_version(session, one) for one in template_ids}
    people = organisation.department_of_kind(session, DepartmentKind.PEOPLE)
    return House(
        steps=steps,
        versions={key: version.id for key, version in newest.items() if version is not None},
        offices=offices,
        weeks=weeks,
        departments={one.id: one for one in organisation.departments(session)},
        people_department_id=people.id if people else None,
        language=organisation.organisation(session).language,
    )


def newcomer(session: Session, employee: Employee) -> Newcomer:
    """Return the employee with who it is and who leads it."""
    contact = session.get(Contact, employee.contact_id)
    if contact is None:
        raise NotFound("employee.missing")
    manager = queries.contact_of(session, employee.manager_id) if employee.manager_id else None
    user = queries.user_of_contact(session, manager.id) if manager else None
    return Newcomer(employee, contact, manager, user)


def zone_of(shared: House, who: Newcomer) -> str:
    """Return the zone of the employee: its own, else that of its office."""
    return who.contact.time_zone or shared.office(who.employee.office_id).time_zone


def planned_steps(shared: House, who: Newcomer) -> list[Planned]:
    """Return when each enabled step happens for the employee; nothing without a start date."""
    start = who.employee.start_date
    if start is None:
        return []
    facts = [
        StepFacts(step.id, step.offset_days, step.at, step.holiday_rule)
        for step in shared.steps
        if step.is_enabled
    ]
    week = shared.week(who.employee.office_id)
    return rules.plan(start, facts, week, zone=zone_of(shared, who))


def wanted_steps(
    shared: House, who: Newcomer, *, past_due: PastDue, now: datetime
) -> dict[int, Wanted]:
    """Return what each enabled step should be for the employee, by step."""
    steps = {step.id: step for step in shared.steps}
    return {
        planned.step_id: _wanted(shared, who, steps[planned.step_id], planned=planned,
                                 moment=rules.moment_of(planned, past_due, now=now))
        for planned in planned_steps(shared, who)
    }  # fmt: skip


def mail_values(shared: House, who: Newcomer, language: Language) -> dict[str, object]:
    """Return what the mails about an employee may say, beside what every mail may say."""
    employee = who.employee
    department = shared.departments.get(employee.department_id or 0)
    names = department.names if department else {}
    return {
        "employee_name": who.name,
        "employee_first_name": who.contact.first_name,
        "job_title": employee.job_title,
        "department_name": names.get(language) or next(iter(names.values()), ""),
        "office_name": shared.office(employee.office_id).name,
        "manager_name": full_name(who.manager) if who.manager else "",
        "start_date": employee.start_date.isoformat() if employee.start_date else "",
    }


def full_name(contact: Contact) -> str:
    """Return first and last name in one line."""
    return f"{contact.first_name} {contact.last_name}".strip()


def _wanted(
    shared: House,
    who: Newcomer,
    step: OnboardingStep,
    *,
    planned: Planned,
    moment: datetime | None,
) -> Wanted:
    end = who.employee.end_date
    if moment is None or (end is not None and planned.day > end):
        return Wanted(planned, None, None, None)
    if step.kind is StepKind.TASK:
        return Wanted(planned, moment, None, _task(shared, who, step, due_at=moment))
    mail = _mail(shared, who, step, due_at=moment)
    return Wanted(planned, moment if mail else None, mail, None)


def _mail(
    shared: House, who: Newcomer, step: OnboardingStep, *, due_at: datetime
) -> MessageRequest | None:
    """Return the mail of the step; None where there is nobody to write to, or no text."""
    reader = who.manager if step.recipient is StepFor.MANAGER else who.contact
    version_id = shared.versions.get(step.template_id or 0)
    if reader is None or version_id is None:
        return None
    return MessageRequest(
        contact_id=reader.id,
        dedup_key="",
        template_version_id=version_id,
        values=mail_values(shared, who, reader.language or shared.language),
        department_id=shared.people_department_id,
        on_cap=OnCap.DEFER,
        due_at=due_at,
        expires_at=due_at + rules.USEFUL_FOR,
        subject_type="employee",
        subject_id=who.employee.id,
    )


def _task(shared: House, who: Newcomer, step: OnboardingStep, *, due_at: datetime) -> TaskInput:
    """Return the task of the step, for the manager's account or for a department's members."""
    owner = who.manager_user if step.recipient is StepFor.MANAGER else None
    named = step.department_id if step.recipient is StepFor.DEPARTMENT else None
    language = owner.language if owner else shared.language
    title = step.titles.get(language) or next(iter(step.titles.values()))
    return TaskInput(
        title=f"{title}: {who.name}"[:TITLE_LIMIT],
        due_at=due_at,
        owner_id=owner.id if owner else None,
        department_id=named or who.employee.department_id or shared.people_department_id,
        contact_id=who.contact.id,
    )
