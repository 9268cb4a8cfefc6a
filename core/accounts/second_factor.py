"""The second factor: six digits from an authenticator, each good for one use.

Without the authenticator a recovery code does the same (`recovery`).
"""

import hmac
import json
from dataclasses import dataclass
from datetime import datetime

import pyotp
import segno
from sqlmodel import Session

from core import signing
from core.access.service import verb
from core.access.terms import Actor, Permission
from core.accounts import passwords, queries, recovery, sessions, sign_in
from core.accounts.models import User
from core.accounts.rules import CODE_CAP, OFFER_LIFE
from core.accounts.sessions import Place
from core.accounts.sign_in import Entry, Knock
from core.accounts.terms import SessionKind, SignIn
from core.audit import service as audit
from core.errors import Conflict, Invalid, NotFound
from core.i18n.digits import to_ascii

STEP_S = 30
NEIGHBOURS = (0, -1, 1)
"""Steps that count beside the present one: clocks differ, and people type slowly."""
_USE, _OFFER = "totp", "totp-offer"


@dataclass(frozen=True)
class TotpOffer:
    """A secret to be put into an authenticator, by picture or by hand.

    sealed: what `confirm_totp` wants back. Nothing is stored until a code has proved it.
    """

    sealed: str
    secret: str
    address: str

    def picture(self) -> str:
        """Return the address as a QR code, an SVG for an <img> as a data address."""
        return str(segno.make(self.address, error="m").svg_data_uri(scale=5, border=3))


@verb(Permission.SELF_EDIT, audit=None)
def start_totp(session: Session, actor: Actor, *, now: datetime) -> TotpOffer:
    """Return a new secret for my authenticator."""
    user = passwords.own_account(session, actor)
    if user.totp_sealed:
        raise Conflict("second_factor.is_on")
    secret = pyotp.random_base32(32)
    issuer = queries.organisation_name(session) or "Chapar"
    address = pyotp.TOTP(secret).provisioning_uri(name=user.login, issuer_name=issuer)
    offer = {"user": user.id, "at": now.timestamp(), "secret": secret}
    return TotpOffer(signing.seal(_OFFER, json.dumps(offer)), secret, address)


@verb(Permission.SELF_EDIT, audit="second_factor.turned_on")
def confirm_totp(
    session: Session, actor: Actor, *, sealed: str, code: str, now: datetime
) -> tuple[str, ...]:
    """Turn the second factor on, now that a code has shown that the authenticator works.

    Returns my recovery codes, which cannot be read again. My other visits end: they were opened
    with less.
    """
    user = passwords.own_account(session, actor)
    if user.totp_sealed:
        raise Conflict("second_factor.is_on")
    offer = json.loads(signing.unseal(_OFFER, sealed))
    if offer["user"] != user.id or now.timestamp() - offer["at"] > OFFER_LIFE.total_seconds():
        raise Invalid("second_factor.offer_over", field="code")
    step = matching_step(offer["secret"], code, now=now)
    if step is None:
        raise Invalid("second_factor.wrong", field="code")
    user.totp_sealed, user.totp_last_step = signing.seal(_USE, offer["secret"]), step
    _changed(session, actor, user, act="second_factor.turned_on", now=now)
    return recovery.made(session, user, now=now)


@verb(Permission.SELF_EDIT, audit="second_factor.turned_off")
def disable_totp(
    session: Session, actor: Actor, *, attempt: Knock, password: str, now: datetime
) -> None:
    """Turn my second factor off; asks for the password again. attempt: of `knock_again`."""
    user = passwords.own_account(session, actor)
    passwords.prove(session, user, password, attempt=attempt)
    _take_off(session, user, now=now)
    _changed(session, actor, user, act="second_factor.turned_off", now=now)


@verb(Permission.USER_EDIT, audit="second_factor.reset")
def reset_totp(session: Session, actor: Actor, *, user_id: int, now: datetime) -> None:
    """Turn somebody's second factor off: the way back for who has lost the telephone."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("account.missing")
    _take_off(session, user, now=now)
    _changed(session, actor, user, act="second_factor.reset", now=now)


def _take_off(session: Session, user: User, *, now: datetime) -> None:
    user.totp_sealed, user.totp_last_step = None, 0
    queries.replace_codes(session, user.id, (), now=now)


def _changed(session: Session, actor: Actor, user: User, *, act: str, now: datetime) -> None:
    user.version += 1
    session.add(user)
    session.flush()
    queries.end_visits(session, user.id, now=now, keep=actor.session_hash)
    audit.record(session, actor, act, now=now, subject=user, name=user.name)


@verb(Permission.SYSTEM_RUN, audit="session.opened")
def confirm_second_factor(
    session: Session, actor: Actor, *, session_hash: str, code: str, place: Place, now: datetime
) -> Entry:
    """Open the visit of whoever gave the password before and the right code now.

    A code opens one visit: the step it belongs to, and all before, are spent. So is a recovery
    code, which is accepted in its place.
    """
    user = _awaited(session, session_hash, now)
    if user is None or not user.totp_sealed:
        raise NotFound("session.missing")
    attempt = Knock(signing.keyed_digest("second-factor", str(user.id)), place, user_id=user.id)
    attempt = sign_in.note_attempt(session, attempt, cap=CODE_CAP, now=now)
    if attempt.wait:
        return Entry(SignIn.WAIT, wait=attempt.wait)
    if not _is_good(session, user, user.totp_sealed, code=code, now=now):
        return sign_in.turn_away(session, actor, attempt=attempt, now=now)
    sign_in.forgive(session, attempt)
    queries.end_visit(session, session_hash, now=now)
    return sign_in.welcome(session, user, place=place, now=now)


def _is_good(session: Session, user: User, sealed: str, *, code: str, now: datetime) -> bool:
    """Spend the code; a recovery code is recorded, since each is there once."""
    step = matching_step(signing.unseal(_USE, sealed), code, now=now)
    if step is not None:
        return queries.take_step(session, user.id, step)
    if not recovery.spend(session, user, code, now=now):
        return False
    who = sessions.actor_of(session, user)
    left = {"code_count": queries.code_count(session, user.id)}
    act = "second_factor.recovered"
    audit.record(session, who, act, now=now, subject=user, name=user.name, after=left)
    return True


def _awaited(session: Session, session_hash: str, now: datetime) -> User | None:
    """Return whose code this visit waits for."""
    visit = sessions.resolve_session(session, session_hash=session_hash, now=now)
    if visit is None or visit.kind is not SessionKind.SECOND_FACTOR:
        return None
    return session.get(User, visit.session.user_id)


def matching_step(secret: str, code: str, *, now: datetime) -> int | None:
    """Return the step this code belongs to, in any digits, or None when it is wrong."""
    given = "".join(to_ascii(code).split()).encode("utf-8", "replace")
    present, totp = int(now.timestamp()) // STEP_S, pyotp.TOTP(secret)
    for step in (present + offset for offset in NEIGHBOURS):
        if hmac.compare_digest(totp.generate_otp(step).encode(), given):
            return step
    return None
