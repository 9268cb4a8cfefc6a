"""The task row."""

from datetime import datetime

from sqlmodel import Field

from core.db import Row, document, maybe_ref, ref


class Task(Row, table=True):
    """Something one person has to do by a moment, about a contact."""

    __tablename__ = "task"

    dedup_key: str = Field(max_length=120, unique=True)
    title: str = Field(max_length=200)
    department_id: int | None = maybe_ref("department", ondelete="CASCADE")
    owner_id: int | None = maybe_ref("user")
    contact_id: int | None = maybe_ref("contact", ondelete="CASCADE")
    due_at: datetime = Field(index=True)
    done_at: datetime | None = None
    done_by_id: int | None = maybe_ref("user")
    cancelled_at: datetime | None = None
    version: int = 1


class Note(Row, table=True):
    """What a colleague wrote down about a person; mentions: ids of the users it names."""

    __tablename__ = "note"

    contact_id: int = ref("contact")
    author_id: int | None = maybe_ref("user")
    department_id: int | None = maybe_ref("department")
    text: str = Field(max_length=4000)
    mentions: list[int] = document(factory=list)
    version: int = 1
