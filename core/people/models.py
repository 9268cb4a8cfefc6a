"""Rows of employees and of the steps of their first days."""

from datetime import date, datetime, time

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from core.db import Row, choice, document, maybe_ref, ref
from core.organisation.terms import HolidayRule
from core.people.terms import ItemState, StepFor, StepKind


class Employee(Row, table=True):
    """A member of staff. Who it is, language and address belong to the contact."""

    __tablename__ = "employee"

    contact_id: int = ref("contact", ondelete="RESTRICT", unique=True)
    code: str = Field(max_length=40, unique=True)
    job_title: str = Field(default="", max_length=120)
    department_id: int | None = maybe_ref("department")
    office_id: int | None = maybe_ref("office")
    manager_id: int | None = maybe_ref("employee")
    start_date: date | None = Field(default=None, index=True)
    end_date: date | None = None
    source: str = Field(default="", max_length=40, index=True)
    version: int = 1


class OnboardingStep(Row, table=True):
    """An editable preset: so many days from the start date, at a local hour, a mail or a task.

    `key` names the ones that come with Chapar. A task of the recipient DEPARTMENT goes to the
    department named here, else to the employee's own.
    """

    __tablename__ = "onboarding_step"

    key: str | None = Field(default=None, max_length=40, unique=True)
    offset_days: int
    at: time
    kind: StepKind = choice(StepKind)
    recipient: StepFor = choice(StepFor, default=StepFor.EMPLOYEE)
    titles: dict[str, str] = document()
    template_id: int | None = maybe_ref("template", ondelete="RESTRICT")
    department_id: int | None = maybe_ref("department")
    holiday_rule: HolidayRule = choice(HolidayRule)
    is_enabled: bool = True
    version: int = 1


class OnboardingItem(Row, table=True):
    """One step for one employee, planned or done.

    `is_fixed`: set by hand, so that a new plan leaves it. `revision` counts how often its mail or
    task was made anew; it stands in their dedup keys.
    """

    __tablename__ = "onboarding_item"
    __table_args__ = (
        UniqueConstraint("employee_id", "step_id"),
        Index("ix_onboarding_item_day", "day"),
    )

    employee_id: int = ref("employee")
    step_id: int = ref("onboarding_step")
    state: ItemState = choice(ItemState, default=ItemState.PLANNED)
    day: date
    moved_from: date | None = None
    due_at: datetime
    is_fixed: bool = False
    revision: int = 1
    message_id: int | None = maybe_ref("message")
    task_id: int | None = maybe_ref("task")
