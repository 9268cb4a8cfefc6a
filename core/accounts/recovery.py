"""Codes for whoever has not got the authenticator: ten, each good for one visit.

They are shown once and kept hashed. Eighty random bits each, so a plain hash is enough.
"""

import secrets
from datetime import datetime

from sqlmodel import Session

from core import signing
from core.access.service import verb
from core.access.terms import Actor, Permission
from core.accounts import passwords, queries
from core.accounts.models import User
from core.accounts.rules import RECOVERY_COUNT, RECOVERY_GROUPS, RECOVERY_SIGNS, recovery_code
from core.accounts.sign_in import Knock
from core.audit import service as audit
from core.errors import Conflict

_GROUP = 4


@verb(Permission.SELF_EDIT, audit="second_factor.codes_renewed")
def renew_codes(
    session: Session, actor: Actor, *, attempt: Knock, password: str, now: datetime
) -> tuple[str, ...]:
    """Return ten new codes of mine; the old ones are worthless. Asks for the password again."""
    user = passwords.own_account(session, actor)
    if not user.totp_sealed:
        raise Conflict("second_factor.is_off")
    passwords.prove(session, user, password, attempt=attempt)
    codes = made(session, user, now=now)
    audit.record(
        session, actor, "second_factor.codes_renewed", now=now, subject=user, name=user.name
    )
    return codes


@verb(Permission.SELF_EDIT, audit=None)
def count_codes(session: Session, actor: Actor) -> int:
    """Return how many codes of mine are left."""
    return queries.code_count(session, passwords.own_account(session, actor).id)


def made(session: Session, user: User, *, now: datetime) -> tuple[str, ...]:
    """Return ten new codes in place of all that were. A building block of verbs that record."""
    codes = tuple(_code() for _ in range(RECOVERY_COUNT))
    hashes = [_hash(user.id, code) for code in codes]
    queries.replace_codes(session, user.id, hashes, now=now)
    return codes


def spend(session: Session, user: User, typed: str, *, now: datetime) -> bool:
    """Use up a code; False when it is none of this person's, or was used before."""
    return queries.use_code(session, user.id, _hash(user.id, typed), now=now)


def _code() -> str:
    groups = (
        "".join(secrets.choice(RECOVERY_SIGNS) for _ in range(_GROUP))
        for _ in range(RECOVERY_GROUPS)
    )
    return "-".join(groups)


def _hash(user_id: int, typed: str) -> str:
    return signing.digest(f"{user_id}:{recovery_code(typed)}")
