"""Words of HR: steps of the first days, what a form or a row says, how a plan is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from core.i18n.terms import Calendar, Language
from core.organisation.terms import HolidayRule


class StepKind(StrEnum):
    """What a step of the first days is."""

    MAIL = "mail"
    TASK = "task"


class StepFor(StrEnum):
    """Who gets the mail of a step or does its task."""

    EMPLOYEE = "employee"
    MANAGER = "manager"
    DEPARTMENT = "department"


class ItemState(StrEnum):
    """Whether a step stands in somebody's plan; what became of it, its mail or task says."""

    PLANNED = "planned"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class PastDue(StrEnum):
    """What becomes of a step whose moment is over when it is planned."""

    SEND_NOW = "send_now"
    SKIP = "skip"


class StripState(StrEnum):
    """How a planned mail or task stands, as the strip of days shows it."""

    PLANNED = "planned"
    HELD = "held"
    SENT = "sent"
    NOT_SENT = "not_sent"
    IN_DOUBT = "in_doubt"
    DONE = "done"
    OVERDUE = "overdue"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class EmployeeInput:
    """A member of staff as a form, a row or a program sends it.

    Dates are text in `calendar`; empty is none. An empty code is given by us. The private address
    is used until the day before the start date. past_due: what becomes of steps already over.
    source: where it comes from, as in "form" or "import:12".
    """

    first_name: str
    last_name: str = ""
    code: str = ""
    email: str = ""
    private_email: str = ""
    language: str = ""
    time_zone: str = ""
    job_title: str = ""
    start_date: str = ""
    end_date: str = ""
    calendar: Calendar = Calendar.GREGORIAN
    department_id: int | None = None
    office_id: int | None = None
    manager_id: int | None = None
    past_due: PastDue = PastDue.SKIP
    source: str = "form"


@dataclass(frozen=True, kw_only=True)
class EmployeeFacts:
    """A member of staff as it may be stored: clean, each field possible by itself and together."""

    first_name: str
    last_name: str
    code: str
    email: str
    private_email: str
    language: Language | None
    time_zone: str | None
    job_title: str
    start_date: date | None
    end_date: date | None


@dataclass(frozen=True)
class Fault:
    """What is wrong at one field, as a code and its parameters."""

    field: str
    code: str
    params: Mapping[str, object]


@dataclass(frozen=True)
class StepFacts:
    """What the plan needs to know of a step."""

    id: int
    offset_days: int
    at: time
    holiday_rule: HolidayRule


@dataclass(frozen=True)
class Planned:
    """When a step happens: the local day, the day it was moved from, and the moment in UTC."""

    step_id: int
    day: date
    moved_from: date | None
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class StepInput:
    """A step as its form sends it. titles: by language, in one at least."""

    offset_days: int
    at: time
    kind: StepKind
    recipient: StepFor
    titles: Mapping[str, str]
    holiday_rule: HolidayRule = HolidayRule.AFTER
    template_id: int | None = None
    department_id: int | None = None
    is_enabled: bool = True


@dataclass(frozen=True, kw_only=True)
class WelcomeInput:
    """A welcome mail by hand. day and at: local to the employee; no day means now."""

    employee_id: int
    template_version_id: int
    day: str = ""
    at: time = time(9)
    calendar: Calendar = Calendar.GREGORIAN


@dataclass(frozen=True)
class LocalMoment:
    """A moment as the employee's clock shows it, and in UTC."""

    day: date
    at: time
    time_zone: str
    utc: datetime
    is_working_day: bool


@dataclass(frozen=True, kw_only=True)
class StripEntry:
    """A planned mail or task. local_time: on the employee's clock; titles: by language."""

    item_id: int
    employee_id: int
    employee_name: str
    kind: StepKind
    recipient: StepFor
    titles: Mapping[str, str]
    day: date
    moved_from: date | None
    due_at: datetime
    local_time: time
    time_zone: str
    state: StripState
    is_fixed: bool
    message_id: int | None
    task_id: int | None


@dataclass(frozen=True)
class StripDay:
    """One day of the strip. holiday: its name by language, empty on other days."""

    day: date
    is_working: bool
    holiday: Mapping[str, str]
    entries: tuple[StripEntry, ...]


@dataclass(frozen=True, kw_only=True)
class EmployeeLine:
    """A member of staff as lists and cards show it. email: the address used today."""

    id: int
    contact_id: int
    code: str
    first_name: str
    last_name: str
    name: str
    email: str
    work_email: str
    private_email: str
    language: Language | None
    time_zone: str | None
    job_title: str
    department_id: int | None
    office_id: int | None
    manager_id: int | None
    start_date: date | None
    end_date: date | None
    version: int


@dataclass(frozen=True)
class RowDraft:
    """A row of a sheet as an employee. department, office and manager: as the cells name them."""

    line: int
    cells: tuple[str, ...]
    given: EmployeeInput
    department: str
    office: str
    manager: str


@dataclass(frozen=True)
class Known:
    """What the store knows of all that some rows name.

    departments, offices: id by comparable name; codes and addresses: of employees; taken:
    addresses of people who are no employees and cannot become one by this address.
    """

    departments: Mapping[str, int]
    offices: Mapping[str, int]
    codes: Mapping[str, int]
    addresses: Mapping[str, int]
    taken: frozenset[str]


@dataclass(frozen=True)
class RowVerdict:
    """What would become of a row: the employee it makes, or why it makes none."""

    draft: RowDraft
    given: EmployeeInput
    faults: tuple[Fault, ...]

    @property
    def is_good(self) -> bool:
        """True where the row may be taken."""
        return not self.faults


@dataclass(frozen=True)
class PastePreview:
    """What a pasted table would do. headers: empty where the text has none."""

    headers: tuple[str, ...]
    mapping: Mapping[str, int]
    width: int
    rows: tuple[RowVerdict, ...]

    @property
    def good_count(self) -> int:
        """How many rows would become employees."""
        return sum(row.is_good for row in self.rows)


@dataclass(frozen=True, kw_only=True)
class PasteInput:
    """A pasted table. mapping: column by field, or None to have it guessed."""

    text: str
    calendar: Calendar
    mapping: Mapping[str, int] | None = None
    past_due: PastDue = PastDue.SKIP


@dataclass(frozen=True)
class Intake:
    """What became of the rows of a sheet."""

    added: tuple[int, ...]
    refused: tuple[RowVerdict, ...]
