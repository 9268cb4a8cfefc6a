"""Signing in from end to end: the transactions around a password that is checked between them."""

from core import clock
from core.access.terms import SYSTEM
from core.accounts import passwords, sign_in
from core.accounts.sessions import Place
from core.accounts.sign_in import Entry
from core.accounts.terms import SignIn
from core.db import transaction


def enter(login: str, password: str, *, place: Place, old_hash: str | None) -> Entry:
    """Return how the attempt ended.

    Whoever is named, the same work is done: one note, one hashing, one record. Who has to wait
    is told so before anything is hashed.
    """
    with transaction() as session:
        attempt = sign_in.knock(session, SYSTEM, login=login, place=place, now=clock.now())
    if attempt.wait:
        return Entry(SignIn.WAIT, wait=attempt.wait)
    is_right = passwords.matches(attempt.password_hash, password)
    with transaction() as session:
        if not is_right:
            return sign_in.turn_away(session, SYSTEM, attempt=attempt, now=clock.now())
        return sign_in.let_in(session, SYSTEM, attempt=attempt, old_hash=old_hash, now=clock.now())
