"""Pure decisions about tasks."""

from datetime import datetime

from core.access.terms import Actor, Role
from core.activities.terms import TaskInput
from core.errors import Invalid
from core.i18n.text import stored_line

TITLE_LIMIT = 200
_LOOKERS = {Role.VIEWER, Role.AUDITOR}


def checked_title(title: str) -> str:
    """Return the title as one clean line.

    Raises:
        Invalid: "task.title_missing" or "task.title_long", at the field.
    """
    clean = stored_line(title)
    if not clean:
        raise Invalid("task.title_missing", field="title")
    if len(clean) > TITLE_LIMIT:
        raise Invalid("task.title_long", field="title", limit=TITLE_LIMIT)
    return clean


def check_responsible(task: TaskInput) -> None:
    """Raise Invalid "task.nobody" unless a person or a department is to do it."""
    if task.owner_id is None and task.department_id is None:
        raise Invalid("task.nobody", field="owner_id")


def is_overdue(due_at: datetime, done_at: datetime | None, *, now: datetime) -> bool:
    """Return whether the task should have been done by now and is not."""
    return done_at is None and due_at < now


def working_departments(actor: Actor) -> frozenset[int]:
    """Return the departments in which the actor does things, not only looks at them."""
    return frozenset(g.department_id for g in actor.grants if g.role not in _LOOKERS)


def may_do(actor: Actor, *, owner_id: int | None, department_id: int | None) -> bool:
    """Return whether the actor is the owner of the task or a working member of its department.

    Administrators and the system may do any task.
    """
    if actor.is_system or any(g.role is Role.ADMINISTRATOR for g in actor.grants):
        return True
    if owner_id is not None and actor.kind == "user" and owner_id == actor.id:
        return True
    return department_id in working_departments(actor)
