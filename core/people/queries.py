"""Statements over employees, the steps of their first days and their addresses."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import Session, col, select

from core.accounts.models import User
from core.activities.models import Task
from core.contacts.models import Contact, ContactIdentity
from core.contacts.terms import IdentityKind
from core.messages.models import Message
from core.people.models import Employee, OnboardingItem, OnboardingStep


@dataclass(frozen=True)
class Placed:
    """An item of a plan with its step, person, and the mail or task made for it."""

    item: OnboardingItem
    step: OnboardingStep
    employee: Employee
    contact: Contact
    message: Message | None
    task: Task | None


def employee(session: Session, employee_id: int) -> Employee | None:
    """Return the employee."""
    return session.get(Employee, employee_id)


def employee_for_update(session: Session, employee_id: int) -> Employee | None:
    """Return the employee as it is now, locked until the end of this transaction."""
    return session.get(Employee, employee_id, with_for_update=True, populate_existing=True)


def by_code(session: Session, code: str) -> Employee | None:
    """Return the employee with this code."""
    return session.exec(select(Employee).where(Employee.code == code)).first()


def by_contact(session: Session, contact_id: int) -> Employee | None:
    """Return the employee who is this person."""
    return session.exec(select(Employee).where(Employee.contact_id == contact_id)).first()


def known_codes(session: Session, codes: Collection[str]) -> dict[str, int]:
    """Return the ids of employees by code, for those of the codes that are in use."""
    statement = select(Employee.code, Employee.id).where(col(Employee.code).in_(codes))
    return dict(session.exec(statement).all())


def known_addresses(session: Session, normalised: Collection[str]) -> dict[str, int]:
    """Return the contacts by address, for those of the addresses that belong to somebody."""
    statement = select(ContactIdentity.normalised, ContactIdentity.contact_id).where(
        ContactIdentity.kind == IdentityKind.EMAIL, col(ContactIdentity.normalised).in_(normalised)
    )
    return dict(session.exec(statement).all())


def employees_by_contact(session: Session, contact_ids: Collection[int]) -> dict[int, int]:
    """Return the employees who are these people, by contact."""
    statement = select(Employee.contact_id, Employee.id)
    return dict(session.exec(statement.where(col(Employee.contact_id).in_(contact_ids))).all())


def from_source(
    session: Session, source: str, *, after_id: int, limit: int
) -> Sequence[tuple[Employee, Contact]]:
    """Return employees of this source in the order they were made, from behind this one."""
    statement = (
        select(Employee, Contact)
        .join(Contact, col(Contact.id) == col(Employee.contact_id))
        .where(Employee.source == source, col(Employee.id) > after_id)
    )
    return session.exec(statement.order_by(col(Employee.id)).limit(limit)).all()


def employees(
    session: Session, *, search_key: str, limit: int, offset: int
) -> Sequence[tuple[Employee, Contact]]:
    """Return a page of employees whose name or code holds the key, by name."""
    statement = (
        select(Employee, Contact)
        .join(Contact, col(Contact.id) == col(Employee.contact_id))
        .where(_named(search_key))
        .order_by(col(Contact.last_name), col(Contact.first_name), col(Employee.id))
    )
    return session.exec(statement.limit(limit).offset(offset)).all()


def employee_count(session: Session, *, search_key: str) -> int:
    """Return how many employees have a name or code that holds the key."""
    statement = (
        select(func.count(col(Employee.id)))
        .join(Contact, col(Contact.id) == col(Employee.contact_id))
        .where(_named(search_key))
    )
    return session.exec(statement).one()


def with_contacts(
    session: Session, employee_ids: Collection[int]
) -> Sequence[tuple[Employee, Contact]]:
    """Return these employees with who they are."""
    statement = select(Employee, Contact).join(Contact, col(Contact.id) == col(Employee.contact_id))
    return session.exec(statement.where(col(Employee.id).in_(employee_ids))).all()


def started_since(session: Session, day: date) -> Sequence[Employee]:
    """Return the employees who started or will start on the day or later."""
    statement = select(Employee).where(col(Employee.start_date) >= day)
    return session.exec(statement.order_by(col(Employee.id)).with_for_update()).all()


def managers(session: Session) -> dict[int, int | None]:
    """Return the manager of each employee, by id."""
    return dict(session.exec(select(Employee.id, Employee.manager_id)).all())


def contact_of(session: Session, employee_id: int) -> Contact | None:
    """Return who the employee is."""
    statement = select(Contact).join(Employee, col(Employee.contact_id) == col(Contact.id))
    return session.exec(statement.where(Employee.id == employee_id)).first()


def user_of_contact(session: Session, contact_id: int) -> User | None:
    """Return the active staff account of this person."""
    statement = select(User).where(User.contact_id == contact_id, col(User.is_active).is_(True))
    return session.exec(statement).first()


def email_identities(
    session: Session, contact_ids: Collection[int]
) -> dict[int, list[ContactIdentity]]:
    """Return the email addresses of each person, in the order they were noted."""
    statement = select(ContactIdentity).where(
        ContactIdentity.kind == IdentityKind.EMAIL,
        col(ContactIdentity.contact_id).in_(contact_ids),
    )
    found: dict[int, list[ContactIdentity]] = {contact_id: [] for contact_id in contact_ids}
    for row in session.exec(statement.order_by(col(ContactIdentity.id))):
        found[row.contact_id].append(row)
    return found


def private_addresses_in_use(
    session: Session, *, until: date
) -> Sequence[tuple[Employee, Contact]]:
    """Return the employees still written to at a private address whose last day is past then."""
    statement = (
        select(Employee, Contact)
        .join(Contact, col(Contact.id) == col(Employee.contact_id))
        .join(ContactIdentity, col(ContactIdentity.contact_id) == col(Contact.id))
        .where(
            ContactIdentity.kind == IdentityKind.EMAIL,
            col(ContactIdentity.is_primary).is_(True),
            col(ContactIdentity.valid_until) < until,
        )
        .order_by(col(Employee.id))
    )
    return session.exec(statement).all()


def steps(session: Session) -> Sequence[OnboardingStep]:
    """Return all steps in the order they happen."""
    statement = select(OnboardingStep).order_by(
        col(OnboardingStep.offset_days), col(OnboardingStep.at), col(OnboardingStep.id)
    )
    return session.exec(statement).all()


def step_by_key(session: Session, key: str) -> OnboardingStep | None:
    """Return the step that comes with Chapar under this key."""
    return session.exec(select(OnboardingStep).where(OnboardingStep.key == key)).first()


def step_for_update(session: Session, step_id: int) -> OnboardingStep | None:
    """Return the step as it is now, locked until the end of this transaction."""
    return session.get(OnboardingStep, step_id, with_for_update=True, populate_existing=True)


def item(session: Session, item_id: int) -> Placed | None:
    """Return one item with all that belongs to it."""
    found = _placed(session, col(OnboardingItem.id) == item_id)
    return found[0] if found else None


def items_of(session: Session, employee_id: int) -> list[Placed]:
    """Return the whole plan of an employee, by due time."""
    return _placed(session, col(OnboardingItem.employee_id) == employee_id)


def items_between(
    session: Session, *, employee_id: int | None, since: date, until: date
) -> list[Placed]:
    """Return what is planned on the days from `since` to `until`, for one employee or for all."""
    chosen: ColumnElement[bool] = col(OnboardingItem.day).between(since, until)
    if employee_id is not None:
        chosen &= col(OnboardingItem.employee_id) == employee_id
    return _placed(session, chosen)


def _placed(session: Session, chosen: ColumnElement[bool]) -> list[Placed]:
    statement = (
        select(OnboardingItem, OnboardingStep, Employee, Contact)
        .add_columns(Message, Task)
        .join(OnboardingStep, col(OnboardingStep.id) == col(OnboardingItem.step_id))
        .join(Employee, col(Employee.id) == col(OnboardingItem.employee_id))
        .join(Contact, col(Contact.id) == col(Employee.contact_id))
        .outerjoin(Message, col(Message.id) == col(OnboardingItem.message_id))
        .outerjoin(Task, col(Task.id) == col(OnboardingItem.task_id))
        .where(chosen)
        .order_by(col(OnboardingItem.due_at), col(OnboardingItem.id))
        .execution_options(populate_existing=True)
    )
    session.flush()
    return [Placed(*row) for row in session.execute(statement)]


def _named(search_key: str) -> ColumnElement[bool]:
    return or_(
        col(Contact.search_key).contains(search_key, autoescape=True),
        func.lower(col(Employee.code)).contains(search_key, autoescape=True),
    )
