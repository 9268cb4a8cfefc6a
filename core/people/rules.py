"""Pure decisions of HR: what an employee may be, and when the steps of the first days happen."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, assert_never

from core.contacts.addresses import parse_address
from core.errors import Invalid
from core.i18n.calendar import parse_date
from core.i18n.digits import to_ascii
from core.i18n.terms import Language
from core.i18n.text import persian_letters, search_key, stored_line
from core.messages.terms import OPEN_STATUSES, MessageStatus
from core.organisation.rules import WorkingWeek, local_moment, zone_of
from core.people.terms import (
    EmployeeFacts,
    EmployeeInput,
    Fault,
    ItemState,
    LocalMoment,
    PastDue,
    Planned,
    StepFacts,
    StepFor,
    StepInput,
    StepKind,
    StripState,
)

LIMITS = {"first_name": 120, "last_name": 120, "code": 40, "job_title": 120}
MAX_OFFSET_DAYS = 365
USEFUL_FOR = timedelta(days=7)
"""A mail of the first days that could not leave within a week would only puzzle its reader."""


_ENDS = {
    MessageStatus.CANCELLED: StripState.CANCELLED,
    MessageStatus.IN_DOUBT: StripState.IN_DOUBT,
    MessageStatus.BOUNCED: StripState.NOT_SENT,
    MessageStatus.FAILED: StripState.NOT_SENT,
    MessageStatus.DROPPED: StripState.NOT_SENT,
}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What is to be seen of an item: its own state, its mail's (None without one), its task's."""

    state: ItemState
    due_at: datetime
    status: MessageStatus | None
    is_held: bool
    has_task: bool
    is_done: bool


@dataclass(frozen=True)
class Checked:
    """The facts, or what is wrong field by field."""

    facts: EmployeeFacts | None
    faults: tuple[Fault, ...]


def checked(given: EmployeeInput, *, home: Language) -> EmployeeFacts:
    """Return the facts; raises Invalid for the first thing that is wrong, at its field.

    Names of whoever reads Persian, by choice or because the house does, get Persian letters.
    """
    found = check(given)
    if found.facts is None:
        first = found.faults[0]
        raise Invalid(first.code, field=first.field, **first.params)
    facts = found.facts
    if (facts.language or home) is not Language.FA:
        return facts
    return replace(
        facts,
        first_name=persian_letters(facts.first_name),
        last_name=persian_letters(facts.last_name),
        job_title=persian_letters(facts.job_title),
    )


def check(given: EmployeeInput) -> Checked:
    """Return the facts or every fault: first of each field, then of fields taken together."""
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, read in _READERS.items():
        try:
            values[name] = read(given)
        except Invalid as error:
            faults.append(Fault(name, error.code, error.params))
    if faults:
        return Checked(None, tuple(faults))
    facts = EmployeeFacts(**values)
    together = tuple(_faults_together(facts))
    return Checked(None if together else facts, together)


def plan(start: date, steps: Iterable[StepFacts], week: WorkingWeek, *, zone: str) -> list[Planned]:
    """Return when each step happens for somebody who starts on this day, in order of time.

    A day off is moved by the step's own rule; the hour is local to the person's zone.
    """
    return sorted(
        (_planned(start, step, week, zone=zone) for step in steps), key=lambda p: p.due_at
    )


def moment_of(planned: Planned, past_due: PastDue, *, now: datetime) -> datetime | None:
    """Return when the step is to happen: as planned, at once where that is over, or not at all."""
    if planned.due_at > now:
        return planned.due_at
    match past_due:
        case PastDue.SEND_NOW:
            return now
        case PastDue.SKIP:
            return None
        case _:
            assert_never(past_due)


def welcome_moment(
    day: date, at: time, week: WorkingWeek, *, zone: str, now: datetime
) -> LocalMoment:
    """Return the moment at which the employee's clock shows the hour on the day.

    An hour that the clocks leap over becomes the next one that exists.

    Raises:
        Invalid: "welcome.past" at the field, where that moment is over.
    """
    utc = local_moment(day, at, zone)
    shown = utc.astimezone(zone_of(zone))
    if utc <= now:
        raise Invalid("welcome.past", field="day")
    return LocalMoment(day, shown.time(), zone, utc, week.is_working_day(day))


def uses_private_address(
    *, has_private: bool, has_work: bool, start: date | None, today: date
) -> bool:
    """Return whether mail goes to the private address: before the first day, or lacking another."""
    if not has_work:
        return has_private
    return has_private and start is not None and today < start


def leads_in_a_circle(
    managers: Mapping[int, int | None], employee_id: int, manager_id: int
) -> bool:
    """Return whether somebody up the line from this manager is led by the employee."""
    seen: set[int] = set()
    above: int | None = manager_id
    while above is not None and above not in seen:
        if above == employee_id:
            return True
        seen.add(above)
        above = managers.get(above)
    return False


def strip_state(seen: Seen, *, now: datetime) -> StripState:
    """Return how an item stands, told by its mail or task where it has one."""
    match seen.state:
        case ItemState.SKIPPED:
            return StripState.SKIPPED
        case ItemState.CANCELLED:
            return StripState.CANCELLED
        case ItemState.PLANNED:
            pass
        case _:
            assert_never(seen.state)
    if seen.is_done:
        return StripState.DONE
    if seen.status is None:
        return StripState.OVERDUE if seen.has_task and seen.due_at < now else StripState.PLANNED
    if seen.status in OPEN_STATUSES:
        return StripState.HELD if seen.is_held else StripState.PLANNED
    return _ENDS.get(seen.status, StripState.SENT)


def check_step(step: StepInput) -> None:
    """Raise Invalid, at its field, where the step cannot be planned."""
    if abs(step.offset_days) > MAX_OFFSET_DAYS:
        raise Invalid("step.offset_outside", field="offset_days", limit=MAX_OFFSET_DAYS)
    if step.kind is StepKind.MAIL and step.template_id is None:
        raise Invalid("step.template_missing", field="template_id")
    if step.kind is StepKind.MAIL and step.recipient is StepFor.DEPARTMENT:
        raise Invalid("step.mail_to_department", field="recipient")
    if step.kind is StepKind.TASK and step.recipient is StepFor.EMPLOYEE:
        raise Invalid("step.task_for_employee", field="recipient")


def code_key(text: str) -> str:
    """Return an employee's code as it is kept and compared: one line, digits 0-9."""
    return to_ascii(stored_line(text))


def _planned(start: date, step: StepFacts, week: WorkingWeek, *, zone: str) -> Planned:
    wanted = start + timedelta(days=step.offset_days)
    day = week.move_day(wanted, step.holiday_rule)
    moved_from = wanted if day != wanted else None
    return Planned(step.id, day, moved_from, local_moment(day, step.at, zone))


def _line(name: str) -> Callable[[EmployeeInput], str]:
    """Return a reader of a field that is one line of text."""

    def read(given: EmployeeInput) -> str:
        clean = stored_line(getattr(given, name))
        if len(clean) > LIMITS[name]:
            raise Invalid("employee.too_long", limit=LIMITS[name])
        return clean

    return read


def _first_name(given: EmployeeInput) -> str:
    clean = _line("first_name")(given)
    if not search_key(clean):
        raise Invalid("employee.name_missing")
    return clean


def _address(name: str) -> Callable[[EmployeeInput], str]:
    """Return a reader of an address that may be absent."""

    def read(given: EmployeeInput) -> str:
        typed = getattr(given, name).strip()
        return parse_address(typed).raw if typed else ""

    return read


def _day(name: str) -> Callable[[EmployeeInput], date | None]:
    """Return a reader of a day in the calendar of the input that may be absent."""

    def read(given: EmployeeInput) -> date | None:
        typed = getattr(given, name).strip()
        return parse_date(typed, given.calendar) if typed else None

    return read


def _language(given: EmployeeInput) -> Language | None:
    if not given.language:
        return None
    try:
        return Language(given.language)
    except ValueError as error:
        raise Invalid("employee.language_unknown", typed=given.language[:40]) from error


def _time_zone(given: EmployeeInput) -> str | None:
    return zone_of(given.time_zone.strip()).key if given.time_zone.strip() else None


_READERS: dict[str, Callable[[EmployeeInput], object]] = {
    "first_name": _first_name,
    "last_name": _line("last_name"),
    "code": lambda given: code_key(_line("code")(given)),
    "email": _address("email"),
    "private_email": _address("private_email"),
    "language": _language,
    "time_zone": _time_zone,
    "job_title": _line("job_title"),
    "start_date": _day("start_date"),
    "end_date": _day("end_date"),
}


def _faults_together(facts: EmployeeFacts) -> Iterable[Fault]:
    if not facts.email and not facts.private_email:
        yield Fault("email", "employee.address_missing", {})
    if facts.private_email and facts.start_date is None:
        yield Fault("start_date", "employee.private_needs_start", {})
    if facts.private_email and facts.email:
        work, private = parse_address(facts.email), parse_address(facts.private_email)
        if work.normalised == private.normalised:
            yield Fault("private_email", "employee.same_address", {})
    if facts.start_date and facts.end_date and facts.end_date < facts.start_date:
        yield Fault("end_date", "employee.ends_before_start", {})
