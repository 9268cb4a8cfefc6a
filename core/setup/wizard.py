"""The steps of the set-up wizard. Each is kept as soon as it is answered, and may be answered anew.

Before there is an administrator the actor is SETUP, whoever opened the set-up link; from then on
it is a person who may edit the settings.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col, select

from core.access.service import verb
from core.access.terms import SYSTEM, Actor, DepartmentKind, Permission, Role
from core.accounts import passwords, sessions
from core.accounts import queries as account_queries
from core.accounts import service as accounts
from core.accounts.models import Membership, User
from core.accounts.sessions import Visit
from core.accounts.terms import MembershipInput, NewUser
from core.audit import service as audit
from core.contacts import service as contacts
from core.contacts.terms import ContactKind
from core.delivery import queries as delivery_queries
from core.delivery import service as delivery
from core.delivery.models import Sender
from core.delivery.terms import SenderInput, TransportInput, TransportLine
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.i18n.terms import Language
from core.i18n.text import stored_line
from core.organisation import queries, service
from core.organisation.models import Holiday, Office, Organisation
from core.organisation.terms import OfficeInput, SettingsChange, SetupStep
from core.setup import wording
from core.setup.terms import SETUP, AdministratorInput, CalendarInput, WizardState

STEPS = tuple(SetupStep)


def setup_actor(visit: Visit) -> Actor:
    """Return on whose behalf the wizard runs in this visit: the set-up link's, or the person."""
    if visit.actor is not None:
        return visit.actor
    return replace(SETUP, session_hash=visit.hash, ip=visit.session.ip)


@verb(Permission.SETTINGS_EDIT, audit=None)
def state(session: Session, _actor: Actor) -> WizardState:
    """Return where set-up stands and what is filled in."""
    home, office = queries.organisation(session), queries.default_office(session)
    sender = delivery_queries.default_sender(session)
    transport = next(iter(delivery_queries.transports(session)), None)
    return WizardState(
        step=home.setup_step,
        name=home.name,
        language=home.language,
        calendar=home.calendar,
        time_zone=home.time_zone,
        country=office.country,
        weekend=tuple(office.weekend),
        hours=office.hours,
        administrator=_administrator(session),
        sender_name=sender.name if sender else "",
        sender_address=sender.address if sender else "",
        transport_id=transport.id if transport else None,
        mail_mode=home.mail_mode,
    )


@verb(Permission.SETTINGS_EDIT, audit="setup.organisation_saved")
def save_organisation(
    session: Session, actor: Actor, *, name: str, language: Language, now: datetime
) -> None:
    """Name the organisation and choose its language.

    Names that were made up for it and that nobody has changed follow the language.
    """
    home = _begin(session, actor, SetupStep.ORGANISATION)
    old_name, old_language = home.name, home.language
    change: SettingsChange = {"name": name, "language": language}
    service.change_settings(session, actor, version=home.version, change=change, now=now)
    wording.speak(session, old=old_language, new=language)
    sender = delivery_queries.default_sender(session)
    if sender is not None and sender.name == old_name:
        sender.name = home.name[:120]
    _advance(session, home, SetupStep.ORGANISATION)


@verb(Permission.SETTINGS_EDIT, audit="setup.calendar_saved")
def save_calendar(session: Session, actor: Actor, *, given: CalendarInput, now: datetime) -> None:
    """Choose calendar, zone, weekend and hours; fill the holidays of this and the next year."""
    home = _begin(session, actor, SetupStep.CALENDAR)
    change: SettingsChange = {"calendar": given.calendar, "time_zone": given.time_zone}
    service.change_settings(session, actor, version=home.version, change=change, now=now)
    office = queries.default_office(session)
    if given.country.strip().upper() != office.country:
        session.execute(delete(Holiday).where(col(Holiday.office_id) == office.id))
    service.change_office(
        session,
        actor,
        office_id=office.id,
        version=office.version,
        office=_office_input(office, given),
        now=now,
    )
    years = (now.year, now.year + 1)
    service.load_holidays(session, actor, office_id=office.id, years=years, now=now)
    _advance(session, home, SetupStep.CALENDAR)


@verb(Permission.SETTINGS_EDIT, audit="setup.administrator_created")
def create_administrator(
    session: Session, actor: Actor, *, given: AdministratorInput, now: datetime
) -> User:
    """Return the first administrator; a set-up visit becomes this person's own.

    Raises Conflict "wizard.has_administrator" when somebody was faster, Invalid at the field.
    """
    home = _begin(session, actor, SetupStep.ADMINISTRATOR)
    if account_queries.has_administrator(session):
        raise Conflict("wizard.has_administrator")
    place = queries.department_of_kind(session, DepartmentKind.OPERATIONS)
    if place is None:
        raise NotFound("account.no_department")
    new = NewUser(
        contact_id=_contact_id(session, given, home, now=now),
        login=given.login[:1000],
        name=stored_line(given.name)[:200],
        language=home.language,
        calendar=home.calendar,
        memberships=(MembershipInput(department_id=place.id, role=Role.ADMINISTRATOR),),
    )
    user = accounts.create_user(session, actor, given=new, now=now)
    passwords.set_password(session, actor, user_id=user.id, password=given.password, now=now)
    if actor.session_hash:
        sessions.bind_setup_session(
            session, SYSTEM, session_hash=actor.session_hash, user_id=user.id, now=now
        )
    _advance(session, home, SetupStep.ADMINISTRATOR)
    audit.record(session, actor, "setup.administrator_created", now=now, subject=user,
                 name=user.name)  # fmt: skip
    return user


@verb(Permission.SETTINGS_EDIT, audit="setup.sender_saved")
def save_sender(
    session: Session, actor: Actor, *, name: str, address: str, now: datetime
) -> Sender:
    """Return the default sender under this name and address."""
    home = _begin(session, actor, SetupStep.SENDER)
    present = delivery_queries.default_sender(session)
    given = SenderInput(name=name, address=address)
    if present is None:
        saved = delivery.add_sender(session, actor, given=given, now=now)
    else:
        kept = replace(given, reply_to=present.reply_to, department_id=present.department_id,
                       transport_id=present.transport_id)  # fmt: skip
        saved = delivery.change_sender(
            session, actor, sender_id=present.id, seen_version=present.version, given=kept, now=now
        )
    _advance(session, home, SetupStep.SENDER)
    return saved


@verb(Permission.SETTINGS_EDIT, audit="setup.transport_saved")
def save_transport(
    session: Session, actor: Actor, *, given: TransportInput, now: datetime
) -> TransportLine:
    """Return the mail server. Mail stays in the capture mailbox until going live tried it.

    An empty password keeps the one given before.
    """
    _begin(session, actor, SetupStep.SENDER)
    given = replace(given, password=given.password or None)
    present = next(iter(delivery_queries.transports(session)), None)
    if present is None:
        return delivery.add_transport(session, actor, given=given, now=now)
    return delivery.change_transport(
        session, actor, transport_id=present.id, seen_version=present.version, given=given, now=now
    )


@verb(Permission.SETTINGS_EDIT, audit="setup.finished")
def finish(session: Session, actor: Actor, *, now: datetime) -> None:
    """End the wizard. The practice company, where it is wanted, is loaded in the same act."""
    home = _begin(session, actor, SetupStep.PRACTICE)
    if not account_queries.has_administrator(session):
        raise Conflict("wizard.no_administrator")
    _advance(session, home, SetupStep.PRACTICE)
    audit.record(session, actor, "setup.finished", now=now, subject=home, name=home.name)


def _administrator(session: Session) -> str:
    statement = (
        select(User.name)
        .join(Membership, col(Membership.user_id) == col(User.id))
        .where(Membership.role == Role.ADMINISTRATOR, col(User.is_active).is_(True))
    )
    return session.exec(statement.order_by(col(User.id))).first() or ""


def _begin(session: Session, actor: Actor, step: SetupStep) -> Organisation:
    """Return the organisation, locked, where this step may be answered by this actor now."""
    home = queries.for_update(session, Organisation, queries.ORGANISATION_ID)
    if home is None:
        raise NotFound("organisation.missing")
    if STEPS.index(step) > STEPS.index(home.setup_step):
        raise Conflict("wizard.not_yet")
    if actor.name == SETUP.name and actor.is_system and _is_taken(session, step):
        raise Forbidden("wizard.sign_in")
    return home


def _is_taken(session: Session, step: SetupStep) -> bool:
    """Return whether only the administrator may go on; the second of two at once hears why."""
    return step is not SetupStep.ADMINISTRATOR and account_queries.has_administrator(session)


def _advance(session: Session, home: Organisation, done: SetupStep) -> None:
    following = STEPS[STEPS.index(done) + 1]
    if STEPS.index(following) > STEPS.index(home.setup_step):
        home.setup_step = following
        home.version += 1
    session.add(home)
    session.flush()


def _office_input(office: Office, given: CalendarInput) -> OfficeInput:
    return OfficeInput(
        name=office.name,
        time_zone=given.time_zone,
        hours=given.hours,
        weekend=given.weekend,
        country=given.country,
    )


def _contact_id(
    session: Session, given: AdministratorInput, home: Organisation, *, now: datetime
) -> int:
    first_name, _, last_name = stored_line(given.name).partition(" ")
    if not first_name:
        raise Invalid("account.empty_name", field="name")
    details = {
        "first_name": first_name[:120],
        "last_name": last_name[:120],
        "language": home.language,
        "source": "staff",
    }
    contact = contacts.add_contact(session, kind=ContactKind.EMPLOYEE, now=now, details=details)
    contacts.set_email(session, contact, given.email.strip())
    return contact.id
