"""Verbs of tasks: make one, finish it, open it again, list what is due."""

from datetime import datetime

from sqlmodel import Session

from core import ids
from core.access.service import verb
from core.access.terms import Actor, Permission
from core.activities import queries, rules
from core.activities.models import Task
from core.activities.terms import TaskInput, TaskLine
from core.audit import service as audit
from core.errors import Conflict, Forbidden, NotFound


def place_task(session: Session, task: TaskInput, *, now: datetime) -> Task:
    """Return the task made under this key, new or known already.

    A building block for other verbs: they ask for permission and leave the audit row.
    """
    rules.check_responsible(task)
    dedup_key = task.dedup_key or ids.public_id("tsk", now)
    values: dict[str, object] = {
        "dedup_key": dedup_key,
        "title": rules.checked_title(task.title),
        "due_at": task.due_at,
        "owner_id": task.owner_id,
        "department_id": task.department_id,
        "contact_id": task.contact_id,
    }
    queries.insert_new(session, values)
    found = queries.by_key(session, dedup_key)
    if found is None:
        raise NotFound("task.missing")
    return found


def cancel_task(session: Session, task_id: int, *, now: datetime) -> bool:
    """Take back a task that is still open; True when it was. A building block, as above."""
    was_open = queries.mark_cancelled(session, task_id, now=now)
    _refresh(session, task_id)
    return was_open


@verb(Permission.SELF_EDIT, audit="task.added")
def add_task(session: Session, actor: Actor, *, task: TaskInput, now: datetime) -> Task:
    """Return a new task for a person or a department.

    Raises:
        Invalid: "task.title_missing", "task.title_long" or "task.nobody".
    """
    made = place_task(session, task, now=now)
    audit.record(
        session,
        actor,
        "task.added",
        now=now,
        subject=made,
        name=made.title,
        department_id=made.department_id,
        contact_id=made.contact_id,
        after={"due_at": made.due_at.isoformat(), "owner_id": made.owner_id},
    )
    return made


@verb(Permission.SELF_EDIT, audit="task.completed")
def complete_task(session: Session, actor: Actor, *, task_id: int, now: datetime) -> Task:
    """Return the task, done. Twice is once: the first one stays named as the doer.

    Raises:
        Conflict: "task.cancelled", where it was taken back meanwhile.
    """
    found = _mine(session, actor, task_id)
    if found.cancelled_at is not None:
        raise Conflict("task.cancelled")
    by_user = actor.id if actor.kind == "user" else None
    if queries.mark_done(session, task_id, done_by_id=by_user, now=now):
        _note(session, actor, found, act="task.completed", now=now)
    return _refresh(session, task_id)


@verb(Permission.SELF_EDIT, audit="task.reopened")
def reopen_task(session: Session, actor: Actor, *, task_id: int, now: datetime) -> Task:
    """Return the task, open again, with the due time it had."""
    found = _mine(session, actor, task_id)
    if queries.mark_open(session, task_id):
        _note(session, actor, found, act="task.reopened", now=now)
    return _refresh(session, task_id)


@verb(Permission.SELF_EDIT, audit=None)
def tasks_due(
    session: Session,
    actor: Actor,
    *,
    until: datetime,
    now: datetime,
    department_id: int | None = None,
) -> list[TaskLine]:
    """Return the open tasks due by then, the earliest first.

    With a department all of its tasks; without one the actor's own, and those of the actor's
    departments that nobody owns.
    """
    if department_id is not None:
        _require(actor, owner_id=None, department_id=department_id)
        found = queries.open_tasks_of_department(session, department_id=department_id, until=until)
    else:
        found = queries.open_tasks_for(
            session,
            owner_id=actor.id if actor.kind == "user" else None,
            department_ids=rules.working_departments(actor),
            until=until,
        )
    return [_line(row, now) for row in found]


@verb(Permission.SELF_EDIT, audit=None)
def overdue(
    session: Session, actor: Actor, *, now: datetime, department_id: int | None = None
) -> list[TaskLine]:
    """Return the open tasks that should be done by now; whose, as in `tasks_due`."""
    lines = tasks_due(session, actor, until=now, now=now, department_id=department_id)
    return [line for line in lines if line.is_overdue]


def _mine(session: Session, actor: Actor, task_id: int) -> Task:
    found = queries.task(session, task_id)
    if found is None:
        raise NotFound("task.missing")
    _require(actor, owner_id=found.owner_id, department_id=found.department_id)
    return found


def _require(actor: Actor, *, owner_id: int | None, department_id: int | None) -> None:
    if not rules.may_do(actor, owner_id=owner_id, department_id=department_id):
        raise Forbidden("access.forbidden", permission=Permission.SELF_EDIT.value)


def _note(session: Session, actor: Actor, task: Task, *, act: str, now: datetime) -> None:
    audit.record(
        session,
        actor,
        act,
        now=now,
        subject=task,
        name=task.title,
        department_id=task.department_id,
        contact_id=task.contact_id,
    )


def _refresh(session: Session, task_id: int) -> Task:
    found = queries.task(session, task_id)
    if found is None:
        raise NotFound("task.missing")
    session.refresh(found)
    return found


def _line(row: queries.Found, now: datetime) -> TaskLine:
    task, owner, contact = row
    return TaskLine(
        id=task.id,
        title=task.title,
        due_at=task.due_at,
        done_at=task.done_at,
        is_overdue=rules.is_overdue(task.due_at, task.done_at, now=now),
        department_id=task.department_id,
        owner_id=task.owner_id,
        owner_name=owner.name if owner else "",
        contact_id=task.contact_id,
        contact_name=f"{contact.first_name} {contact.last_name}".strip() if contact else "",
        version=task.version,
    )
