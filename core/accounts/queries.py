"""Statements over staff accounts, their visits, links, failed attempts and keys."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import CursorResult, delete, func, update
from sqlmodel import Session, col, select

from core.access.terms import Grant, Role
from core.accounts.models import (
    ApiKey,
    LoginAttempt,
    LoginSession,
    Membership,
    OneTimeLink,
    RecoveryCode,
    User,
)
from core.accounts.rules import CAP_WINDOW, FORGET_AFTER, KNOWN_PLACE_FOR, Failures
from core.accounts.terms import LinkPurpose, SessionKind
from core.db import is_sqlite
from core.organisation.models import Department, Organisation


def user_named(session: Session, login: str) -> User | None:
    """Return the account with this login name."""
    return session.exec(select(User).where(User.login == login)).first()


def user_of_contact(session: Session, contact_id: int) -> User | None:
    """Return the account of this person."""
    return session.exec(select(User).where(User.contact_id == contact_id)).first()


def users(session: Session) -> Sequence[User]:
    """Return all accounts, by name."""
    return session.exec(select(User).order_by(col(User.name), col(User.id))).all()


def grants(session: Session, user_id: int) -> tuple[Grant, ...]:
    """Return the rights of this account in departments that are in use."""
    statement = (
        select(Membership, Department)
        .join(Department, col(Department.id) == col(Membership.department_id))
        .where(Membership.user_id == user_id, col(Department.is_active).is_(True))
        .order_by(col(Membership.id))
    )
    rows = session.exec(statement).all()
    return tuple(Grant(place.id, place.kind, held.role, held.team) for held, place in rows)


def memberships(session: Session, user_ids: Collection[int]) -> Sequence[Membership]:
    """Return the memberships of these accounts in the order they were given."""
    statement = select(Membership).where(col(Membership.user_id).in_(user_ids))
    return session.exec(statement.order_by(col(Membership.id))).all()


def drop_memberships(session: Session, user_id: int) -> None:
    """Take all roles from this account."""
    session.execute(delete(Membership).where(col(Membership.user_id) == user_id))


def administrators(session: Session) -> set[int]:
    """Return the accounts in use that hold the administrator's role, locked until the commit.

    The lock keeps two administrators from taking the role from each other at the same moment;
    on SQLite the one writer is lock enough.
    """
    statement = (
        select(User)
        .join(Membership, col(Membership.user_id) == col(User.id))
        .where(col(User.is_active).is_(True), Membership.role == Role.ADMINISTRATOR)
        .with_for_update(of=User)
    )
    return {user.id for user in session.exec(statement).all()}


def has_administrator(session: Session) -> bool:
    """Return whether somebody can sign in as an administrator."""
    statement = (
        select(User.id)
        .join(Membership, col(Membership.user_id) == col(User.id))
        .where(
            col(User.is_active).is_(True),
            col(User.password_hash).is_not(None),
            Membership.role == Role.ADMINISTRATOR,
        )
    )
    return session.exec(statement.limit(1)).first() is not None


def organisation_name(session: Session) -> str:
    """Return the organisation's name, or nothing before set-up."""
    found = session.get(Organisation, 1)
    return found.name if found else ""


def visit(session: Session, session_hash: str) -> LoginSession | None:
    """Return the visit with this hash, ended or not."""
    return session.exec(select(LoginSession).where(LoginSession.hash == session_hash)).first()


def open_visits(session: Session, user_id: int, *, now: datetime) -> Sequence[LoginSession]:
    """Return the staff visits of this account that were not ended, newest use first."""
    statement = select(LoginSession).where(
        LoginSession.user_id == user_id,
        LoginSession.kind == SessionKind.STAFF,
        col(LoginSession.revoked_at).is_(None),
        LoginSession.expires_at > now,
    )
    return session.exec(statement.order_by(col(LoginSession.last_seen_at).desc())).all()


def last_seen(session: Session) -> dict[int, datetime]:
    """Return when each account was last in use."""
    latest = func.max(LoginSession.last_seen_at)
    statement = select(LoginSession.user_id, latest).where(
        LoginSession.kind == SessionKind.STAFF, col(LoginSession.user_id).is_not(None)
    )
    rows = session.exec(statement.group_by(col(LoginSession.user_id))).all()
    return {user_id: moment for user_id, moment in rows if user_id is not None}


def touch(session: Session, session_hash: str, *, now: datetime, before: datetime) -> bool:
    """Note that the visit was in use now, unless that was noted after `before`."""
    statement = (
        update(LoginSession)
        .where(
            col(LoginSession.hash) == session_hash,
            col(LoginSession.revoked_at).is_(None),
            col(LoginSession.last_seen_at) < before,
        )
        .values(last_seen_at=now)
    )
    return _count(session.execute(statement)) == 1


def end_visit(session: Session, session_hash: str, *, now: datetime) -> bool:
    """End this visit; True when it had not ended before."""
    statement = (
        update(LoginSession)
        .where(col(LoginSession.hash) == session_hash, col(LoginSession.revoked_at).is_(None))
        .values(revoked_at=now)
    )
    return _count(session.execute(statement)) == 1


def end_visits(session: Session, user_id: int, *, now: datetime, keep: str | None = None) -> int:
    """End the visits of this account but the one with the hash `keep`; return how many."""
    statement = (
        update(LoginSession)
        .where(
            col(LoginSession.user_id) == user_id,
            col(LoginSession.revoked_at).is_(None),
            col(LoginSession.hash) != (keep or ""),
        )
        .values(revoked_at=now)
    )
    return _count(session.execute(statement))


def end_setup(session: Session, *, now: datetime) -> None:
    """End every set-up visit and take back every set-up link."""
    session.execute(
        update(LoginSession)
        .where(col(LoginSession.kind) == SessionKind.SETUP, col(LoginSession.revoked_at).is_(None))
        .values(revoked_at=now)
    )
    void_setup_links(session, now=now)


def void_setup_links(session: Session, *, now: datetime) -> None:
    """Take back every set-up link that was not used."""
    session.execute(
        update(OneTimeLink)
        .where(col(OneTimeLink.purpose) == LinkPurpose.SETUP, col(OneTimeLink.used_at).is_(None))
        .values(used_at=now)
    )


def void_links(session: Session, user_id: int, *, now: datetime) -> None:
    """Take back every link of this account that was not used."""
    session.execute(
        update(OneTimeLink)
        .where(col(OneTimeLink.user_id) == user_id, col(OneTimeLink.used_at).is_(None))
        .values(used_at=now)
    )


def link(
    session: Session, link_hash: str, purpose: LinkPurpose, *, now: datetime
) -> OneTimeLink | None:
    """Return the link when it is for this purpose, unused and not too old."""
    statement = select(OneTimeLink).where(
        OneTimeLink.hash == link_hash,
        OneTimeLink.purpose == purpose,
        col(OneTimeLink.used_at).is_(None),
        OneTimeLink.expires_at > now,
    )
    return session.exec(statement).first()


def use_link(session: Session, link_id: int, *, now: datetime) -> bool:
    """Mark the link as used; True for exactly one caller."""
    statement = (
        update(OneTimeLink)
        .where(col(OneTimeLink.id) == link_id, col(OneTimeLink.used_at).is_(None))
        .values(used_at=now)
    )
    return _count(session.execute(statement)) == 1


def take_step(session: Session, user_id: int, step: int) -> bool:
    """Note the step of a code as used; False when it, or a later one, was used before."""
    statement = (
        update(User)
        .where(col(User.id) == user_id, col(User.totp_last_step) < step)
        .values(totp_last_step=step)
    )
    return _count(session.execute(statement)) == 1


def code_count(session: Session, user_id: int) -> int:
    """Return how many recovery codes of this account were not used."""
    statement = select(func.count()).select_from(RecoveryCode)
    mine = (RecoveryCode.user_id == user_id, col(RecoveryCode.used_at).is_(None))
    return session.exec(statement.where(*mine)).one()


def replace_codes(
    session: Session, user_id: int, hashes: Collection[str], *, now: datetime
) -> None:
    """Give the account these recovery codes and no others."""
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user_id))
    session.add_all(RecoveryCode(user_id=user_id, hash=one, created_at=now) for one in hashes)
    session.flush()


def use_code(session: Session, user_id: int, code_hash: str, *, now: datetime) -> bool:
    """Mark the recovery code as used; True for exactly one caller."""
    statement = (
        update(RecoveryCode)
        .where(
            col(RecoveryCode.user_id) == user_id,
            col(RecoveryCode.hash) == code_hash,
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=now)
    )
    return _count(session.execute(statement)) == 1


def lock_account(session: Session, account: str) -> None:
    """Let attempts at one account be counted one after the other, until the commit.

    On SQLite the one writer is lock enough.
    """
    if not is_sqlite(session):
        session.execute(select(func.pg_advisory_xact_lock(int(account[:15], 16))))


def failures(
    session: Session, *, account: str, ip: str, user_id: int | None, now: datetime
) -> Failures:
    """Return the failed attempts that the next one is judged by."""
    at, recent = col(LoginAttempt.at), LoginAttempt.at > now - CAP_WINDOW
    here = (LoginAttempt.account == account, LoginAttempt.ip == ip, at > now - FORGET_AFTER)
    here_count, here_last_at = session.exec(
        select(func.count(), func.max(LoginAttempt.at)).where(*here)
    ).one()
    return Failures(
        here_count=here_count,
        here_last_at=here_last_at,
        account_count=_attempts(session, LoginAttempt.account == account, recent),
        address_count=_attempts(session, LoginAttempt.ip == ip, recent),
        total_count=_attempts(session, recent),
        is_known_place=_is_known_place(session, user_id=user_id, ip=ip, now=now),
    )


def _attempts(session: Session, *conditions: bool) -> int:
    return session.exec(select(func.count()).select_from(LoginAttempt).where(*conditions)).one()


def _is_known_place(session: Session, *, user_id: int | None, ip: str, now: datetime) -> bool:
    statement = select(LoginSession.id).where(
        LoginSession.user_id == user_id,
        LoginSession.kind == SessionKind.STAFF,
        LoginSession.ip == ip,
        LoginSession.created_at > now - KNOWN_PLACE_FOR,
    )
    return user_id is not None and session.exec(statement.limit(1)).first() is not None


def forget_attempts(session: Session, *, account: str, ip: str) -> None:
    """Forgive what failed before the success of this account from this address."""
    session.execute(
        delete(LoginAttempt).where(col(LoginAttempt.account) == account, col(LoginAttempt.ip) == ip)
    )


def drop_old(session: Session, *, now: datetime) -> int:
    """Delete attempts, visits and links that decide nothing any more; return how many rows."""
    past = (
        delete(LoginAttempt).where(col(LoginAttempt.at) < now - FORGET_AFTER),
        delete(LoginSession).where(col(LoginSession.expires_at) < now - KNOWN_PLACE_FOR),
        delete(OneTimeLink).where(col(OneTimeLink.expires_at) < now - KNOWN_PLACE_FOR),
    )
    return sum(_count(session.execute(statement)) for statement in past)


def api_keys(session: Session) -> Sequence[ApiKey]:
    """Return all keys, the newest first."""
    return session.exec(select(ApiKey).order_by(col(ApiKey.id).desc())).all()


def api_key(session: Session, prefix: str) -> ApiKey | None:
    """Return the key with this prefix, whatever its state."""
    return session.exec(select(ApiKey).where(ApiKey.prefix == prefix)).first()


def live_key_count(session: Session, user_id: int, *, now: datetime) -> int:
    """Return how many keys that still work were made by this account."""
    statement = select(func.count()).select_from(ApiKey).where(
        ApiKey.created_by_id == user_id, col(ApiKey.revoked_at).is_(None),
        col(ApiKey.expires_at).is_(None) | (col(ApiKey.expires_at) > now),
    )  # fmt: skip
    return session.exec(statement).one()


def touch_key(session: Session, key_id: int, *, now: datetime, before: datetime) -> None:
    """Note that the key was used now, unless that was noted after `before`."""
    used = col(ApiKey.last_used_at)
    session.execute(
        update(ApiKey)
        .where(col(ApiKey.id) == key_id, used.is_(None) | (used < before))
        .values(last_used_at=now)
    )


def _count(result: object) -> int:
    assert isinstance(result, CursorResult)  # noqa: S101 - an UPDATE or DELETE answers so
    return int(result.rowcount)
