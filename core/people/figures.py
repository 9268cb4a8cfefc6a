"""HR in figures, for the tiles of its pages."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.activities.models import Task
from core.contacts.models import Contact
from core.messages.models import Message
from core.messages.terms import MessageStatus
from core.people.models import Employee, OnboardingItem

SOON = timedelta(days=30)


@dataclass(frozen=True)
class PeopleFigures:
    """Staff of today, those who begin within 30 days, and what is ahead of the first days."""

    active_count: int
    starting_count: int
    planned_mail_count: int
    open_task_count: int


@verb(Permission.EMPLOYEE_VIEW, audit=None)
def figures(session: Session, _actor: Actor, *, today: date) -> PeopleFigures:
    """Return HR in figures; `today` is the reader's local day."""
    start, end = col(Employee.start_date), col(Employee.end_date)
    here = (start.is_(None) | (start <= today)) & (end.is_(None) | (end >= today))
    soon = (start > today) & (start <= today + SOON)
    mails = (
        select(func.count())
        .select_from(OnboardingItem)
        .join(Message, col(Message.id) == col(OnboardingItem.message_id))
        .where(Message.status == MessageStatus.QUEUED)
    )
    tasks = (
        select(func.count())
        .select_from(OnboardingItem)
        .join(Task, col(Task.id) == col(OnboardingItem.task_id))
        .where(col(Task.done_at).is_(None))
    )
    employees = select(func.count()).select_from(Employee)
    return PeopleFigures(
        active_count=session.exec(employees.where(here)).one(),
        starting_count=session.exec(employees.where(soon)).one(),
        planned_mail_count=session.exec(mails).one(),
        open_task_count=session.exec(tasks).one(),
    )


@verb(Permission.EMPLOYEE_VIEW, audit=None)
def names(session: Session, _actor: Actor) -> dict[int, str]:
    """Return the names of all employees by id, in order, for a choice of one."""
    statement = (
        select(Employee.id, Contact.first_name, Contact.last_name)
        .join(Contact, col(Contact.id) == col(Employee.contact_id))
        .order_by(col(Contact.search_key))
    )
    rows = session.exec(statement).all()
    return {key: f"{first} {last}".strip() for key, first, last in rows}
