"""Links that work once. Looking at one changes nothing; only a POST uses it up."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core import signing
from core.access.service import verb
from core.access.terms import Actor, Permission
from core.accounts import passwords, queries, sessions
from core.accounts.models import OneTimeLink, User
from core.accounts.rules import LINK_LIFE
from core.accounts.sessions import Opened, Place
from core.accounts.terms import LinkPurpose, SessionKind
from core.audit import service as audit
from core.errors import Conflict, NotFound
from core.settings import settings


@dataclass(frozen=True)
class MadeLink:
    """A link that was just made. Its secret is part of the address and kept nowhere else."""

    id: int
    address: str
    secret: str
    expires_at: datetime


@dataclass(frozen=True)
class LinkView:
    """What the page behind a link that works may show."""

    purpose: LinkPurpose
    name: str = ""
    login: str = ""


def make_link(
    session: Session, *, purpose: LinkPurpose, user_id: int | None, now: datetime
) -> MadeLink:
    """Make a link. The address begins with the configured one, whatever a request claims.

    A building block: the verbs that mail or print it ask for permission and record.
    """
    secret = signing.new_secret()
    row = OneTimeLink(
        hash=signing.digest(secret),
        purpose=purpose,
        user_id=user_id,
        expires_at=now + LINK_LIFE[purpose],
        created_at=now,
    )
    session.add(row)
    session.flush()
    address = f"{settings().site_url}/auth/{purpose.value}/{secret}"
    return MadeLink(row.id, address, secret, row.expires_at)


@verb(Permission.SYSTEM_RUN, audit="setup.link_made")
def make_setup_link(session: Session, _actor: Actor, *, now: datetime) -> MadeLink:
    """Make the link that opens set-up; those made before stop working.

    Raises Conflict `account.has_administrator` once somebody can sign in: from then on signing in
    is the way into the wizard.
    """
    if queries.has_administrator(session):
        raise Conflict("account.has_administrator")
    queries.void_setup_links(session, now=now)
    return make_link(session, purpose=LinkPurpose.SETUP, user_id=None, now=now)


@verb(Permission.SYSTEM_RUN, audit=None)
def peek_link(
    session: Session, _actor: Actor, *, secret: str, purpose: LinkPurpose, now: datetime
) -> LinkView | None:
    """Return what the link is for, or None when it does not work (any more)."""
    found = _usable(session, secret=secret, purpose=purpose, now=now)
    if found is None:
        return None
    user = session.get(User, found.user_id) if found.user_id else None
    return LinkView(purpose, user.name, user.login) if user else LinkView(purpose)


@verb(Permission.SYSTEM_RUN, audit="setup.opened")
def open_setup(
    session: Session, _actor: Actor, *, secret: str, place: Place, now: datetime
) -> Opened:
    """Use up the set-up link and open the set-up visit. Raises NotFound `link.dead`."""
    _use(session, secret=secret, purpose=LinkPurpose.SETUP, now=now)
    return sessions.open_visit(session, kind=SessionKind.SETUP, user_id=None, place=place, now=now)


@verb(Permission.SYSTEM_RUN, audit="password.set_by_link")
def accept_password(
    session: Session,
    _actor: Actor,
    *,
    secret: str,
    purpose: LinkPurpose,
    password: str,
    now: datetime,
) -> None:
    """Use up the link and set the password; nobody is signed in by this.

    All visits of the account end, and a second factor is asked for as ever. Raises NotFound
    `link.dead`, or Invalid `password.<fault>`, which leaves the link as it was.
    """
    found = _use(session, secret=secret, purpose=purpose, now=now)
    user = session.get(User, found.user_id) if found.user_id else None
    if user is None:
        raise NotFound("link.dead")
    passwords.store(session, user, password, now=now)
    who = sessions.actor_of(session, user)
    audit.record(session, who, "password.set_by_link", now=now, subject=user, name=user.name)


def _use(session: Session, *, secret: str, purpose: LinkPurpose, now: datetime) -> OneTimeLink:
    found = _usable(session, secret=secret, purpose=purpose, now=now)
    if found is None or not queries.use_link(session, found.id, now=now):
        raise NotFound("link.dead")
    return found


def _usable(
    session: Session, *, secret: str, purpose: LinkPurpose, now: datetime
) -> OneTimeLink | None:
    found = queries.link(session, signing.digest(secret), purpose, now=now)
    if found is None:
        return None
    if purpose is LinkPurpose.SETUP:
        return None if queries.has_administrator(session) else found
    user = session.get(User, found.user_id) if found.user_id else None
    return found if user is not None and user.is_active else None
