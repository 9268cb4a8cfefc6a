"""Verbs of the first days: see the strip of days, plan, look at the welcome mail, send, cancel."""

from datetime import date, datetime, timedelta

from sqlmodel import Session

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.errors import Conflict, Invalid, NotFound
from core.messages.models import Message
from core.messages.terms import OPEN_STATUSES, MessageRequest, OnCap, Reason
from core.organisation import queries as organisation
from core.organisation.inputs import parse_day
from core.organisation.rules import zone_of as clock_of
from core.people import planning, queries, rules, steps
from core.people.house import (
    House,
    Newcomer,
    Wanted,
    full_name,
    house,
    mail_values,
    newcomer,
    planned_steps,
    zone_of,
)
from core.people.models import Employee, OnboardingItem
from core.people.queries import Placed
from core.people.terms import (
    ItemState,
    LocalMoment,
    PastDue,
    Planned,
    StripDay,
    StripEntry,
    WelcomeInput,
)
from core.templates import service as templates
from core.templates.terms import RenderedMail

MAX_STRIP_DAYS = 120
_DAY = timedelta(days=1)


@verb(Permission.EMPLOYEE_VIEW, audit=None)
def strip(
    session: Session,
    _actor: Actor,
    *,
    from_day: date,
    days: int,
    now: datetime,
    employee_id: int | None = None,
) -> list[StripDay]:
    """Return the days in order, each with the mails and tasks planned on it, and how they stand.

    Holidays are those of the employee's office; for all employees those of the default one.
    """
    if not 1 <= days <= MAX_STRIP_DAYS:
        raise Invalid("strip.days_outside", field="days", limit=MAX_STRIP_DAYS)
    shared, until = house(session), from_day + (days - 1) * _DAY
    placed = queries.items_between(session, employee_id=employee_id, since=from_day, until=until)
    office_id = _employee(session, employee_id).office_id if employee_id is not None else None
    office, week = shared.office(office_id), shared.week(office_id)
    named = organisation.holidays(session, office_ids=[office.id], since=from_day, until=until)
    holidays = {one.day: one.names for one in named}
    entries = [_entry(shared, found, now) for found in placed]
    return [
        StripDay(
            day=day,
            is_working=week.is_working_day(day),
            holiday=holidays.get(day, {}),
            entries=tuple(entry for entry in entries if entry.day == day),
        )
        for day in (from_day + n * _DAY for n in range(days))
    ]


@verb(Permission.EMPLOYEE_VIEW, audit=None)
def preview_plan(session: Session, _actor: Actor, *, employee_id: int) -> list[Planned]:
    """Return when each enabled step happens by the employee's dates, whatever was done already."""
    return planned_steps(house(session), newcomer(session, _employee(session, employee_id)))


@verb(Permission.EMPLOYEE_EDIT, audit="employee.planned")
def plan_onboarding(
    session: Session, actor: Actor, *, employee_id: int, past_due: PastDue, now: datetime
) -> None:
    """Bring the plan of one employee in line with its dates and the steps.

    What is over already goes out now or is skipped; what has gone stays as it is.
    """
    employee = _locked(session, employee_id)
    who = newcomer(session, employee)
    planning.renew_plan(session, actor, house(session), who=who, past_due=past_due, now=now)
    _note(session, actor, who, act="employee.planned", now=now)


@verb(Permission.EMPLOYEE_VIEW, audit=None)
def preview_welcome(
    session: Session, actor: Actor, *, employee_id: int, template_version_id: int
) -> RenderedMail:
    """Return the mail as this employee will see it: language, direction, calendar, digits."""
    shared, who = house(session), newcomer(session, _employee(session, employee_id))
    return templates.preview(
        session,
        actor,
        template_version_id=template_version_id,
        contact_id=who.contact.id,
        values=mail_values(shared, who, who.contact.language or shared.language),
    )


@verb(Permission.EMPLOYEE_VIEW, audit=None)
def welcome_moment(
    session: Session, _actor: Actor, *, welcome: WelcomeInput, now: datetime
) -> LocalMoment:
    """Return the chosen moment on the employee's clock and in UTC.

    Raises:
        Invalid: "date.*" or "welcome.past", at the field.
    """
    who = newcomer(session, _employee(session, welcome.employee_id))
    return _moment(house(session), who, welcome, now=now)


@verb(Permission.EMPLOYEE_SEND, audit="welcome.sent")
def send_welcome_now(
    session: Session, actor: Actor, *, welcome: WelcomeInput, now: datetime
) -> Message:
    """Return the welcome mail, queued; it waits the recall time, in which it can be taken back.

    It stands in for the planned one, which is taken back if it has not gone.
    """
    shared, who = house(session), newcomer(session, _locked(session, welcome.employee_id))
    clock = now.astimezone(clock_of(zone_of(shared, who)))
    message = _place_welcome(session, actor, shared, who=who, welcome=welcome,
                             day=clock.date(), due_at=None, now=now)  # fmt: skip
    _note(session, actor, who, act="welcome.sent", now=now)
    return message


@verb(Permission.EMPLOYEE_SEND, audit="welcome.scheduled")
def schedule_welcome(
    session: Session, actor: Actor, *, welcome: WelcomeInput, now: datetime
) -> LocalMoment:
    """Return the moment for which the welcome mail is now queued, instead of the planned one.

    Raises:
        Invalid: "date.*" or "welcome.past", at the field.
    """
    shared, who = house(session), newcomer(session, _locked(session, welcome.employee_id))
    moment = _moment(shared, who, welcome, now=now)
    _place_welcome(session, actor, shared, who=who, welcome=welcome,
                   day=moment.day, due_at=moment.utc, now=now)  # fmt: skip
    _note(session, actor, who, act="welcome.scheduled", now=now)
    return moment


@verb(Permission.EMPLOYEE_EDIT, audit="step.cancelled")
def cancel_planned(session: Session, actor: Actor, *, item_id: int, now: datetime) -> None:
    """Take one mail or task out of a plan for good.

    Raises:
        Conflict: "onboarding.gone", where the mail has left or the task is done.
    """
    found = queries.item(session, item_id)
    if found is None:
        raise NotFound("onboarding.missing")
    if not planning.withdraw(session, actor, found, state=ItemState.CANCELLED, now=now):
        raise Conflict("onboarding.gone")
    _note(session, actor, newcomer(session, found.employee), act="step.cancelled", now=now)


@verb(Permission.EMPLOYEE_EDIT, audit="step.restored")
def restore_planned(session: Session, actor: Actor, *, item_id: int, now: datetime) -> None:
    """Put a cancelled step back into the plan; one that is over by now is skipped."""
    found = queries.item(session, item_id)
    if found is None:
        raise NotFound("onboarding.missing")
    who = newcomer(session, found.employee)
    if found.item.state is ItemState.CANCELLED:
        found.item.state, found.item.is_fixed = ItemState.SKIPPED, False
        session.flush()
        planning.renew_plan(session, actor, house(session), who=who, past_due=PastDue.SKIP, now=now)
    _note(session, actor, who, act="step.restored", now=now)


def _place_welcome(  # noqa: PLR0913 - what, to whom, on behalf of whom, when
    session: Session,
    actor: Actor,
    shared: House,
    *,
    who: Newcomer,
    welcome: WelcomeInput,
    day: date,
    due_at: datetime | None,
    now: datetime,
) -> Message:
    """Return the queued mail; the welcome step of the plan is now this one, fixed by hand."""
    item = _welcome_item(session, actor, who.employee, day=day, now=now)
    request = MessageRequest(
        contact_id=who.contact.id,
        dedup_key="",
        template_version_id=welcome.template_version_id,
        values=mail_values(shared, who, who.contact.language or shared.language),
        department_id=shared.people_department_id,
        on_cap=OnCap.DEFER,
        due_at=due_at,
        expires_at=(due_at or now) + rules.USEFUL_FOR,
        subject_type="employee",
        subject_id=who.employee.id,
        is_manual=due_at is None,
    )
    planned = Planned(item.step_id, day, None, due_at or now)
    want = Wanted(planned, planned.due_at, request, None)
    planning.place(session, actor, item, want=want, now=now)
    message = session.get(Message, item.message_id)
    if message is None:
        raise NotFound("message.missing")
    return message


def _welcome_item(
    session: Session, actor: Actor, employee: Employee, *, day: date, now: datetime
) -> OnboardingItem:
    """Return the item of the welcome step, with nothing waiting for it, fixed by hand."""
    step = queries.step_by_key(session, steps.WELCOME)
    if step is None:
        raise NotFound("step.missing")
    known = [one for one in queries.items_of(session, employee.id) if one.step.id == step.id]
    if not known:
        return OnboardingItem(
            employee_id=employee.id, step_id=step.id, day=day, due_at=now, revision=0, is_fixed=True
        )
    found = known[0]
    waits = found.message is not None and found.message.status in OPEN_STATUSES
    if waits and not planning.withdraw(session, actor, found, state=ItemState.SKIPPED, now=now):
        raise Conflict("welcome.on_its_way")
    found.item.is_fixed = True
    return found.item


def _moment(shared: House, who: Newcomer, welcome: WelcomeInput, *, now: datetime) -> LocalMoment:
    day = parse_day(welcome.day, welcome.calendar, field="day")
    week = shared.week(who.employee.office_id)
    return rules.welcome_moment(day, welcome.at, week, zone=zone_of(shared, who), now=now)


def _entry(shared: House, found: Placed, now: datetime) -> StripEntry:
    item, step, message, task = found.item, found.step, found.message, found.task
    zone = found.contact.time_zone or shared.office(found.employee.office_id).time_zone
    seen = rules.Seen(
        state=item.state,
        due_at=item.due_at,
        status=message.status if message else None,
        is_held=message is not None and message.reason not in {None, Reason.RECALL},
        has_task=task is not None,
        is_done=task is not None and task.done_at is not None,
    )
    return StripEntry(
        item_id=item.id,
        employee_id=item.employee_id,
        employee_name=full_name(found.contact),
        kind=step.kind,
        recipient=step.recipient,
        titles=step.titles,
        day=item.day,
        moved_from=item.moved_from,
        due_at=item.due_at,
        local_time=item.due_at.astimezone(clock_of(zone)).time(),
        time_zone=zone,
        state=rules.strip_state(seen, now=now),
        is_fixed=item.is_fixed,
        message_id=item.message_id,
        task_id=item.task_id,
    )


def _employee(session: Session, employee_id: int) -> Employee:
    found = queries.employee(session, employee_id)
    if found is None:
        raise NotFound("employee.missing")
    return found


def _locked(session: Session, employee_id: int) -> Employee:
    found = queries.employee_for_update(session, employee_id)
    if found is None:
        raise NotFound("employee.missing")
    return found


def _note(session: Session, actor: Actor, who: Newcomer, *, act: str, now: datetime) -> None:
    audit.record(session, actor, act, now=now, subject=who.employee, name=who.name,
                 contact_id=who.contact.id)  # fmt: skip
