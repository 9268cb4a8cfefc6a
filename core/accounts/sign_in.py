"""Signing in, in three steps, so that no hashing is done while the store is locked.

1. `knock` notes the attempt as failed and says whether it is looked at at all.
2. The caller compares the password with `passwords.matches`, outside any transaction.
3. `let_in` forgives the attempt and opens the visit, or `turn_away` leaves it as it is.

Noting first makes the limit exact: a hundred attempts at once are counted before any is hashed.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from core import signing
from core.access.service import verb
from core.access.terms import SYSTEM, Actor, Permission
from core.accounts import queries, sessions
from core.accounts.models import LoginAttempt, User
from core.accounts.rules import ACCOUNT_CAP, LOGIN_MAX, is_login, login_key, waiting_time
from core.accounts.sessions import Opened, Place
from core.accounts.terms import SessionKind, SignIn
from core.audit import service as audit


@dataclass(frozen=True)
class Knock:
    """An attempt that was noted. `wait` above zero means that it is not looked at."""

    account: str
    place: Place
    wait: timedelta = timedelta()
    user_id: int | None = None
    password_hash: str | None = None


@dataclass(frozen=True)
class Entry:
    """How an attempt ended: with a visit, or with a time to wait, or with neither."""

    outcome: SignIn
    opened: Opened | None = None
    wait: timedelta = timedelta()


@verb(Permission.SYSTEM_RUN, audit=None)
def knock(session: Session, _actor: Actor, *, login: str, place: Place, now: datetime) -> Knock:
    """Note an attempt to sign in; unknown names are counted like known ones."""
    key = login_key(login[: 2 * LOGIN_MAX])
    user = queries.user_named(session, key) if is_login(key) else None
    usable = user if user is not None and user.is_active else None
    noted = note_attempt(
        session,
        Knock(signing.keyed_digest("sign-in", key), place, user_id=user.id if user else None),
        cap=ACCOUNT_CAP,
        now=now,
    )
    return replace(noted, password_hash=usable.password_hash if usable else None)


def note_attempt(session: Session, attempt: Knock, *, cap: int, now: datetime) -> Knock:
    """Count one attempt of this account from this place, or say how long it has to wait."""
    ip = attempt.place.ip[:45]
    queries.lock_account(session, attempt.account)
    failures = queries.failures(
        session, account=attempt.account, ip=ip, user_id=attempt.user_id, now=now
    )
    wait = waiting_time(failures, now=now, account_cap=cap)
    if not wait:
        session.add(LoginAttempt(account=attempt.account, ip=ip, at=now))
        session.flush()
    return replace(attempt, wait=wait)


def forgive(session: Session, attempt: Knock) -> None:
    """Take the attempts of this account from this place off the count."""
    queries.forget_attempts(session, account=attempt.account, ip=attempt.place.ip[:45])


@verb(Permission.SYSTEM_RUN, audit="session.opened")
def let_in(
    session: Session, _actor: Actor, *, attempt: Knock, old_hash: str | None, now: datetime
) -> Entry:
    """Open a visit under a new secret for whoever gave the right password.

    The visit that the browser came with ends, so that nobody can plant one. With a second
    factor the visit is good for nothing but giving the code. Whoever left, or changed the
    password, since the knock is turned away.
    """
    user = session.get(User, attempt.user_id) if attempt.user_id else None
    is_same = user is not None and attempt.password_hash == user.password_hash is not None
    if user is None or not user.is_active or not is_same:
        return turn_away(session, SYSTEM, attempt=attempt, now=now)
    forgive(session, attempt)
    if old_hash:
        queries.end_visit(session, old_hash, now=now)
    if user.totp_sealed:
        kind = SessionKind.SECOND_FACTOR
        opened = sessions.open_visit(
            session, kind=kind, user_id=user.id, place=attempt.place, now=now
        )
        return Entry(SignIn.SECOND_FACTOR, opened)
    return welcome(session, user, place=attempt.place, now=now)


def welcome(session: Session, user: User, *, place: Place, now: datetime) -> Entry:
    """Open a staff visit for somebody who has proved everything, and record it."""
    opened = sessions.open_visit(
        session, kind=SessionKind.STAFF, user_id=user.id, place=place, now=now
    )
    row = queries.visit(session, signing.digest(opened.secret))
    who = sessions.actor_of(session, user, visit=row)
    audit.record(session, who, "session.opened", now=now, subject=row)
    return Entry(SignIn.OPENED, opened)


@verb(Permission.SYSTEM_RUN, audit="session.refused")
def turn_away(session: Session, actor: Actor, *, attempt: Knock, now: datetime) -> Entry:
    """Leave the attempt counted, and record it.

    What was typed as a name is not kept: people type their password there.
    """
    user = session.get(User, attempt.user_id) if attempt.user_id else None
    who = replace(actor, ip=attempt.place.ip)
    audit.record(session, who, "session.refused", now=now, subject=user)
    return Entry(SignIn.WRONG)
