"""Passwords: hashing, the list of common ones, and the verbs that set them.

Whoever is asked for the password again knocks first (`knock_again`), in a transaction of its own:
the attempt stays counted when the verb that looks at the password refuses it.
"""

import math
import threading
import unicodedata
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import Session

from core import signing
from core.access.service import verb
from core.access.terms import Actor, Permission
from core.accounts import queries, sign_in
from core.accounts.models import User
from core.accounts.rules import ACCOUNT_CAP, PASSWORD_MAX, PASSWORD_MIN, password_fault
from core.accounts.sessions import Place
from core.accounts.sign_in import Knock
from core.audit import service as audit
from core.errors import Invalid, NotFound, TooMany

PRODUCT_WORDS = ("chapar", "چاپار")
_COMMON = Path(__file__).with_name("common_passwords.txt")
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_turn = threading.BoundedSemaphore(4)  # 19 MiB each: a crowd at the door must not fill the memory


def hashed(password: str) -> str:
    """Return the argon2id hash of a password."""
    with _turn:
        return _hasher.hash(_bytes(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Return whether the password is the right one.

    Without a hash the same work is done on a dummy, so that an unknown name takes as long as a
    known one. A password beyond the limit is compared as an empty one: equal work, no megabytes.
    """
    given = password if len(password) <= PASSWORD_MAX else ""
    with _turn:
        try:
            _hasher.verify(password_hash or _dummy(), _bytes(given))
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None and given == password


def _bytes(password: str) -> bytes:
    """Two keyboards may compose é differently: it is the same password."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


@lru_cache(maxsize=1)
def _dummy() -> str:
    return _hasher.hash(signing.new_secret())


@lru_cache(maxsize=1)
def common() -> frozenset[str]:
    """Return the known passwords in their comparable form."""
    return frozenset(_COMMON.read_text(encoding="utf-8").split())


def check(session: Session, user: User, password: str) -> None:
    """Raise Invalid `password.<fault>` unless this person may use this password."""
    words = (*PRODUCT_WORDS, queries.organisation_name(session), user.login, user.name)
    fault = password_fault(password, words=words, common=common())
    if fault is not None:
        raise Invalid(
            f"password.{fault.value}", field="password", least=PASSWORD_MIN, most=PASSWORD_MAX
        )


def store(
    session: Session, user: User, password: str, *, now: datetime, keep: str | None = None
) -> None:
    """Give the account this password; all its visits but `keep` and all its links end with it."""
    check(session, user, password)
    user.password_hash = hashed(password)
    user.version += 1
    session.add(user)
    session.flush()
    queries.end_visits(session, user.id, now=now, keep=keep)
    queries.void_links(session, user.id, now=now)


@verb(Permission.USER_EDIT, audit="password.set")
def set_password(
    session: Session, actor: Actor, *, user_id: int, password: str, now: datetime
) -> None:
    """Give somebody a password; whoever was signed in with the old one is signed out."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("account.missing")
    store(session, user, password, now=now)
    audit.record(session, actor, "password.set", now=now, subject=user, name=user.name)


@verb(Permission.SELF_EDIT, audit="password.changed")
def change_own_password(
    session: Session, actor: Actor, *, attempt: Knock, current: str, password: str, now: datetime
) -> None:
    """Change my password; my other visits end, this one goes on. attempt: of `knock_again`."""
    user = own_account(session, actor)
    prove(session, user, current, attempt=attempt)
    store(session, user, password, now=now, keep=actor.session_hash)
    audit.record(session, actor, "password.changed", now=now, subject=user, name=user.name)


def own_account(session: Session, actor: Actor) -> User:
    """Return the account of the actor; raises NotFound when the actor is not a person."""
    user = session.get(User, actor.id) if actor.kind == "user" and actor.id else None
    if user is None:
        raise NotFound("account.missing")
    return user


@verb(Permission.SELF_EDIT, audit=None)
def knock_again(session: Session, actor: Actor, *, now: datetime) -> Knock:
    """Note that I am about to give my password once more; wrong ones slow down as at the door.

    Raises TooMany `auth.wait` when it would not be looked at.
    """
    user = own_account(session, actor)
    account = signing.keyed_digest("password-again", str(user.id))
    attempt = Knock(account, Place(ip=actor.ip or ""), user_id=user.id)
    attempt = sign_in.note_attempt(session, attempt, cap=ACCOUNT_CAP, now=now)
    if attempt.wait:
        seconds = math.ceil(attempt.wait.total_seconds())
        raise TooMany("auth.wait", field="current", count=seconds, retry_after_s=seconds)
    return attempt


def prove(session: Session, user: User, password: str, *, attempt: Knock) -> None:
    """Forgive the attempt; raises Invalid `password.wrong` unless this is the person's password."""
    is_mine = attempt.user_id == user.id and not attempt.wait
    if not is_mine or not matches(user.password_hash, password):
        raise Invalid("password.wrong", field="current")
    sign_in.forgive(session, attempt)
