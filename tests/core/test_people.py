"""HR on a real store: employees, their first days, welcome mails, addresses."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlmodel import Session, col, select

from core.access.service import REGISTRY
from core.access.terms import SYSTEM, Actor, DepartmentKind, Permission, Role
from core.accounts.models import User
from core.activities.models import Task
from core.audit import personal
from core.audit.models import AuditEntry
from core.contacts import queries as contacts
from core.contacts.models import Contact
from core.contacts.terms import ContactKind
from core.db import reading, transaction
from core.errors import ChaparError, Conflict, Forbidden, Invalid, NotFound
from core.events.models import Event
from core.i18n.terms import Calendar, Language
from core.messages import service as messages
from core.messages.models import Message
from core.messages.terms import MessageStatus
from core.organisation import queries as organisation
from core.organisation import service as organisation_verbs
from core.people import onboarding, queries, service, steps
from core.people.models import Employee, OnboardingItem, OnboardingStep
from core.people.terms import (
    EmployeeInput,
    PastDue,
    StepFor,
    StepInput,
    StepKind,
    StripEntry,
    StripState,
    WelcomeInput,
)
from core.templates import queries as templates
from tests.support.cast import (
    NOON,
    actor_of,
    administrator,
    department_id,
    make_contact,
    make_organisation,
    make_user,
)

ADMIN = administrator()
MONDAY = "1405/09/09"
"""30 November 2026, nine days after NOON."""


@pytest.fixture
def house(store: str) -> str:
    """An organisation in Tehran with the shipped steps."""
    with transaction() as session:
        make_organisation(session)
        steps.ensure_default_steps(session, now=NOON)
    return store


def sara(**more: object) -> EmployeeInput:
    values: dict[str, object] = {
        "first_name": "سارا",
        "last_name": "احمدی",
        "email": "sara@example.com",
        "language": "fa",
        "start_date": MONDAY,
        "calendar": Calendar.JALALI,
    }
    return EmployeeInput(**(values | more))  # type: ignore[arg-type]


def add(given: EmployeeInput, *, actor: Actor = ADMIN, now: datetime = NOON) -> int:
    with transaction() as session:
        return service.add_employee(session, actor, given=given, now=now).id


def change(employee_id: int, given: EmployeeInput, *, now: datetime = NOON) -> None:
    with transaction() as session:
        version = service.read_employee(session, ADMIN, employee_id=employee_id).version
        service.change_employee(
            session, ADMIN, employee_id=employee_id, version=version, given=given, now=now
        )


def entries(employee_id: int, *, now: datetime = NOON) -> dict[str, StripEntry]:
    """The strip of 120 days around the start, by English title."""
    with reading() as session:
        days = onboarding.strip(
            session, ADMIN, employee_id=employee_id, from_day=date(2026, 11, 1), days=120, now=now
        )
        return {entry.titles["en"]: entry for day in days for entry in day.entries}


def mails(session: Session, employee_id: int) -> list[Message]:
    statement = select(Message).where(
        Message.subject_type == "employee", Message.subject_id == employee_id
    )
    return list(session.exec(statement.order_by(col(Message.due_at), col(Message.id))).all())


def waiting(employee_id: int) -> list[Message]:
    with reading() as session:
        found = mails(session, employee_id)
        return [one for one in found if one.status is MessageStatus.QUEUED]


def welcome_version(session: Session) -> int:
    version = templates.newest_by_key(session, "welcome_employee")
    assert version is not None
    return version.id


def welcome(employee_id: int, **more: object) -> WelcomeInput:
    with reading() as session:
        version_id = welcome_version(session)
    values: dict[str, object] = {
        "employee_id": employee_id,
        "template_version_id": version_id,
        "calendar": Calendar.JALALI,
    }
    return WelcomeInput(**(values | more))  # type: ignore[arg-type]


def refused(given: EmployeeInput) -> tuple[str, str | None]:
    """The code and the field of the refusal; and nothing was written."""
    with reading() as session:
        before = (
            len(session.exec(select(Employee.id)).all()),
            len(session.exec(select(Contact.id)).all()),
        )
    with pytest.raises(ChaparError) as refusal:
        add(given)
    with reading() as session:
        after = (
            len(session.exec(select(Employee.id)).all()),
            len(session.exec(select(Contact.id)).all()),
        )
    assert before == after
    return refusal.value.code, refusal.value.field


# Employees


@pytest.mark.spec("S88")
def test_a_new_employee_gets_the_mails_and_tasks_of_the_first_days(house: str) -> None:
    employee_id = add(sara())
    found = entries(employee_id)
    planned = {title: (entry.day, entry.local_time) for title, entry in found.items()}
    assert planned == {
        # Friday 27 November is no working day: three days before moves to Wednesday.
        "Prepare desk, computer and accounts": (date(2026, 11, 25), time(9)),
        "Note to the manager": (date(2026, 11, 25), time(9)),
        "Welcome mail": (date(2026, 11, 30), time(9)),
        "Check-in after one week": (date(2026, 12, 7), time(10)),
        "Check-in after one month": (date(2026, 12, 30), time(10)),
        "Talk at the end of the first month": (date(2026, 12, 30), time(10)),
    }
    assert found["Prepare desk, computer and accounts"].moved_from == date(2026, 11, 27)
    assert found["Welcome mail"].due_at == datetime(2026, 11, 30, 5, 30, tzinfo=UTC)
    assert found["Note to the manager"].state is StripState.SKIPPED  # there is no manager yet
    assert [one.due_at for one in waiting(employee_id)] == [
        datetime(2026, 11, 30, 5, 30, tzinfo=UTC),
        datetime(2026, 12, 7, 6, 30, tzinfo=UTC),
        datetime(2026, 12, 30, 6, 30, tzinfo=UTC),
    ]


def test_an_employee_without_a_start_date_has_no_plan(house: str) -> None:
    employee_id = add(sara(start_date=""))
    assert entries(employee_id) == {}
    assert waiting(employee_id) == []


def test_adding_an_employee_is_an_event_and_stands_in_the_audit(house: str) -> None:
    employee_id = add(sara())
    with reading() as session:
        event = session.exec(select(Event).where(Event.name == "employee.added")).one()
        assert (event.subject_type, event.subject_id) == ("employee", employee_id)
        act = session.exec(select(AuditEntry).where(AuditEntry.action == "employee.added")).one()
        assert (act.object_id, act.contact_id) == (employee_id, event.contact_id)


@pytest.mark.sqlite_only("the store plays no part in it")
@pytest.mark.spec("N04")
@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"start_date": "1404/12/30"}, "date.no_such_day", "start_date"),
        ({"start_date": "1405/13/01"}, "date.no_such_month", "start_date"),
        ({"start_date": "2026-11-30"}, "date.looks_gregorian", "start_date"),
        ({"start_date": "فردا"}, "date.invalid", "start_date"),
        ({"end_date": "1405/09/08"}, "employee.ends_before_start", "end_date"),
        ({"first_name": " \u200c\u200b "}, "employee.name_missing", "first_name"),
        ({"first_name": "x" * 121}, "employee.too_long", "first_name"),
        ({"code": "9" * 41}, "employee.too_long", "code"),
        ({"email": "", "private_email": ""}, "employee.address_missing", "email"),
        ({"email": "sara@"}, "address.bad_domain", "email"),
        ({"private_email": "a b@example.com"}, "address.space", "private_email"),
        ({"private_email": "Sara@EXAMPLE.com"}, "employee.same_address", "private_email"),
        (
            {"private_email": "me@example.net", "start_date": ""},
            "employee.private_needs_start",
            "start_date",
        ),
        ({"language": "xx"}, "employee.language_unknown", "language"),
        ({"time_zone": "Asia/Teheran"}, "time_zone.unknown", "time_zone"),
        ({"department_id": 999}, "employee.department_missing", "department_id"),
        ({"office_id": 999}, "employee.office_missing", "office_id"),
        ({"manager_id": 999}, "employee.manager_missing", "manager_id"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_nothing_is_written(
    house: str, more: dict[str, object], code: str, *, field: str
) -> None:
    assert refused(sara(**more)) == (code, field)


def test_thirty_esfand_of_a_leap_year_is_a_day(house: str) -> None:
    employee_id = add(sara(start_date="۱۴۰۳/۱۲/۳۰"))
    with reading() as session:
        line = service.read_employee(session, ADMIN, employee_id=employee_id)
        assert line.start_date == date(2025, 3, 20)


def test_a_taken_code_or_address_is_refused_at_its_field(house: str) -> None:
    add(sara(code="۱۲"))
    assert refused(sara(code="12", email="b@example.com")) == ("employee.code_taken", "code")
    assert refused(sara(email="SARA@example.com")) == ("employee.address_known", "email")
    with transaction() as session:
        make_contact(session, "shopper@example.com")
    assert refused(sara(email="shopper@example.com")) == ("employee.address_taken", "email")
    assert refused(sara(email="new@example.com", private_email="shopper@example.com")) == (
        "employee.address_taken",
        "private_email",
    )


def test_an_employee_without_a_code_is_given_one(house: str) -> None:
    first, second = add(sara()), add(sara(email="b@example.com"))
    with reading() as session:
        codes = {service.read_employee(session, ADMIN, employee_id=n).code for n in (first, second)}
    assert len(codes) == 2
    assert all(codes)


def test_a_member_of_staff_becomes_the_employee_known_by_the_same_address(house: str) -> None:
    with transaction() as session:
        user = make_user(session, "navid", kind=DepartmentKind.SALES)
    employee_id = add(sara(first_name="نوید", email="navid@example.com"))
    with reading() as session:
        line = service.read_employee(session, ADMIN, employee_id=employee_id)
        assert line.contact_id == user.contact_id
        assert line.name == "نوید احمدی"


def test_somebody_elses_change_is_not_overwritten(house: str) -> None:
    employee_id = add(sara())
    change(employee_id, sara(job_title="حسابدار"))
    with pytest.raises(Conflict, match=r"common\.changed_meanwhile"), transaction() as session:
        service.change_employee(
            session, ADMIN, employee_id=employee_id, version=1, given=sara(), now=NOON
        )


def test_a_change_notes_only_what_changed(house: str) -> None:
    employee_id = add(sara())
    change(employee_id, sara(job_title="حسابدار"))
    with reading() as session:
        act = session.exec(select(AuditEntry).where(AuditEntry.action == "employee.changed")).one()
        assert act.contact_id is not None
        assert personal.revealed(session, act.contact_id, act.after) == {"job_title": "حسابدار"}


def test_a_manager_cannot_be_led_by_the_employee(house: str) -> None:
    boss = add(sara(email="boss@example.com"))
    worker = add(sara(email="worker@example.com", manager_id=boss))
    with pytest.raises(Invalid) as refusal:
        change(boss, sara(email="boss@example.com", manager_id=worker))
    assert (refusal.value.code, refusal.value.field) == ("employee.manager_circle", "manager_id")


def test_the_list_finds_names_across_spellings_and_codes(house: str) -> None:
    add(sara(code="A-7"))
    add(sara(first_name="علي", last_name="كريمي", email="ali@example.com", code="B-9"))
    with reading() as session:
        for search, name in (
            ("احمدی", "سارا احمدی"),
            ("علی کریمی", "علی کریمی"),
            ("b-9", "علی کریمی"),
        ):
            found = service.list_employees(session, ADMIN, search=search)
            assert [line.name for line in found] == [name]
        assert service.count_employees(session, ADMIN) == 2
        assert service.list_employees(session, ADMIN, search="%") == []


# Plans that move


@pytest.mark.spec("S88", "U30")
def test_moving_the_start_date_moves_what_has_not_gone(house: str) -> None:
    employee_id = add(sara())
    with transaction() as session:
        first = mails(session, employee_id)[0]
        first.status, first.sent_at = MessageStatus.SENT, NOON
    change(employee_id, sara(start_date="1405/09/16"))
    found = entries(employee_id)
    assert found["Welcome mail"].day == date(2026, 11, 30)  # it has gone
    assert found["Check-in after one week"].day == date(2026, 12, 14)
    assert found["Prepare desk, computer and accounts"].day == date(2026, 12, 2)
    assert [one.due_at.date() for one in waiting(employee_id)] == [
        date(2026, 12, 14),
        date(2027, 1, 6),
    ]
    with reading() as session:
        cancelled = [
            one for one in mails(session, employee_id) if one.status is MessageStatus.CANCELLED
        ]
        assert len(cancelled) == 2
        open_tasks = session.exec(select(Task).where(col(Task.cancelled_at).is_(None))).all()
        assert len(open_tasks) == 2


def test_a_change_that_touches_no_date_leaves_the_mails_alone(house: str) -> None:
    employee_id = add(sara())
    before = [one.id for one in waiting(employee_id)]
    change(employee_id, sara(code="E77"))
    assert [one.id for one in waiting(employee_id)] == before


def test_a_done_task_stays_done_when_the_start_moves(house: str) -> None:
    employee_id = add(sara())
    with transaction() as session:
        task = session.exec(select(Task).order_by(col(Task.due_at))).first()
        assert task is not None
        task.done_at = NOON
    change(employee_id, sara(start_date="1405/09/16"))
    assert entries(employee_id)["Prepare desk, computer and accounts"].state is StripState.DONE


@pytest.mark.spec("U30")
@pytest.mark.parametrize(
    ("choice", "sent_at_once", "skipped"),
    [(PastDue.SEND_NOW, 1, 1), (PastDue.SKIP, 0, 3)],
)
def test_steps_already_over_go_now_or_are_left_out(
    house: str, choice: PastDue, sent_at_once: int, *, skipped: int
) -> None:
    employee_id = add(sara(start_date="1405/08/27", past_due=choice))  # three days ago
    assert sum(one.due_at == NOON for one in waiting(employee_id)) == sent_at_once
    states = [entry.state for entry in entries(employee_id).values()]
    assert states.count(StripState.SKIPPED) == skipped


def test_planning_twice_makes_nothing_twice(house: str) -> None:
    employee_id = add(sara(past_due=PastDue.SEND_NOW, start_date="1405/08/27"))
    before = [one.id for one in waiting(employee_id)]
    for later in (NOON, NOON + timedelta(minutes=1)):
        with transaction() as session:
            onboarding.plan_onboarding(
                session, ADMIN, employee_id=employee_id, past_due=PastDue.SEND_NOW, now=later
            )
    assert [one.id for one in waiting(employee_id)] == before


@pytest.mark.spec("N05")
def test_a_holiday_made_known_later_moves_the_plan_with_the_next_renewal(house: str) -> None:
    employee_id = add(sara())
    with transaction() as session:
        office = organisation.default_office(session)
        organisation_verbs.add_holiday(
            session, ADMIN, office_id=office.id, day=date(2026, 11, 30),
            names={"fa": "تعطیل ناگهانی"}, now=NOON,
        )  # fmt: skip
        service.refresh_plans(session, SYSTEM, now=NOON)
    entry = entries(employee_id)["Welcome mail"]
    assert (entry.day, entry.moved_from) == (date(2026, 12, 1), date(2026, 11, 30))
    with reading() as session:
        days = onboarding.strip(
            session, ADMIN, employee_id=employee_id, from_day=date(2026, 11, 27), days=5, now=NOON
        )
    assert [day.is_working for day in days] == [False, True, True, False, True]
    assert days[3].holiday == {"fa": "تعطیل ناگهانی"}


def test_a_mail_that_is_due_and_waits_is_not_taken_back_by_a_renewal(house: str) -> None:
    employee_id = add(sara())
    due = datetime(2026, 11, 30, 5, 31, tzinfo=UTC)
    before = [one.id for one in waiting(employee_id)]
    with transaction() as session:
        service.refresh_plans(session, SYSTEM, now=due)
    assert [one.id for one in waiting(employee_id)] == before


def test_what_lies_behind_the_end_date_is_taken_back(house: str) -> None:
    employee_id = add(sara())
    change(employee_id, sara(end_date="1405/09/20"))
    assert [one.due_at.date() for one in waiting(employee_id)] == [
        date(2026, 11, 30),
        date(2026, 12, 7),
    ]


def test_the_manager_gets_a_note_and_the_tasks_in_their_own_language(house: str) -> None:
    with transaction() as session:
        user = make_user(session, "bob", Role.MANAGER, DepartmentKind.SALES, language=Language.EN)
    boss = add(
        sara(first_name="Bob", last_name="", email="bob@example.com", language="en", start_date="")
    )
    employee_id = add(sara(manager_id=boss))
    with reading() as session:
        note = next(one for one in mails(session, employee_id) if one.contact_id == user.contact_id)
        assert note.due_at.date() == date(2026, 11, 25)
        task = session.exec(select(Task).where(Task.owner_id == user.id)).one()
        assert task.title == "Talk at the end of the first month: سارا احمدی"


def test_a_manager_named_later_gets_the_note_too(house: str) -> None:
    employee_id = add(sara())
    boss = add(sara(email="boss@example.com", start_date=""))
    change(employee_id, sara(manager_id=boss))
    assert entries(employee_id)["Note to the manager"].state is StripState.PLANNED


def test_the_task_of_the_department_is_for_operations(house: str) -> None:
    add(sara())
    with reading() as session:
        task = session.exec(select(Task).order_by(col(Task.due_at))).first()
        assert task is not None
        assert task.department_id == department_id(session, DepartmentKind.OPERATIONS)
        assert task.title == "آماده کردن میز، رایانه و حساب‌های کاری: سارا احمدی"


def test_an_employee_abroad_is_planned_on_their_own_clock(house: str) -> None:
    employee_id = add(sara(time_zone="Europe/Berlin"))
    entry = entries(employee_id)["Welcome mail"]
    assert entry.due_at == datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
    assert (entry.local_time, entry.time_zone) == (time(9), "Europe/Berlin")


def test_the_strip_of_all_shows_everybody(house: str) -> None:
    add(sara())
    add(sara(first_name="Mona", email="mona@example.com", language="ar"))
    with reading() as session:
        days = onboarding.strip(session, ADMIN, from_day=date(2026, 11, 30), days=1, now=NOON)
    assert {entry.employee_name for entry in days[0].entries} == {"سارا احمدی", "Mona احمدی"}
    with reading() as session, pytest.raises(Invalid, match=r"strip\.days_outside"):
        onboarding.strip(session, ADMIN, from_day=date(2026, 11, 30), days=121, now=NOON)


# Cancelling


def test_a_cancelled_step_stays_out_until_it_is_put_back(house: str) -> None:
    employee_id = add(sara())
    item_id = entries(employee_id)["Welcome mail"].item_id
    with transaction() as session:
        onboarding.cancel_planned(session, ADMIN, item_id=item_id, now=NOON)
    change(employee_id, sara(start_date="1405/09/16"))
    assert entries(employee_id)["Welcome mail"].state is StripState.CANCELLED
    with transaction() as session:
        onboarding.restore_planned(session, ADMIN, item_id=item_id, now=NOON)
    entry = entries(employee_id)["Welcome mail"]
    assert (entry.state, entry.day) == (StripState.PLANNED, date(2026, 12, 7))


def test_what_has_gone_cannot_be_cancelled(house: str) -> None:
    employee_id = add(sara())
    item_id = entries(employee_id)["Welcome mail"].item_id
    with transaction() as session:
        mails(session, employee_id)[0].status = MessageStatus.SENDING
    with pytest.raises(Conflict, match=r"onboarding\.gone"), transaction() as session:
        onboarding.cancel_planned(session, ADMIN, item_id=item_id, now=NOON)
    assert entries(employee_id)["Welcome mail"].state is StripState.PLANNED


# The welcome mail


@pytest.mark.spec("S88", "S129")
def test_a_welcome_sent_now_waits_the_recall_time_and_replaces_the_planned_one(house: str) -> None:
    employee_id = add(sara())
    with transaction() as session:
        sent = onboarding.send_welcome_now(session, ADMIN, welcome=welcome(employee_id), now=NOON)
        assert sent.is_manual
        assert sent.recall_until == NOON + timedelta(seconds=30)
    first = [one for one in waiting(employee_id) if one.due_at < NOON + timedelta(days=2)]
    assert [one.id for one in first] == [sent.id]
    entry = entries(employee_id)["Welcome mail"]
    assert (entry.day, entry.message_id, entry.is_fixed) == (NOON.date(), sent.id, True)
    assert len(waiting(employee_id)) == 3


def test_pressing_send_twice_leaves_one_welcome(house: str) -> None:
    employee_id = add(sara())
    for _ in range(2):
        with transaction() as session:
            onboarding.send_welcome_now(session, ADMIN, welcome=welcome(employee_id), now=NOON)
    assert len([one for one in waiting(employee_id) if one.is_manual]) == 1


def test_a_recalled_welcome_is_shown_as_cancelled_and_may_be_sent_again(house: str) -> None:
    employee_id = add(sara())
    with transaction() as session:
        sent = onboarding.send_welcome_now(session, ADMIN, welcome=welcome(employee_id), now=NOON)
        messages.recall(session, ADMIN, public_id=sent.public_id, now=NOON)
    assert entries(employee_id)["Welcome mail"].state is StripState.CANCELLED
    with transaction() as session:
        again = onboarding.send_welcome_now(session, ADMIN, welcome=welcome(employee_id), now=NOON)
    assert again.id != sent.id
    assert entries(employee_id)["Welcome mail"].state is StripState.PLANNED


def test_a_welcome_on_its_way_is_not_sent_twice(house: str) -> None:
    employee_id = add(sara())
    with transaction() as session:
        mails(session, employee_id)[0].status = MessageStatus.SENDING
    with pytest.raises(Conflict, match=r"welcome\.on_its_way"), transaction() as session:
        onboarding.send_welcome_now(session, ADMIN, welcome=welcome(employee_id), now=NOON)


@pytest.mark.spec("N04")
def test_a_welcome_is_scheduled_by_jalali_day_and_local_hour(house: str) -> None:
    employee_id = add(sara())
    chosen = welcome(employee_id, day="۱۴۰۵/۰۹/۰۱", at=time(7, 15))
    with transaction() as session:
        told = onboarding.welcome_moment(session, ADMIN, welcome=chosen, now=NOON)
        moment = onboarding.schedule_welcome(session, ADMIN, welcome=chosen, now=NOON)
    assert moment == told
    assert moment.utc == datetime(2026, 11, 22, 3, 45, tzinfo=UTC)
    assert (moment.day, moment.at, moment.time_zone) == (
        date(2026, 11, 22),
        time(7, 15),
        "Asia/Tehran",
    )
    assert waiting(employee_id)[0].due_at == moment.utc
    change(employee_id, sara(start_date="1405/09/16"))
    assert waiting(employee_id)[0].due_at == moment.utc  # set by hand: it does not move
    assert entries(employee_id)["Check-in after one week"].day == date(2026, 12, 14)


@pytest.mark.sqlite_only("the store plays no part in it")
@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("1405/08/29", "welcome.past"),
        ("1405/08/30", "welcome.past"),
        ("1405/12/30", "date.no_such_day"),
        ("", "date.invalid"),
    ],
)
def test_a_day_that_is_over_or_does_not_exist_is_refused(
    house: str, day: str, *, code: str
) -> None:
    employee_id = add(sara())
    before = [one.id for one in waiting(employee_id)]
    with pytest.raises(Invalid) as refusal, transaction() as session:
        onboarding.schedule_welcome(
            session, ADMIN, welcome=welcome(employee_id, day=day, at=time(9)), now=NOON
        )
    assert (refusal.value.code, refusal.value.field) == (code, "day")
    assert [one.id for one in waiting(employee_id)] == before


@pytest.mark.sqlite_only("the store plays no part in it")
@pytest.mark.parametrize(
    ("language", "direction", "words"),
    [
        ("fa", 'dir="rtl"', "۹ آذر ۱۴۰۵"),
        ("ar", 'dir="rtl"', "٢٠٢٦"),
        ("en", 'dir="ltr"', "30 November 2026"),
    ],
)
def test_the_preview_is_in_the_language_and_direction_of_the_employee(
    house: str, language: str, direction: str, *, words: str
) -> None:
    employee_id = add(sara(language=language, job_title="حسابدار"))
    with reading() as session:
        mail = onboarding.preview_welcome(
            session, ADMIN, employee_id=employee_id, template_version_id=welcome_version(session)
        )
    assert mail.language.value == language
    assert direction in mail.html
    assert "سارا" in mail.subject
    assert "حسابدار" in mail.text
    assert words in mail.text or language == "ar"


@pytest.mark.sqlite_only("the store plays no part in it")
@pytest.mark.parametrize(
    "key", ["welcome_employee", "checkin_week", "checkin_month", "welcome_manager_note"]
)
@pytest.mark.parametrize("language", ["fa", "ar", "en"])
def test_every_shipped_mail_can_be_read_with_and_without_the_optional_facts(
    house: str, key: str, *, language: str
) -> None:
    boss = add(sara(email="boss@example.com", start_date=""))
    with reading() as session:
        sales = department_id(session, DepartmentKind.SALES)
    rich = add(sara(email="a@example.com", language=language, manager_id=boss, department_id=sales,
                    job_title="Buyer"))  # fmt: skip
    poor = add(sara(email="b@example.com", language=language))
    with reading() as session:
        version = templates.newest_by_key(session, key)
        assert version is not None
        for employee_id in (rich, poor):
            mail = onboarding.preview_welcome(
                session, ADMIN, employee_id=employee_id, template_version_id=version.id
            )
            assert mail.language.value == language
            assert "{{" not in mail.text
            assert "None" not in mail.text


# Addresses


def test_the_private_address_is_used_until_the_day_before_the_start(house: str) -> None:
    employee_id = add(sara(private_email="me@example.net"))
    with reading() as session:
        line = service.read_employee(session, ADMIN, employee_id=employee_id)
        assert (line.email, line.work_email) == ("me@example.net", "sara@example.com")
    eve = datetime(2026, 11, 29, 20, 29, tzinfo=UTC)  # 23:59 in Tehran
    for moment, switched, email in (
        (eve, 0, "me@example.net"),
        (eve + timedelta(minutes=1), 1, "sara@example.com"),
        (eve + timedelta(minutes=2), 0, "sara@example.com"),
    ):
        with transaction() as session:
            assert service.switch_addresses(session, now=moment) == switched
        with reading() as session:
            line = service.read_employee(session, ADMIN, employee_id=employee_id)
            assert (line.email, line.private_email) == (email, "me@example.net")
            address = contacts.primary_addresses(session, [line.contact_id])[line.contact_id]
            assert address.normalised == email


def test_whoever_has_no_work_address_keeps_the_private_one(house: str) -> None:
    employee_id = add(sara(email="", private_email="me@example.net"))
    with transaction() as session:
        assert service.switch_addresses(session, now=NOON + timedelta(days=30)) == 0
    with reading() as session:
        line = service.read_employee(session, ADMIN, employee_id=employee_id)
        assert line.email == "me@example.net"


def test_a_postponed_start_goes_back_to_the_private_address(house: str) -> None:
    employee_id = add(sara(private_email="me@example.net"))
    first_day = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)
    with transaction() as session:
        service.switch_addresses(session, now=first_day)
    change(
        employee_id, sara(private_email="me@example.net", start_date="1405/10/01"), now=first_day
    )
    with reading() as session:
        line = service.read_employee(session, ADMIN, employee_id=employee_id)
        assert line.email == "me@example.net"


def test_an_address_that_was_replaced_is_free_again(house: str) -> None:
    employee_id = add(sara())
    change(employee_id, sara(email="sara.ahmadi@example.com"))
    add(sara(first_name="Another", email="sara@example.com"))
    with reading() as session:
        line = service.read_employee(session, ADMIN, employee_id=employee_id)
        assert line.email == "sara.ahmadi@example.com"


# Steps


def test_the_default_steps_are_made_once_and_keep_what_people_changed(house: str) -> None:
    with transaction() as session:
        week = next(one for one in steps.list_steps(session, ADMIN) if one.key == "week")
        changed = StepInput(
            offset_days=5,
            at=time(11),
            kind=StepKind.MAIL,
            recipient=StepFor.EMPLOYEE,
            titles={"fa": "پنج روز"},
            template_id=week.template_id,
        )
        steps.change_step(session, ADMIN, step_id=week.id, version=1, step=changed, now=NOON)
        steps.ensure_default_steps(session, now=NOON)
    with reading() as session:
        found = session.exec(select(OnboardingStep)).all()
        assert len(found) == len(steps.PRESETS)
        assert {one.offset_days for one in found if one.key == "week"} == {5}
    employee_id = add(sara())
    with reading() as session:
        plan = onboarding.preview_plan(session, ADMIN, employee_id=employee_id)
        days = {planned.step_id: planned.day for planned in plan}
    assert days[week.id] == date(2026, 12, 5)


def test_a_step_switched_off_leaves_the_plans_with_the_next_renewal(house: str) -> None:
    employee_id = add(sara())
    with transaction() as session:
        month = next(one for one in steps.list_steps(session, ADMIN) if one.key == "month")
        off = StepInput(
            offset_days=month.offset_days,
            at=month.at,
            kind=month.kind,
            recipient=month.recipient,
            titles=month.titles,
            template_id=month.template_id,
            is_enabled=False,
        )
        steps.change_step(session, ADMIN, step_id=month.id, version=1, step=off, now=NOON)
        service.refresh_plans(session, SYSTEM, now=NOON)
    assert len(waiting(employee_id)) == 2
    assert entries(employee_id)["Check-in after one month"].state is StripState.SKIPPED


@pytest.mark.sqlite_only("the store plays no part in it")
@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"offset_days": 366}, "step.offset_outside", "offset_days"),
        ({"template_id": None}, "step.template_missing", "template_id"),
        ({"recipient": StepFor.DEPARTMENT}, "step.mail_to_department", "recipient"),
        ({"kind": StepKind.TASK}, "step.task_for_employee", "recipient"),
        ({"titles": {"fa": " "}}, "organisation.name_missing", "titles"),
    ],
)
def test_a_step_that_cannot_be_planned_is_refused(
    house: str, more: dict[str, object], code: str, *, field: str
) -> None:
    values: dict[str, object] = {
        "offset_days": 1,
        "at": time(9),
        "kind": StepKind.MAIL,
        "recipient": StepFor.EMPLOYEE,
        "titles": {"fa": "گام"},
        "template_id": 1,
    }
    with pytest.raises(Invalid) as refusal, transaction() as session:
        steps.add_step(session, ADMIN, step=StepInput(**(values | more)), now=NOON)  # type: ignore[arg-type]
    assert (refusal.value.code, refusal.value.field) == (code, field)


# Who may


def test_only_hr_may_see_and_change_employees_and_sending_is_a_right_of_its_own(house: str) -> None:
    with transaction() as session:
        stranger = actor_of(session, make_user(session, "ann", Role.MANAGER, DepartmentKind.SALES))
        operator = actor_of(
            session, make_user(session, "ben", Role.OPERATOR, DepartmentKind.PEOPLE)
        )
        approver = actor_of(
            session, make_user(session, "cat", Role.APPROVER, DepartmentKind.PEOPLE)
        )
    with pytest.raises(Forbidden):
        add(sara(), actor=stranger)
    with reading() as session, pytest.raises(Forbidden):
        service.list_employees(session, stranger)
    employee_id = add(sara(), actor=operator)
    with pytest.raises(Forbidden), transaction() as session:
        onboarding.send_welcome_now(session, operator, welcome=welcome(employee_id), now=NOON)
    with transaction() as session:
        onboarding.send_welcome_now(session, approver, welcome=welcome(employee_id), now=NOON)


def test_every_writing_verb_of_hr_leaves_an_audit_row() -> None:
    writing = {Permission.EMPLOYEE_EDIT, Permission.EMPLOYEE_SEND}
    mine = [one for name, one in REGISTRY.items() if name.startswith("core.people.")]
    assert mine
    assert all(one.audit for one in mine if one.permission in writing)


def test_an_unknown_employee_is_said_to_be_missing(house: str) -> None:
    with reading() as session:
        for read in (service.read_employee, onboarding.preview_plan):
            with pytest.raises(NotFound):
                read(session, ADMIN, employee_id=999)


def test_a_customer_is_no_employee(house: str) -> None:
    with transaction() as session:
        make_contact(session, "shopper@example.com")
    with reading() as session:
        assert service.list_employees(session, ADMIN) == []
        assert session.exec(select(User)).all() == []
        kinds = session.exec(select(Contact.kind)).all()
        assert kinds == [ContactKind.CUSTOMER]
        assert queries.items_of(session, 1) == []
        assert session.exec(select(OnboardingItem)).all() == []
