"""Statements over tasks."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import Session, col, select

from core.accounts.models import User
from core.activities.models import Task
from core.contacts.models import Contact
from core.db import insert_or_skip

Found = tuple[Task, User | None, Contact | None]


def task(session: Session, task_id: int) -> Task | None:
    """Return the task."""
    return session.get(Task, task_id)


def by_key(session: Session, dedup_key: str) -> Task | None:
    """Return the task made under this key."""
    return session.exec(select(Task).where(Task.dedup_key == dedup_key)).first()


def tasks(session: Session, task_ids: Collection[int]) -> Sequence[Task]:
    """Return the tasks with these ids."""
    return session.exec(select(Task).where(col(Task.id).in_(task_ids))).all()


def insert_new(session: Session, values: dict[str, object]) -> None:
    """Write the task unless its key is known."""
    session.execute(insert_or_skip(session, Task, [values]))


def mark_done(session: Session, task_id: int, *, done_by_id: int | None, now: datetime) -> bool:
    """Close the task if it is open; True for whoever closed it."""
    open_task = (col(Task.id) == task_id, *_open())
    values = {"done_at": now, "done_by_id": done_by_id, "version": Task.version + 1}
    return session.exec(update(Task).where(*open_task).values(values)).rowcount == 1


def mark_open(session: Session, task_id: int) -> bool:
    """Open the task again if it is done; True for whoever opened it."""
    done_task = (col(Task.id) == task_id, col(Task.done_at).is_not(None))
    values = {"done_at": None, "done_by_id": None, "version": Task.version + 1}
    return session.exec(update(Task).where(*done_task).values(values)).rowcount == 1


def mark_cancelled(session: Session, task_id: int, *, now: datetime) -> bool:
    """Take back the task if it is open; True when it was."""
    open_task = (col(Task.id) == task_id, *_open())
    values = {"cancelled_at": now, "version": Task.version + 1}
    return session.exec(update(Task).where(*open_task).values(values)).rowcount == 1


def open_tasks_for(
    session: Session, *, owner_id: int | None, department_ids: Collection[int], until: datetime
) -> Sequence[Found]:
    """Return the owner's open tasks and the departments' ones that nobody owns, by due time."""
    is_theirs = or_(
        col(Task.owner_id) == owner_id,
        col(Task.owner_id).is_(None) & col(Task.department_id).in_(department_ids),
    )
    return _listed(session, is_theirs, until)


def open_tasks_of_department(
    session: Session, *, department_id: int, until: datetime
) -> Sequence[Found]:
    """Return all open tasks of the department, whoever owns them, by due time."""
    return _listed(session, col(Task.department_id) == department_id, until)


def _listed(session: Session, chosen: ColumnElement[bool], until: datetime) -> Sequence[Found]:
    statement = (
        select(Task, User, Contact)
        .outerjoin(User, col(User.id) == col(Task.owner_id))
        .outerjoin(Contact, col(Contact.id) == col(Task.contact_id))
        .where(chosen, *_open(), col(Task.due_at) <= until)
        .order_by(col(Task.due_at), col(Task.id))
    )
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]


def _open() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(Task.done_at).is_(None), col(Task.cancelled_at).is_(None)
