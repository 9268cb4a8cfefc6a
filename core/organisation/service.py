"""Verbs of the organisation: its settings, departments, offices and holidays.

Every change names the version that was read; Conflict "common.changed_meanwhile" says that
somebody else was faster.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session

from core.access.service import verb
from core.access.terms import Actor, DepartmentKind, Permission
from core.audit import service as audit
from core.errors import Conflict, NotFound
from core.i18n.terms import Calendar, Language, Reader
from core.organisation import inputs, queries
from core.organisation.holiday_source import PublicHoliday, holidays_of
from core.organisation.models import Department, Holiday, Office, Organisation
from core.organisation.rules import WorkingWeek
from core.organisation.terms import LoadedHolidays, OfficeInput, Person, SettingsChange

_NEAR = timedelta(days=3)


@verb(Permission.SETTINGS_EDIT, audit="organisation.changed")
def change_settings(
    session: Session, actor: Actor, *, version: int, change: SettingsChange, now: datetime
) -> Organisation:
    """Return the organisation with these settings taken over; what is absent stays."""
    found = _current(session, Organisation, queries.ORGANISATION_ID, version=version)
    values = inputs.checked_settings(change)
    return _take_over(session, actor, "organisation.changed", row=found, values=values, now=now)


@verb(Permission.SETTINGS_VIEW, audit=None)
def list_departments(session: Session, _actor: Actor) -> Sequence[Department]:
    """Return all departments, the closed ones last."""
    return queries.all_departments(session)


@verb(Permission.SETTINGS_EDIT, audit="department.added")
def add_department(
    session: Session,
    actor: Actor,
    *,
    kind: DepartmentKind,
    names: Mapping[str, str],
    now: datetime,
) -> Department:
    """Return a new department, named in one language at least."""
    made = Department(kind=kind, names=inputs.checked_names(names))
    session.add(made)
    session.flush()
    after = {"kind": kind.value, "names": made.names}
    audit.record(session, actor, "department.added", now=now, subject=made, after=after)
    return made


@verb(Permission.SETTINGS_EDIT, audit="department.renamed")
def rename_department(
    session: Session,
    actor: Actor,
    *,
    department_id: int,
    version: int,
    names: Mapping[str, str],
    now: datetime,
) -> Department:
    """Return the department under its new names."""
    found = _current(session, Department, department_id, version=version)
    values = {"names": inputs.checked_names(names)}
    return _take_over(session, actor, "department.renamed", row=found, values=values, now=now)


@verb(Permission.SETTINGS_EDIT, audit="department.moved")
def move_department(
    session: Session,
    actor: Actor,
    *,
    department_id: int,
    version: int,
    office_id: int | None,
    now: datetime,
) -> Department:
    """Return the department, which now keeps the hours of this office; None is the default one."""
    found = _current(session, Department, department_id, version=version)
    if office_id is not None:
        _locked(session, Office, office_id)
    values = {"office_id": office_id}
    return _take_over(session, actor, "department.moved", row=found, values=values, now=now)


@verb(Permission.SETTINGS_EDIT, audit="department.deactivated")
def deactivate_department(
    session: Session, actor: Actor, *, department_id: int, version: int, now: datetime
) -> Department:
    """Return the department, out of use. Its rows stay; the last active one cannot go."""
    found = _current(session, Department, department_id, version=version)
    if all(other.id == found.id for other in queries.departments(session)):
        raise Conflict("department.last")
    values = {"is_active": False}
    return _take_over(session, actor, "department.deactivated", row=found, values=values, now=now)


@verb(Permission.SETTINGS_EDIT, audit="department.activated")
def activate_department(
    session: Session, actor: Actor, *, department_id: int, version: int, now: datetime
) -> Department:
    """Return the department, in use again."""
    found = _current(session, Department, department_id, version=version)
    values = {"is_active": True}
    return _take_over(session, actor, "department.activated", row=found, values=values, now=now)


@verb(Permission.CALENDAR_EDIT, audit="office.added")
def add_office(session: Session, actor: Actor, *, office: OfficeInput, now: datetime) -> Office:
    """Return a new office; the first one is the default."""
    is_first = not queries.offices(session)
    after = inputs.checked_office(office)
    made = Office.model_validate({**after, "is_default": is_first})
    session.add(made)
    session.flush()
    audit.record(session, actor, "office.added", now=now, subject=made, name=made.name, after=after)
    return made


@verb(Permission.CALENDAR_EDIT, audit="office.changed")
def change_office(
    session: Session,
    actor: Actor,
    *,
    office_id: int,
    version: int,
    office: OfficeInput,
    now: datetime,
) -> Office:
    """Return the office with its new name, zone, weekend and hours.

    What is planned already keeps its moment; new plans follow the new hours.
    """
    found = _current(session, Office, office_id, version=version)
    values = inputs.checked_office(office)
    return _take_over(session, actor, "office.changed", row=found, values=values, now=now)


@verb(Permission.CALENDAR_EDIT, audit="office.made_default")
def make_default_office(
    session: Session, actor: Actor, *, office_id: int, version: int, now: datetime
) -> Office:
    """Return the office whose hours now hold where no other one is named."""
    found = _current(session, Office, office_id, version=version)
    queries.clear_default_office(session)
    values = {"is_default": True}
    return _take_over(session, actor, "office.made_default", row=found, values=values, now=now)


@verb(Permission.CALENDAR_VIEW, audit=None)
def holidays_between(
    session: Session, _actor: Actor, *, office_id: int, since: date, until: date
) -> Sequence[Holiday]:
    """Return the days off of the office from `since` to `until`, both included."""
    return queries.holidays(session, office_ids=[office_id], since=since, until=until)


@verb(Permission.CALENDAR_EDIT, audit="holidays.loaded")
def load_holidays(
    session: Session, actor: Actor, *, office_id: int, years: Collection[int], now: datetime
) -> LoadedHolidays:
    """Fill the Gregorian years with the public holidays of the office's country.

    Days that are there stay as people named them. Days not yet confirmed that the source no
    longer knows are taken away: a computed lunar date has moved.
    """
    office = _locked(session, Office, office_id)
    public = holidays_of(office.country, years)
    since, until = date(min(years), 1, 1), date(max(years), 12, 31)
    present = queries.holidays(session, office_ids=[office_id], since=since, until=until)
    removed = [row for row in present if _has_moved(row, public, years)]
    for row in removed:
        session.delete(row)
    added = [_holiday(office_id, day) for day in public if not _is_known(day, present)]
    session.add_all(added)
    session.flush()
    loaded = LoadedHolidays(
        added_count=len(added),
        removed_count=len(removed),
        unconfirmed_count=sum(not row.is_confirmed for row in added),
    )
    audit.record(
        session,
        actor,
        "holidays.loaded",
        now=now,
        subject=office,
        name=office.name,
        after={"years": sorted(years), **vars(loaded)},
    )
    return loaded


@verb(Permission.CALENDAR_EDIT, audit="holiday.added")
def add_holiday(
    session: Session,
    actor: Actor,
    *,
    office_id: int,
    day: date,
    names: Mapping[str, str],
    now: datetime,
) -> Holiday:
    """Return a new day off of the office; raises Conflict where the day is one already."""
    office = _locked(session, Office, office_id)
    if queries.holidays(session, office_ids=[office.id], since=day, until=day):
        raise Conflict("holiday.taken", field="day")
    made = Holiday(office_id=office.id, day=day, names=inputs.checked_names(names))
    session.add(made)
    session.flush()
    audit.record(
        session,
        actor,
        "holiday.added",
        now=now,
        subject=made,
        name=day.isoformat(),
        after={"names": made.names},
    )
    return made


@verb(Permission.CALENDAR_EDIT, audit="holiday.renamed")
def rename_holiday(
    session: Session,
    actor: Actor,
    *,
    holiday_id: int,
    version: int,
    names: Mapping[str, str],
    now: datetime,
) -> Holiday:
    """Return the day off under its new names."""
    found = _current(session, Holiday, holiday_id, version=version)
    values = {"names": inputs.checked_names(names)}
    return _take_over(session, actor, "holiday.renamed", row=found, values=values, now=now)


@verb(Permission.CALENDAR_EDIT, audit="holiday.confirmed")
def confirm_holiday(
    session: Session, actor: Actor, *, holiday_id: int, version: int, now: datetime
) -> Holiday:
    """Return the day off, its date no longer in doubt."""
    found = _current(session, Holiday, holiday_id, version=version)
    values = {"is_confirmed": True}
    return _take_over(session, actor, "holiday.confirmed", row=found, values=values, now=now)


@verb(Permission.CALENDAR_EDIT, audit="holiday.removed")
def remove_holiday(
    session: Session, actor: Actor, *, holiday_id: int, version: int, now: datetime
) -> None:
    """Make the day an ordinary day of the office again."""
    found = _current(session, Holiday, holiday_id, version=version)
    audit.record(
        session,
        actor,
        "holiday.removed",
        now=now,
        subject=found,
        name=found.day.isoformat(),
        before={"names": found.names},
    )
    session.delete(found)
    session.flush()


def working_week(session: Session, office: Office) -> WorkingWeek:
    """Return when the office works, with all its holidays."""
    return inputs.week_of(
        office.time_zone,
        hours=office.hours,
        weekend=frozenset(office.weekend),
        holidays=queries.days_off(session, office.id),
    )


def reader_for(session: Session, person: Person) -> Reader:
    """Return in which language, calendar and zone the person reads.

    Each is the person's own choice where there is one, else the organisation's. A contact has no
    calendar of its own: whoever reads in another language than the organisation gets the calendar
    usual in that language.
    """
    home = queries.organisation(session)
    language = person.language or home.language
    return Reader(
        language=language,
        calendar=getattr(person, "calendar", None) or usual_calendar(language, home),
        time_zone=getattr(person, "time_zone", None) or home.time_zone,
    )


def usual_calendar(language: Language, home: Organisation) -> Calendar:
    """Return the calendar of the organisation for its own language, else the usual one of it."""
    if language is home.language:
        return home.calendar
    return Calendar.JALALI if language is Language.FA else Calendar.GREGORIAN


def _current(
    session: Session, table: type[queries.Kept], row_id: int, *, version: int
) -> queries.Kept:
    """Return the row, locked; raises Conflict where it is not the version that was read."""
    found = _locked(session, table, row_id)
    if found.version != version:
        raise Conflict("common.changed_meanwhile")
    return found


def _locked(session: Session, table: type[queries.Kept], row_id: int) -> queries.Kept:
    found = queries.for_update(session, table, row_id)
    if found is None:
        raise NotFound(f"{table.__tablename__}.missing")
    return found


def _take_over(
    session: Session,
    actor: Actor,
    act: str,
    *,
    row: queries.Kept,
    values: Mapping[str, object],
    now: datetime,
) -> queries.Kept:
    """Return the row with the values, its version raised; what was and is stands in the audit."""
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    row.version += 1
    session.add(row)
    session.flush()
    audit.record(session, actor, act, now=now, subject=row, before=before, after=values)
    return row


def _holiday(office_id: int, public: PublicHoliday) -> Holiday:
    names = {language.value: name for language, name in public.names.items()}
    return Holiday(
        office_id=office_id, day=public.day, names=names, is_confirmed=public.is_confirmed
    )


def _is_known(public: PublicHoliday, present: Sequence[Holiday]) -> bool:
    """Return whether the day is a holiday already, or a computed one people know to be near it."""
    if any(row.day == public.day for row in present):
        return True
    name = public.names[Language.EN]
    return not public.is_confirmed and any(
        row.is_confirmed and row.names.get("en") == name and abs(row.day - public.day) <= _NEAR
        for row in present
    )


def _has_moved(row: Holiday, public: Sequence[PublicHoliday], years: Collection[int]) -> bool:
    is_asked = row.day.year in years and not row.is_confirmed
    return is_asked and all(day.day != row.day for day in public)
