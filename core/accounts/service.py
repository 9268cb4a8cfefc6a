"""Verbs of staff accounts: make one, change one, give it roles, close it.

Beside this file: `sign_in`, `sessions`, `passwords`, `second_factor`, `links` and `api_keys`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.access.service import require_on, verb
from core.access.terms import Actor, Permission, Role
from core.accounts import queries
from core.accounts.models import Membership, User
from core.accounts.passwords import own_account
from core.accounts.rules import is_login, login_key
from core.accounts.terms import MembershipInput, NewUser, StaffState, UserDetails
from core.audit import service as audit
from core.errors import Conflict, Invalid, NotFound
from core.i18n.terms import Calendar, Language
from core.i18n.text import stored_line
from core.organisation.models import Department


@dataclass(frozen=True)
class StaffLine:
    """One account as the list of staff shows it."""

    user: User
    memberships: tuple[Membership, ...]
    state: StaffState
    last_seen_at: datetime | None


@verb(Permission.USER_EDIT, audit="user.added")
def create_user(session: Session, actor: Actor, *, given: NewUser, now: datetime) -> User:
    """Return a new account without a password: nobody can sign in to it yet."""
    login = _free_login(session, given.login)
    if queries.user_of_contact(session, given.contact_id) is not None:
        raise Conflict("account.exists", field="email")
    user = User(
        contact_id=given.contact_id,
        login=login,
        name=_named(given.name),
        language=given.language,
        calendar=given.calendar,
        created_at=now,
    )
    session.add(user)
    session.flush()
    _give_roles(session, actor, user=user, memberships=given.memberships)
    audit.record(
        session, actor, "user.added", now=now, subject=user, name=user.name,
        contact_id=user.contact_id, after={"roles": _spoken(given.memberships)},
    )  # fmt: skip
    return user


@verb(Permission.USER_EDIT, audit="user.changed")
def change_user(
    session: Session,
    actor: Actor,
    *,
    user_id: int,
    seen_version: int,
    given: UserDetails,
    now: datetime,
) -> User:
    """Change name, language and calendar of an account."""
    user = _user(session, user_id)
    if user.version != seen_version:
        raise Conflict("account.changed_meanwhile")
    _set_details(user, given)
    session.add(user)
    audit.record(session, actor, "user.changed", now=now, subject=user, name=user.name)
    return user


@verb(Permission.SELF_EDIT, audit="user.changed_self")
def change_self(session: Session, actor: Actor, *, given: UserDetails, now: datetime) -> User:
    """Change my own name, language and calendar."""
    user = own_account(session, actor)
    _set_details(user, given)
    session.add(user)
    audit.record(session, actor, "user.changed_self", now=now, subject=user, name=user.name)
    return user


@verb(Permission.SELF_EDIT, audit="user.chose_language")
def choose_language(session: Session, actor: Actor, *, language: Language, now: datetime) -> None:
    """Have the interface speak this language to me from the next page on."""
    user = own_account(session, actor)
    user.language = language
    session.add(user)
    audit.record(session, actor, "user.chose_language", now=now, subject=user, name=user.name)


@verb(Permission.USER_EDIT, audit="user.roles_changed")
def set_memberships(
    session: Session,
    actor: Actor,
    *,
    user_id: int,
    memberships: Sequence[MembershipInput],
    now: datetime,
) -> None:
    """Give the account exactly these roles.

    Its visits end in the same transaction, except the present one of somebody changing their
    own. Raises Conflict `account.last_administrator` before nobody could administer any more.
    """
    user = _user(session, user_id)
    before = queries.memberships(session, [user_id])
    stays = any(held.role is Role.ADMINISTRATOR for held in memberships)
    if not stays:
        _keep_an_administrator(session, user)
    queries.drop_memberships(session, user_id)
    _give_roles(session, actor, user=user, memberships=memberships)
    queries.end_visits(session, user_id, now=now, keep=actor.session_hash)
    audit.record(
        session, actor, "user.roles_changed", now=now, subject=user, name=user.name,
        before={"roles": _spoken(before)}, after={"roles": _spoken(memberships)},
    )  # fmt: skip


@verb(Permission.USER_EDIT, audit="user.deactivated")
def deactivate(session: Session, actor: Actor, *, user_id: int, now: datetime) -> User:
    """Close the account: its visits, links, password and second factor end together.

    What the person owned is handed over by `core.notices.service.leave_staff`, which calls this.
    """
    user = _user(session, user_id)
    if actor.kind == "user" and actor.id == user_id:
        raise Conflict("account.not_yourself")
    _keep_an_administrator(session, user)
    user.is_active, user.left_at = False, now
    user.password_hash, user.totp_sealed, user.totp_last_step = None, None, 0
    user.version += 1
    session.add(user)
    session.flush()
    queries.end_visits(session, user_id, now=now)
    queries.void_links(session, user_id, now=now)
    queries.replace_codes(session, user_id, (), now=now)
    audit.record(session, actor, "user.deactivated", now=now, subject=user, name=user.name)
    return user


@verb(Permission.USER_EDIT, audit="user.reactivated")
def reactivate(session: Session, actor: Actor, *, user_id: int, now: datetime) -> User:
    """Open a closed account again, with the roles it had; a new invitation sets its password."""
    user = _user(session, user_id)
    user.is_active, user.left_at = True, None
    user.version += 1
    session.add(user)
    audit.record(session, actor, "user.reactivated", now=now, subject=user, name=user.name)
    return user


@verb(Permission.USER_VIEW, audit=None)
def list_staff(session: Session, _actor: Actor) -> list[StaffLine]:
    """Return all accounts with their roles and where they stand, by name."""
    users = queries.users(session)
    held = queries.memberships(session, [user.id for user in users])
    seen = queries.last_seen(session)
    return [
        StaffLine(
            user=user,
            memberships=tuple(row for row in held if row.user_id == user.id),
            state=state_of(user),
            last_seen_at=seen.get(user.id),
        )
        for user in users
    ]


@verb(Permission.USER_VIEW, audit=None)
def read_user(session: Session, _actor: Actor, *, user_id: int) -> User:
    """Return the account; raises NotFound `account.missing`."""
    return _user(session, user_id)


def state_of(user: User) -> StaffState:
    """Return where the account stands."""
    if not user.is_active:
        return StaffState.LEFT
    return StaffState.ACTIVE if user.password_hash else StaffState.INVITED


def _user(session: Session, user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("account.missing")
    return user


def _free_login(session: Session, text: str) -> str:
    login = login_key(text)
    if not is_login(login):
        raise Invalid("account.bad_login", field="login")
    if queries.user_named(session, login) is not None:
        raise Conflict("account.login_taken", field="login")
    return login


def _named(text: str) -> str:
    name = stored_line(text)
    if not name:
        raise Invalid("account.empty_name", field="name")
    return name


def _set_details(user: User, given: UserDetails) -> None:
    user.name = _named(given.name)
    user.language = Language(given.language)
    user.calendar = Calendar(given.calendar)
    user.version += 1


def _give_roles(
    session: Session, actor: Actor, *, user: User, memberships: Sequence[MembershipInput]
) -> None:
    for given in dict.fromkeys(memberships):
        if session.get(Department, given.department_id) is None:
            raise NotFound("account.no_department")
        require_on(actor, Permission.USER_EDIT, department_id=given.department_id)
        session.add(
            Membership(
                user_id=user.id,
                department_id=given.department_id,
                role=given.role,
                team=stored_line(given.team) or None if given.team else None,
            )
        )
    user.version += 1
    session.flush()


def _keep_an_administrator(session: Session, user: User) -> None:
    known = queries.administrators(session)
    if known == {user.id}:
        raise Conflict("account.last_administrator")


def _spoken(memberships: Sequence[Membership] | Sequence[MembershipInput]) -> list[str]:
    return sorted(f"{held.role.value}@{held.department_id}" for held in memberships)
