"""The people of the tests: an organisation in Tehran and the staff a story needs."""

from datetime import datetime

from sqlmodel import Session, col, select

from core.access.terms import Actor, DepartmentKind, Grant, Role
from core.accounts.models import Membership, User
from core.contacts import service as contacts
from core.contacts.models import Contact
from core.contacts.terms import ContactKind
from core.i18n.terms import Calendar, Language
from core.messages.models import CapRule, QuietRule
from core.organisation import queries as organisation
from core.organisation.models import Department, Organisation
from core.setup import service as setup

NOON = datetime.fromisoformat("2026-11-21T08:00:00+00:00")


def make_organisation(session: Session, *, now: datetime = NOON) -> Organisation:
    """Organisation, one department of each kind, head office in Tehran, sender, caps, mails."""
    made = setup.ensure_basics(session, now=now)
    session.flush()
    return made


def without_limits(session: Session, *, caps: bool = True) -> None:
    """Switch quiet hours off, and caps too unless told not to: the hour shall play no part."""
    for quiet in session.exec(select(QuietRule)):
        quiet.is_enabled = False
    for rule in session.exec(select(CapRule)) if caps else ():
        rule.is_enabled = False


def department_id(session: Session, kind: DepartmentKind) -> int:
    found = organisation.department_of_kind(session, kind)
    assert found is not None
    return found.id


def make_contact(
    session: Session,
    email: str = "",
    *,
    kind: ContactKind = ContactKind.CUSTOMER,
    now: datetime = NOON,
    **details: object,
) -> Contact:
    """A person; with an email address unless that is empty."""
    contact = contacts.add_contact(
        session,
        kind=kind,
        now=now,
        details={"first_name": "Sara", "last_name": "Ahmadi", **details},
    )
    if email:
        contacts.set_email(session, contact, email)
    return contact


def make_user(
    session: Session,
    login: str,
    role: Role = Role.OPERATOR,
    kind: DepartmentKind = DepartmentKind.OPERATIONS,
    *,
    language: Language = Language.FA,
) -> User:
    """A staff member with one membership, reachable at login@example.com."""
    contact = make_contact(
        session,
        f"{login}@example.com",
        kind=ContactKind.EMPLOYEE,
        first_name=login.title(),
        last_name="Karimi",
        language=language,
    )
    user = User(
        contact_id=contact.id,
        login=login,
        name=f"{login.title()} Karimi",
        language=language,
        calendar=Calendar.JALALI if language is Language.FA else Calendar.GREGORIAN,
    )
    session.add(user)
    session.flush()
    session.add(Membership(user_id=user.id, department_id=department_id(session, kind), role=role))
    session.flush()
    return user


def actor_of(session: Session, user: User) -> Actor:
    """The actor that a signed-in user is."""
    rows = session.exec(
        select(Membership, Department)
        .join(Department, col(Department.id) == col(Membership.department_id))
        .where(Membership.user_id == user.id)
    ).all()
    grants = tuple(
        Grant(department.id, department.kind, member.role, member.team)
        for member, department in rows
    )
    return Actor(
        kind="user",
        id=user.id,
        name=user.name,
        grants=grants,
        contact_id=user.contact_id,
        language=user.language.value,
    )


def administrator(now: datetime = NOON) -> Actor:
    """An actor with every right, for tests that are about something else."""
    del now
    grant = Grant(1, DepartmentKind.OPERATIONS, Role.ADMINISTRATOR)
    return Actor(kind="user", id=None, name="Admin", grants=(grant,))


__all__ = [
    "NOON",
    "actor_of",
    "administrator",
    "department_id",
    "make_contact",
    "make_organisation",
    "make_user",
    "without_limits",
]
