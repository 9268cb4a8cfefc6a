"""Links that work once. Looking at one changes nothing; only a POST uses it up.

A mail with such a link waits in the store without it: its values hold a nonce, and the link is
made of that and the installation's key when the mail is written (`opened`).
"""

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

_SEALED, _HIDDEN = "one-time:", "hidden"
OUTSIDE = frozenset({"copy", "erasure"})
"""What links are for that lead people outside to pages of their own, away from the staff's door."""


@dataclass(frozen=True)
class SealedLink:
    """A new link to one person. Its secret is part of the address and kept nowhere else.

    sealed: what a mail to that person keeps in place of the address; of no use to who reads it.
    """

    address: str
    secret: str
    sealed: str


def sealed_link(purpose: str, *, contact_id: int | None) -> SealedLink:
    """Return a new link of this purpose. Whoever asks for it keeps its hash, and when it ends."""
    nonce = signing.new_nonce()
    secret = _secret(purpose, nonce, contact_id=contact_id)
    return SealedLink(_address(purpose, secret), secret, f"{_SEALED}{purpose}:{nonce}")


@dataclass(frozen=True)
class MadeLink:
    """A link into an account that was just made (`SealedLink`), and how long it works."""

    id: int
    address: str
    secret: str
    sealed: str
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
    user = session.get(User, user_id) if user_id else None
    made = sealed_link(purpose.value, contact_id=user.contact_id if user else None)
    row = OneTimeLink(
        hash=signing.digest(made.secret),
        purpose=purpose,
        user_id=user_id,
        expires_at=now + LINK_LIFE[purpose],
        created_at=now,
    )
    session.add(row)
    session.flush()
    return MadeLink(row.id, made.address, made.secret, made.sealed, row.expires_at)


def opened(text: str, *, contact_id: int | None) -> str:
    """Return the address that a sealed link in a mail to this person stands for.

    Any other text stays as it is. In a mail to somebody else it becomes a link that does not work.
    """
    if not text.startswith(_SEALED):
        return text
    purpose, _, nonce = text.removeprefix(_SEALED).partition(":")
    return _address(purpose, _secret(purpose, nonce, contact_id=contact_id))


def blanked(text: str) -> str:
    """Return a link as it may be shown to others: a sealed one without its secret."""
    if not text.startswith(_SEALED):
        return text
    return _address(text.removeprefix(_SEALED).partition(":")[0], _HIDDEN)


def _secret(purpose: str, nonce: str, *, contact_id: int | None) -> str:
    """Bound to the person, so that a sealed link copied into another mail is worthless."""
    return signing.secret_of(f"link/{purpose}/{contact_id or 0}", nonce)


def _address(purpose: str, last: str) -> str:
    if purpose in OUTSIDE:
        return f"{settings().link_url}/p/{purpose}/{last}"
    return f"{settings().site_url}/auth/{purpose}/{last}"


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
