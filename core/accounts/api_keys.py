"""Keys for other programs: shown once, kept hashed, limited to what they were made for."""

import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core import signing
from core.access.service import require_on, verb
from core.access.terms import Actor, DepartmentKind, Grant, Permission, Role
from core.accounts import queries
from core.accounts.models import ApiKey
from core.accounts.rules import TOUCH_EVERY, UNGRANTABLE
from core.accounts.terms import NewApiKey
from core.audit import service as audit
from core.errors import Invalid, NotFound
from core.i18n.text import stored_line
from core.organisation.models import Department

MARK = "chp"
PREFIX_SIZE = 10


@dataclass(frozen=True)
class MadeKey:
    """A key that was just made; `text` is what the program sends, and kept nowhere."""

    row: ApiKey
    text: str


@verb(Permission.APIKEY_EDIT, audit="apikey.created")
def create_api_key(session: Session, actor: Actor, *, given: NewApiKey, now: datetime) -> MadeKey:
    """Return a new key. It can do no more than its scopes, and no more than its maker may."""
    name = stored_line(given.name)
    _check(session, actor, given, name=name, now=now)
    prefix = _prefix()
    secret = signing.new_secret()
    row = ApiKey(
        name=name,
        prefix=prefix,
        hash=signing.digest(secret),
        scopes=sorted(scope.value for scope in given.scopes),
        department_id=given.department_id,
        created_by_id=actor.id if actor.kind == "user" else None,
        expires_at=given.expires_at,
        created_at=now,
    )
    session.add(row)
    session.flush()
    audit.record(
        session, actor, "apikey.created", now=now, subject=row, name=name,
        department_id=given.department_id, after={"scopes": row.scopes},
    )  # fmt: skip
    return MadeKey(row, f"{MARK}_{prefix}_{secret}")


def _prefix() -> str:
    """Letters and digits only, so that the key splits at its underscores."""
    letters = [sign for sign in signing.new_secret() if sign.isalnum()]
    return "".join(letters[:PREFIX_SIZE])


def _check(session: Session, actor: Actor, given: NewApiKey, *, name: str, now: datetime) -> None:
    if not name:
        raise Invalid("apikey.empty_name", field="name")
    if not given.scopes:
        raise Invalid("apikey.no_scope", field="scopes")
    if given.scopes & UNGRANTABLE:
        raise Invalid("apikey.bad_scope", field="scopes")
    if given.expires_at is not None and given.expires_at <= now:
        raise Invalid("apikey.already_over", field="expires_at")
    if given.department_id is not None and session.get(Department, given.department_id) is None:
        raise NotFound("account.no_department")
    for scope in given.scopes:
        require_on(actor, scope, department_id=given.department_id)


@verb(Permission.APIKEY_EDIT, audit="apikey.revoked")
def revoke_api_key(session: Session, actor: Actor, *, key_id: int, now: datetime) -> None:
    """Make the key worthless from the next call on."""
    row = session.get(ApiKey, key_id)
    if row is None:
        raise NotFound("apikey.missing")
    row.revoked_at = row.revoked_at or now
    session.add(row)
    audit.record(session, actor, "apikey.revoked", now=now, subject=row, name=row.name)


@verb(Permission.APIKEY_EDIT, audit=None)
def list_api_keys(session: Session, _actor: Actor) -> list[ApiKey]:
    """Return all keys, the newest first; none of them can be read back."""
    return list(queries.api_keys(session))


@verb(Permission.SYSTEM_RUN, audit=None)
def resolve_api_key(session: Session, _actor: Actor, *, text: str, now: datetime) -> Actor | None:
    """Return the actor a key speaks for, or None when it is false, over or revoked."""
    mark, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    is_formed = mark == MARK and prefix.isascii() and prefix.isalnum()
    row = queries.api_key(session, prefix) if is_formed else None
    if row is None or not hmac.compare_digest(row.hash, signing.digest(secret)):
        return None
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        return None
    return Actor(
        kind="api_key",
        id=row.id,
        name=row.name,
        grants=_grants(session, row),
        scopes=frozenset(Permission(scope) for scope in row.scopes if scope in _KNOWN),
        language="en",
    )


_KNOWN = frozenset(permission.value for permission in Permission)


def _grants(session: Session, row: ApiKey) -> tuple[Grant, ...]:
    """A key of the organisation reaches every department, a key of a department only its own.

    The scopes say what it may do there.
    """
    if row.department_id is None:
        return (Grant(0, DepartmentKind.OTHER, Role.ADMINISTRATOR),)
    place = session.get(Department, row.department_id)
    if place is None or not place.is_active:
        return ()
    return (Grant(place.id, place.kind, Role.MANAGER),)


@verb(Permission.SYSTEM_RUN, audit=None)
def touch_api_key(session: Session, _actor: Actor, *, key_id: int, now: datetime) -> None:
    """Note that the key is in use; at most one write a minute."""
    queries.touch_key(session, key_id, now=now, before=now - TOUCH_EVERY)
