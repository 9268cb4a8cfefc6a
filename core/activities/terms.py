"""Words of tasks: what a new one says, and how one is shown."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class TaskInput:
    """A task to be made. Somebody or some department has to be named.

    dedup_key: built from ids; the same key again returns the task that exists. Without one every
    call makes a task.
    """

    title: str
    due_at: datetime
    owner_id: int | None = None
    department_id: int | None = None
    contact_id: int | None = None
    dedup_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class TaskLine:
    """A task as a list shows it, with the names of whoever it is for and about."""

    id: int
    title: str
    due_at: datetime
    done_at: datetime | None
    is_overdue: bool
    department_id: int | None
    owner_id: int | None
    owner_name: str
    contact_id: int | None
    contact_name: str
    version: int
