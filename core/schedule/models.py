"""Rows of schedules and their runs."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from core.db import Row, choice, document, ref
from core.schedule.terms import Misfire, RunState

OPEN = text("state IN ('due', 'leased')")


class Schedule(Row, table=True):
    """A repeated moment in local time. spec: the repeat rule; next_run_at is UTC.

    key: the name of a schedule that must exist only once, such as the nightly cleaning.
    """

    __tablename__ = "schedule"

    key: str | None = Field(default=None, max_length=80, unique=True)
    kind: str = Field(max_length=40)
    subject_id: int | None = None
    spec: dict[str, object] = document()
    time_zone: str = Field(max_length=64)
    next_run_at: datetime | None = Field(default=None, index=True)
    misfire: Misfire = choice(Misfire, default=Misfire.ONCE)
    is_enabled: bool = True
    version: int = 1


class ScheduleRun(Row, table=True):
    """One fire of a schedule; unique by its due moment, so that it happens once."""

    __tablename__ = "schedule_run"
    __table_args__ = (
        UniqueConstraint("schedule_id", "due_at"),
        Index("ix_schedule_run_open", "due_at", postgresql_where=OPEN, sqlite_where=OPEN),
    )

    schedule_id: int = ref("schedule")
    due_at: datetime
    state: RunState = choice(RunState, default=RunState.DUE)
    lease_until: datetime | None = None
    ended_at: datetime | None = None
    error: str = Field(default="", max_length=512)
