"""The set-up wizard: each step is kept at once, may be answered anew, and belongs to one person."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from core import clock
from core.access.terms import SYSTEM, Actor, Role
from core.accounts import passwords, sessions
from core.accounts import queries as accounts
from core.accounts.models import Membership, User
from core.accounts.sessions import Opened, Place
from core.accounts.terms import SessionKind
from core.alerts.models import AlertRule
from core.audit.models import AuditEntry
from core.contacts.models import Contact
from core.contacts.queries import primary_addresses
from core.db import reading, transaction
from core.delivery.terms import TransportInput
from core.errors import ChaparError, Conflict, Forbidden, Invalid
from core.i18n.terms import Calendar, Language
from core.organisation import queries as organisation
from core.organisation.models import Holiday
from core.organisation.terms import MailMode, SetupStep
from core.people.models import OnboardingStep
from core.setup import service as setup
from core.setup import wizard
from core.setup.terms import SETUP, AdministratorInput, CalendarInput, WizardState
from core.signing import digest
from core.templates.models import Template
from tests.support.cast import NOON, actor_of, make_user

PASSWORD = "eleven violet kettles"
MINA = AdministratorInput(name="مینا احمدی", login="mina", email="mina@sib.ir", password=PASSWORD)
WEEK = CalendarInput(
    calendar=Calendar.JALALI,
    time_zone="Asia/Tehran",
    country="IR",
    weekend=frozenset({4}),
    hours={day: [("8", "12:30"), ("۱۳:۳۰", "17")] for day in (5, 6, 0, 1, 2)} | {3: [("8", "12")]},
)


@pytest.fixture
def session(store: str) -> Iterator[Session]:
    with transaction() as opened:
        setup.ensure_basics(opened, now=NOON)
        yield opened


def begin(session: Session) -> tuple[Opened, Actor]:
    """Open the set-up visit that the link opens."""
    opened = sessions.open_visit(
        session, kind=SessionKind.SETUP, user_id=None, place=Place("127.0.0.1"), now=clock.now()
    )
    visit = sessions.resolve_session(session, session_hash=digest(opened.secret), now=clock.now())
    assert visit is not None
    return opened, wizard.setup_actor(visit)


def name_it(session: Session, actor: Actor, language: Language = Language.FA) -> None:
    wizard.save_organisation(session, actor, name="فروشگاه سیب", language=language, now=NOON)


def state(session: Session, actor: Actor = SETUP) -> WizardState:
    return wizard.state(session, actor)


def to_administrator(session: Session, actor: Actor) -> User:
    name_it(session, actor)
    wizard.save_calendar(session, actor, given=WEEK, now=NOON)
    return wizard.create_administrator(session, actor, given=MINA, now=clock.now())


def test_a_fresh_store_has_what_departments_need(session: Session) -> None:
    assert session.exec(select(AlertRule).where(AlertRule.key == "low_stock")).one()
    assert len(session.exec(select(OnboardingStep)).all()) == 6
    before = len(session.exec(select(Template)).all())
    setup.ensure_basics(session, now=NOON)
    assert len(session.exec(select(Template)).all()) == before


def test_from_the_link_to_a_finished_set_up(session: Session) -> None:
    opened, actor = begin(session)
    assert actor.is_system
    assert state(session, actor).step is SetupStep.ORGANISATION
    user = to_administrator(session, actor)
    assert state(session).step is SetupStep.SENDER

    visit = sessions.resolve_session(session, session_hash=digest(opened.secret), now=clock.now())
    assert visit is not None
    assert visit.actor is not None
    assert visit.actor.id == user.id
    mina = wizard.setup_actor(visit)
    assert not mina.is_system
    wizard.save_sender(session, mina, name="سیب", address="info@sib.ir", now=NOON)
    wizard.finish(session, mina, now=NOON)
    now_so = state(session, mina)
    assert now_so.is_done
    assert (now_so.administrator, now_so.sender_address) == ("مینا احمدی", "info@sib.ir")
    assert now_so.mail_mode is MailMode.CAPTURE
    acts = set(session.exec(select(AuditEntry.action)))
    assert {"setup.organisation_saved", "setup.calendar_saved", "setup.administrator_created",
            "setup.sender_saved", "setup.finished"} <= acts  # fmt: skip


def test_the_administrator_can_sign_in_and_is_somebody(session: Session) -> None:
    _, actor = begin(session)
    user = to_administrator(session, actor)
    assert passwords.matches(user.password_hash, PASSWORD)
    assert accounts.has_administrator(session)
    member = session.exec(select(Membership).where(Membership.user_id == user.id)).one()
    assert member.role is Role.ADMINISTRATOR
    person = session.get_one(Contact, user.contact_id)
    assert (person.first_name, person.last_name) == ("مینا", "احمدی")
    assert primary_addresses(session, [person.id])[person.id].normalised == "mina@sib.ir"


def test_each_step_is_kept_and_shown_again(session: Session) -> None:
    name_it(session, SETUP, Language.EN)
    wizard.save_calendar(session, SETUP, given=WEEK, now=NOON)
    kept = state(session)
    assert (kept.name, kept.language, kept.calendar) == (
        "فروشگاه سیب", Language.EN, Calendar.JALALI,
    )  # fmt: skip
    assert kept.weekend == (4,)
    assert kept.hours["5"] == [["08:00", "12:30"], ["13:30", "17:00"]]
    assert kept.hours["3"] == [["08:00", "12:00"]]
    assert "4" not in kept.hours
    assert kept.step is SetupStep.ADMINISTRATOR


def test_an_earlier_step_is_answered_anew_without_losing_the_later_ones(session: Session) -> None:
    _, actor = begin(session)
    user = to_administrator(session, actor)
    mina = sessions.actor_of(session, user)
    wizard.save_organisation(session, mina, name="Sib", language=Language.AR, now=NOON)
    kept = state(session, mina)
    assert (kept.name, kept.step, kept.administrator) == ("Sib", SetupStep.SENDER, "مینا احمدی")


def test_made_up_names_follow_the_language(session: Session) -> None:
    office = organisation.default_office(session)
    rule = session.exec(select(AlertRule).where(AlertRule.key == "low_stock")).one()
    templates = {one.key: one for one in session.exec(select(Template))}
    welcome, digest_mail = templates["welcome_employee"], templates["digest"]
    digest_mail.name = "خلاصهٔ روزانهٔ ما"
    before = (office.name, rule.name, welcome.name)
    name_it(session, SETUP, Language.EN)
    assert office.name == "Head office"
    assert all(new.isascii() for new in (office.name, rule.name, welcome.name))
    assert digest_mail.name == "خلاصهٔ روزانهٔ ما"
    assert state(session).sender_name == "فروشگاه سیب"
    name_it(session, SETUP, Language.FA)
    assert (office.name, rule.name, welcome.name) == before


def test_holidays_of_the_country_are_filled_in(session: Session) -> None:
    name_it(session, SETUP)
    wizard.save_calendar(session, SETUP, given=WEEK, now=NOON)
    days = {row.day for row in session.exec(select(Holiday))}
    assert {day.year for day in days} == {2026, 2027}
    assert any((day.month, day.day) == (3, 21) for day in days)
    given = CalendarInput(**{**vars(WEEK), "country": "DE", "time_zone": "Europe/Berlin"})
    wizard.save_calendar(session, SETUP, given=given, now=NOON)
    days = {row.day for row in session.exec(select(Holiday))}
    assert any((day.month, day.day) == (10, 3) for day in days)
    assert not any((day.month, day.day) == (3, 21) for day in days)


def test_no_step_can_be_jumped_over(session: Session) -> None:
    with pytest.raises(Conflict, match=r"wizard\.not_yet"):
        wizard.save_calendar(session, SETUP, given=WEEK, now=NOON)
    with pytest.raises(Conflict, match=r"wizard\.not_yet"):
        wizard.create_administrator(session, SETUP, given=MINA, now=NOON)
    with pytest.raises(Conflict, match=r"wizard\.not_yet"):
        wizard.finish(session, SETUP, now=NOON)


def test_the_link_opens_nothing_once_there_is_an_administrator(session: Session) -> None:
    _, actor = begin(session)
    to_administrator(session, actor)
    with pytest.raises(Forbidden, match=r"wizard\.sign_in"):
        name_it(session, actor)
    with pytest.raises(Forbidden, match=r"wizard\.sign_in"):
        wizard.save_sender(session, actor, name="X", address="x@sib.ir", now=NOON)
    with pytest.raises(Conflict, match=r"wizard\.has_administrator"):
        wizard.create_administrator(session, actor, given=MINA, now=NOON)


def test_others_may_not_answer_the_wizard(session: Session) -> None:
    manager = actor_of(session, make_user(session, "ali", Role.MANAGER))
    with pytest.raises(Forbidden):
        name_it(session, manager)
    with pytest.raises(Forbidden):
        wizard.state(session, manager)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"name": "  "}, "account.empty_name", "name"),
        ({"login": "a b"}, "account.bad_login", "login"),
        ({"email": "mina"}, "address.no_at", "email"),
        ({"password": "short"}, "password.too_short", "password"),
        ({"password": "mina ahmadi mina"}, "password.own_word", "password"),
    ],
)
@pytest.mark.sqlite_only("about the input only")
def test_a_refused_administrator_leaves_nothing(
    store: str, change: dict[str, str], code: str, field: str
) -> None:
    with transaction() as session:
        setup.ensure_basics(session, now=NOON)
        name_it(session, SETUP)
        wizard.save_calendar(session, SETUP, given=WEEK, now=NOON)
    given = AdministratorInput(**{**vars(MINA), **change})
    with pytest.raises(ChaparError) as refused, transaction() as session:
        wizard.create_administrator(session, SETUP, given=given, now=NOON)
    assert (refused.value.code, refused.value.field) == (code, field)
    with reading() as session:
        assert session.exec(select(User)).all() == []
        assert session.exec(select(Contact)).all() == []
        assert state(session).step is SetupStep.ADMINISTRATOR


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"time_zone": "Asia/Atlantis"}, "time_zone"),
        ({"country": "XX"}, "country"),
        ({"hours": {0: [("25", "26")]}}, "hours"),
        ({"hours": {0: [("12", "8")]}}, "hours"),
    ],
)
@pytest.mark.sqlite_only("about the input only")
def test_an_impossible_week_is_refused_at_its_field(
    store: str, change: dict[str, object], field: str
) -> None:
    with transaction() as session:
        setup.ensure_basics(session, now=NOON)
        name_it(session, SETUP)
    given = CalendarInput(**{**vars(WEEK), **change})  # type: ignore[arg-type]
    with pytest.raises(Invalid) as refused, transaction() as session:
        wizard.save_calendar(session, SETUP, given=given, now=NOON)
    assert refused.value.field == field
    with reading() as session:
        assert state(session).step is SetupStep.CALENDAR


def test_the_wizard_goes_on_in_another_visit(session: Session) -> None:
    _, first = begin(session)
    name_it(session, first)
    _, second = begin(session)
    wizard.save_calendar(session, second, given=WEEK, now=NOON)
    assert state(session, second).step is SetupStep.ADMINISTRATOR


def test_a_mail_server_given_twice_is_one_and_stays_unused(session: Session) -> None:
    _, actor = begin(session)
    mina = sessions.actor_of(session, to_administrator(session, actor))
    given = TransportInput(name="Panel", host="smtp.sib.ir", user="info", password="kettle")
    first = wizard.save_transport(session, mina, given=given, now=NOON)
    again = TransportInput(name="Panel", host="smtp.sib.ir", user="info")
    second = wizard.save_transport(session, mina, given=again, now=NOON)
    assert (first.id, second.has_password) == (second.id, True)
    assert state(session, mina).transport_id == first.id
    assert state(session, mina).mail_mode is MailMode.CAPTURE


def test_the_command_line_can_make_the_administrator_too(session: Session) -> None:
    name_it(session, SYSTEM)
    wizard.save_calendar(session, SYSTEM, given=WEEK, now=NOON)
    wizard.create_administrator(session, SYSTEM, given=MINA, now=NOON + timedelta(hours=1))
    assert accounts.has_administrator(session)
