"""Words of schedules: how a moment repeats, what becomes of missed ones, the life of one fire."""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from core.i18n.terms import Calendar


class Misfire(StrEnum):
    """What becomes of fires that were missed: one run for the latest, none, or all (bounded)."""

    ONCE = "once"
    SKIP = "skip"
    ALL = "all"


class RunState(StrEnum):
    """The life of one fire."""

    DUE = "due"
    LEASED = "leased"
    DONE = "done"
    MISSED = "missed"
    FAILED = "failed"


class _Repeat(BaseModel):
    """Common habits of the repeat rules: unknown fields are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Daily(_Repeat):
    """Every day at a local hour."""

    every: Literal["day"] = "day"
    at: time


class Weekly(_Repeat):
    """On some weekdays, Monday = 0, at a local hour."""

    every: Literal["week"] = "week"
    days: frozenset[Annotated[int, Field(ge=0, le=6)]] = Field(min_length=1)
    at: time


class Monthly(_Repeat):
    """On a day of each month of a calendar; a month that is too short has its last day instead."""

    every: Literal["month"] = "month"
    day: Annotated[int, Field(ge=1, le=31)] | Literal["last"]
    calendar: Calendar = Calendar.JALALI
    at: time


class Cron(_Repeat):
    """A cron expression of five fields, read in local time."""

    every: Literal["cron"] = "cron"
    text: str = Field(max_length=200)


Repeat = Daily | Weekly | Monthly | Cron
REPEAT: TypeAdapter[Repeat] = TypeAdapter(Annotated[Repeat, Field(discriminator="every")])
"""Reads the `spec` of a schedule row."""


@dataclass(frozen=True)
class NewSchedule:
    """A schedule to be made: what it is for, how it repeats, in which zone."""

    kind: str
    repeat: Repeat
    time_zone: str
    subject_id: int | None = None
    misfire: Misfire = Misfire.ONCE


@dataclass(frozen=True)
class Plan:
    """What a tick makes of one schedule: fires to run, fires that stay missed, the next one.

    `next_run_at` is None when the rule never fires again.
    """

    runs: tuple[datetime, ...]
    missed: tuple[datetime, ...]
    next_run_at: datetime | None


@dataclass(frozen=True)
class LeasedRun:
    """One fire in the hands of a worker. `lease_until` is the proof that it is still its own."""

    id: int
    kind: str
    subject_id: int | None
    due_at: datetime
    lease_until: datetime
