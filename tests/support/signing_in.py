"""Signing in step by step, at a moment of the test's choosing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import pyotp
import pytest
from argon2 import PasswordHasher

from core import signing
from core.access.terms import SYSTEM, Actor, Role
from core.accounts import passwords, second_factor, sessions, sign_in
from core.accounts.models import User
from core.accounts.sessions import Opened, Place, Visit
from core.accounts.sign_in import Entry
from core.accounts.terms import SignIn
from core.db import reading, transaction
from tests.support.cast import make_organisation, make_user

GOOD = "vault otter cobalt mitten"
OTHER = "lantern walnut drizzle sofa"
HOME, AWAY = Place("198.51.100.7", "Firefox"), Place("203.0.113.9", "curl")


class Counting:
    """Counts how often a password is really compared; quick, because nothing here is secret."""

    def __init__(self) -> None:
        self.inner = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
        self.hash = self.inner.hash
        self.compared = 0

    def verify(self, kept: str, given: bytes) -> bool:
        self.compared += 1
        return self.inner.verify(kept, given)


@contextmanager
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counting]:
    """Have passwords compared quickly, and count it."""
    made = Counting()
    monkeypatch.setattr(passwords, "_hasher", made)
    passwords._dummy.cache_clear()
    yield made
    passwords._dummy.cache_clear()


def registered(now: datetime) -> User:
    """An organisation, and its administrator nasrin with the password GOOD."""
    with transaction() as session:
        make_organisation(session)
        made = make_user(session, "nasrin", Role.ADMINISTRATOR)
        passwords.set_password(session, SYSTEM, user_id=made.id, password=GOOD, now=now)
    return made


def enter(
    login: str, password: str, *, now: datetime, place: Place = HOME, old: str | None = None
) -> Entry:
    """The three steps of the door, at a moment of the test's choosing."""
    with transaction() as session:
        attempt = sign_in.knock(session, SYSTEM, login=login, place=place, now=now)
    if attempt.wait:
        return Entry(SignIn.WAIT, wait=attempt.wait)
    is_right = passwords.matches(attempt.password_hash, password)
    with transaction() as session:
        if not is_right:
            return sign_in.turn_away(session, SYSTEM, attempt=attempt, now=now)
        return sign_in.let_in(session, SYSTEM, attempt=attempt, old_hash=old, now=now)


def visit_of(opened: Opened | None, *, now: datetime) -> Visit | None:
    assert opened is not None
    with reading() as session:
        return sessions.resolve_session(
            session, session_hash=signing.digest(opened.secret), now=now
        )


@dataclass(frozen=True)
class Turned:
    """The secret of the authenticator, and the codes that were shown once."""

    secret: str
    codes: tuple[str, ...]


def turn_on(user: User, *, now: datetime) -> Turned:
    """Turn the second factor on for this person."""
    with transaction() as session:
        actor = sessions.actor_of(session, user)
        offer = second_factor.start_totp(session, actor, now=now)
        code = pyotp.TOTP(offer.secret).at(now)
        codes = second_factor.confirm_totp(session, actor, sealed=offer.sealed, code=code, now=now)
    return Turned(offer.secret, codes)


def turn_off(user: User, *, password: str, now: datetime) -> None:
    with transaction() as session:
        actor = sessions.actor_of(session, user)
        attempt = passwords.knock_again(session, actor, now=now)
    with transaction() as session:
        second_factor.disable_totp(session, actor, attempt=attempt, password=password, now=now)


def change_password(actor: Actor, *, current: str, password: str, now: datetime) -> None:
    """The two steps of the page: the attempt is noted before the password is looked at."""
    with transaction() as session:
        attempt = passwords.knock_again(session, actor, now=now)
    with transaction() as session:
        passwords.change_own_password(
            session, actor, attempt=attempt, current=current, password=password, now=now
        )


def give(opened: Opened | None, code: str, *, now: datetime, place: Place = HOME) -> Entry:
    assert opened is not None
    with transaction() as session:
        return second_factor.confirm_second_factor(
            session, SYSTEM, session_hash=signing.digest(opened.secret), code=code, place=place,
            now=now,
        )  # fmt: skip
