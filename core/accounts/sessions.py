"""Visits: open one, find out whose it is on every step, end one or all."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core import signing
from core.access.service import verb
from core.access.terms import SYSTEM, Actor, Permission
from core.accounts import queries
from core.accounts.models import LoginSession, User
from core.accounts.rules import CODE_LIMIT, TOUCH_EVERY, VISIT_LIMIT, is_live
from core.accounts.terms import SessionKind
from core.audit import service as audit
from core.errors import NotFound


@dataclass(frozen=True)
class Opened:
    """A visit that was just opened. The secret goes into the cookie and is kept nowhere."""

    kind: SessionKind
    secret: str
    user_id: int | None = None


@dataclass(frozen=True)
class Visit:
    """A visit that holds. Actor and user are None while nobody is signed in (set-up, code)."""

    session: LoginSession
    user: User | None = None
    actor: Actor | None = None

    @property
    def hash(self) -> str:
        """The name of the visit inside the system; worthless as a cookie."""
        return self.session.hash

    @property
    def kind(self) -> SessionKind:
        """What the visit may be used for."""
        return self.session.kind


@dataclass(frozen=True)
class Place:
    """Where a request comes from."""

    ip: str = ""
    agent: str = ""


def open_visit(
    session: Session, *, kind: SessionKind, user_id: int | None, place: Place, now: datetime
) -> Opened:
    """Open a visit under a new secret. A building block: the verbs around it ask and record."""
    secret = signing.new_secret()
    limit = CODE_LIMIT if kind is SessionKind.SECOND_FACTOR else VISIT_LIMIT
    row = LoginSession(
        hash=signing.digest(secret),
        kind=kind,
        user_id=user_id,
        last_seen_at=now,
        expires_at=now + limit,
        ip=place.ip[:45],
        user_agent=place.agent[:300],
        created_at=now,
    )
    session.add(row)
    session.flush()
    return Opened(kind, secret, user_id)


def resolve_session(session: Session, *, session_hash: str, now: datetime) -> Visit | None:
    """Return the visit when it holds at this moment, with the rights as they are now.

    Asked of the store on every request and every rerun: that is what makes signing somebody
    out, changing a role and leaving work at once. The hash is `signing.digest` of the cookie.
    """
    row = queries.visit(session, session_hash)
    if row is None or not _holds(row, now):
        return None
    if row.kind is SessionKind.SETUP:
        return None if queries.has_administrator(session) else Visit(row)
    user = session.get(User, row.user_id) if row.user_id else None
    if user is None or not user.is_active:
        return None
    if row.kind is SessionKind.SECOND_FACTOR:
        return Visit(row)
    return Visit(row, user, actor_of(session, user, visit=row))


def _holds(row: LoginSession, now: datetime) -> bool:
    return is_live(
        now=now,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )


def actor_of(session: Session, user: User, *, visit: LoginSession | None = None) -> Actor:
    """Return the person as an actor with the roles held now."""
    return Actor(
        kind="user",
        id=user.id,
        name=user.name,
        grants=queries.grants(session, user.id),
        contact_id=user.contact_id,
        session_hash=visit.hash if visit else None,
        ip=visit.ip if visit else None,
        language=user.language.value,
    )


def is_touch_due(visit: Visit, *, now: datetime) -> bool:
    """Return whether the last use noted is so long ago that it is worth a write."""
    return now - visit.session.last_seen_at >= TOUCH_EVERY


@verb(Permission.SYSTEM_RUN, audit=None)
def touch_session(session: Session, _actor: Actor, *, session_hash: str, now: datetime) -> bool:
    """Note that the visit is in use; at most one write a minute. False when nothing was due."""
    return queries.touch(session, session_hash, now=now, before=now - TOUCH_EVERY)


@verb(Permission.SYSTEM_RUN, audit="session.ended")
def sign_out(session: Session, _actor: Actor, *, session_hash: str, now: datetime) -> None:
    """End this visit. Nothing happens when it has ended before."""
    row = queries.visit(session, session_hash)
    if row is None or not queries.end_visit(session, session_hash, now=now):
        return
    user = session.get(User, row.user_id) if row.user_id else None
    who = actor_of(session, user, visit=row) if user else SYSTEM
    audit.record(session, who, "session.ended", now=now, subject=row)


@verb(Permission.SELF_EDIT, audit=None)
def list_own_sessions(session: Session, actor: Actor, *, now: datetime) -> list[LoginSession]:
    """Return my visits that hold; the present one has the hash of the actor."""
    return _living(session, _own_id(actor), now)


@verb(Permission.USER_VIEW, audit=None)
def list_sessions(
    session: Session, _actor: Actor, *, user_id: int, now: datetime
) -> list[LoginSession]:
    """Return somebody's visits that hold."""
    return _living(session, user_id, now)


def _living(session: Session, user_id: int, now: datetime) -> list[LoginSession]:
    rows = queries.open_visits(session, user_id, now=now)
    return [row for row in rows if _holds(row, now)]


@verb(Permission.SELF_EDIT, audit="session.revoked")
def revoke_own_session(session: Session, actor: Actor, *, session_id: int, now: datetime) -> None:
    """End one of my visits; somebody else's is not found."""
    _revoke(session, actor, session_id, owner_id=_own_id(actor), now=now)


@verb(Permission.SELF_EDIT, audit="session.all_revoked")
def revoke_other_sessions(session: Session, actor: Actor, *, now: datetime) -> int:
    """End all my visits but this one; return how many."""
    return queries.end_visits(session, _own_id(actor), now=now, keep=actor.session_hash)


@verb(Permission.USER_EDIT, audit="session.revoked")
def revoke_session(
    session: Session, actor: Actor, *, user_id: int, session_id: int, now: datetime
) -> None:
    """End one visit of somebody."""
    _revoke(session, actor, session_id, owner_id=user_id, now=now)


@verb(Permission.USER_EDIT, audit="session.all_revoked")
def revoke_all(session: Session, actor: Actor, *, user_id: int, now: datetime) -> int:
    """End all visits of somebody; return how many."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("account.missing")
    ended = queries.end_visits(session, user_id, now=now)
    audit.record(
        session, actor, "session.all_revoked", now=now, subject=user, name=user.name,
        after={"count": ended},
    )  # fmt: skip
    return ended


def _revoke(
    session: Session, actor: Actor, session_id: int, *, owner_id: int, now: datetime
) -> None:
    row = session.get(LoginSession, session_id)
    if row is None or row.user_id != owner_id:
        raise NotFound("session.missing")
    queries.end_visit(session, row.hash, now=now)
    audit.record(session, actor, "session.revoked", now=now, subject=row)


def _own_id(actor: Actor) -> int:
    if actor.kind != "user" or actor.id is None:
        raise NotFound("account.missing")
    return actor.id


@verb(Permission.SYSTEM_RUN, audit="setup.signed_in")
def bind_setup_session(
    session: Session, _actor: Actor, *, session_hash: str, user_id: int, now: datetime
) -> Visit:
    """Turn the set-up visit into the first administrator's own; the wizard goes on in it.

    The cookie keeps its secret. That is no fixation: the secret was made by the POST of a
    one-time link, so whoever holds it held the link. Every other set-up visit and link ends.
    """
    row, user = queries.visit(session, session_hash), session.get(User, user_id)
    is_setup = row is not None and row.kind is SessionKind.SETUP and _holds(row, now)
    if row is None or user is None or not is_setup:
        raise NotFound("session.missing")
    row.kind, row.user_id, row.last_seen_at = SessionKind.STAFF, user.id, now
    session.add(row)
    session.flush()
    queries.end_setup(session, now=now)
    actor = actor_of(session, user, visit=row)
    audit.record(session, actor, "setup.signed_in", now=now, subject=user, name=user.name)
    return Visit(row, user, actor)


@verb(Permission.SYSTEM_RUN, audit=None)
def drop_old(session: Session, _actor: Actor, *, now: datetime) -> int:
    """Delete failed attempts, visits and links that decide nothing any more."""
    return queries.drop_old(session, now=now)
