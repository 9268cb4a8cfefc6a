"""Personal values in the log: one key a person, so that erasing the key erases the values.

The chain runs over the ciphertext and stays whole when a key is gone.
"""

import base64
import json
import secrets
from collections.abc import Collection, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import Session, col, select

from core import signing
from core.audit.models import AuditKey
from core.audit.rules import canonical
from core.db import insert_or_skip
from core.errors import Invalid

_USE = "audit-key"
_NONCE_LENGTH = 12
_SEALED = "sealed"


def protected(session: Session, contact_id: int, values: Mapping[str, object]) -> dict[str, object]:
    """Return the values encrypted under this person's key; empty once the person is erased."""
    return {_SEALED: protected_text(session, contact_id, canonical(values).decode())}


def protected_text(session: Session, contact_id: int, text: str) -> str:
    """Return the text encrypted under this person's key; empty once the person is erased."""
    key = _key(session, contact_id) or _new_key(session, contact_id)
    if not key:
        return ""
    nonce = secrets.token_bytes(_NONCE_LENGTH)
    raw = nonce + AESGCM(key).encrypt(nonce, text.encode(), _bound(contact_id))
    return base64.b64encode(raw).decode()


def revealed(
    session: Session, contact_id: int, values: Mapping[str, object]
) -> dict[str, object] | None:
    """Return what `protected` was given, or None when it cannot be read any more."""
    text = revealed_text(session, contact_id, str(values.get(_SEALED, "")))
    if text is None:
        return None
    found: dict[str, object] = json.loads(text)
    return found


def revealed_text(session: Session, contact_id: int, sealed: str) -> str | None:
    """Return what `protected_text` was given, or None when it cannot be read any more."""
    key = _key(session, contact_id)
    if not key or not sealed:
        return None
    try:
        raw = base64.b64decode(sealed)
        nonce, body = raw[:_NONCE_LENGTH], raw[_NONCE_LENGTH:]
        return AESGCM(key).decrypt(nonce, body, _bound(contact_id)).decode()
    except (InvalidTag, ValueError):
        return None


def destroy_key(session: Session, contact_id: int) -> None:
    """Make every value written about this person unreadable, now and for what may come."""
    _kept(session).pop(contact_id, None)
    row = session.get(AuditKey, contact_id)
    if row is None:
        session.add(AuditKey(contact_id=contact_id, sealed=None))
    else:
        row.sealed = None
    session.flush()


def is_readable(session: Session, contact_id: int) -> bool:
    """Return whether what is written about this person can be read; True before anything is."""
    return _key(session, contact_id) != b""


def load_keys(session: Session, contact_ids: Collection[int]) -> None:
    """Have the keys of these people at hand, read in one query."""
    statement = select(AuditKey).where(col(AuditKey.contact_id).in_(set(contact_ids)))
    for row in session.exec(statement):
        _kept(session)[row.contact_id] = _opened(row)


def _key(session: Session, contact_id: int) -> bytes | None:
    """Return the person's key; None where there is none yet, empty where it was destroyed."""
    kept = _kept(session)
    if contact_id not in kept:
        row = session.get(AuditKey, contact_id)
        if row is None:
            return None
        kept[contact_id] = _opened(row)
    return kept[contact_id]


def _new_key(session: Session, contact_id: int) -> bytes | None:
    if contact_id in _kept(session):  # destroyed
        return None
    text = base64.b64encode(AESGCM.generate_key(256)).decode()
    row: dict[str, object] = {"contact_id": contact_id, "sealed": signing.seal(_USE, text)}
    session.execute(insert_or_skip(session, AuditKey, [row]))
    return _key(session, contact_id)  # another transaction's key, where that one was first


def _opened(row: AuditKey) -> bytes:
    if row.sealed is None:
        return b""
    try:
        return base64.b64decode(signing.unseal(_USE, row.sealed))
    except Invalid:  # a backup restored without the secret key: unreadable, not broken
        return b""


def _kept(session: Session) -> dict[int, bytes]:
    kept: dict[int, bytes] = session.info.setdefault("audit_keys", {})
    return kept


def _bound(contact_id: int) -> bytes:
    return f"contact/{contact_id}".encode()
