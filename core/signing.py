"""Dated tokens bound to a purpose, sealed secrets, and hashes of what is shown once."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import Invalid
from core.settings import settings

OLD_KEY_LIFE = timedelta(days=400)
_ID_BYTES = 8
_MAC_BYTES = 16
_NAME_BYTES = 4


@lru_cache(maxsize=64)
def _derived(key: bytes, use: str) -> bytes:
    return hmac.new(key, f"chapar/{use}".encode(), hashlib.sha256).digest()


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"id" + key).digest()[:1]


def _mac(key: bytes, purpose: str, body: bytes) -> bytes:
    message = purpose.encode() + b"\0" + body
    return hmac.new(_derived(key, "token"), message, hashlib.sha256).digest()[:_MAC_BYTES]


def token(purpose: str, row_id: int) -> str:
    """Return a link token for one row and one purpose: key id, 8-byte id, 16-byte keyed MAC."""
    _, key = settings().signing_keys()[0]
    body = row_id.to_bytes(_ID_BYTES, "big")
    return _text(_key_id(key) + body + _mac(key, purpose, body))


def row_id(purpose: str, text: str, *, now: datetime) -> int | None:
    """Return the row a token speaks of, or None when it is false, foreign or too old."""
    raw = _bytes(text)
    if len(raw) != 1 + _ID_BYTES + _MAC_BYTES:
        return None
    body, mac = raw[1 : 1 + _ID_BYTES], raw[1 + _ID_BYTES :]
    for position, (_, key) in enumerate(settings().signing_keys()):
        is_alive = position == 0 or now - settings().signing_keys()[position - 1][0] < OLD_KEY_LIFE
        known = _key_id(key) == raw[:1] and hmac.compare_digest(_mac(key, purpose, body), mac)
        if is_alive and known:
            return int.from_bytes(body, "big")
    return None


def new_nonce() -> str:
    """Return random text that names the present key: what `secret_of` makes a secret from."""
    _, key = settings().signing_keys()[0]
    return _text(_name(key) + secrets.token_bytes(16))


def secret_of(use: str, nonce: str) -> str:
    """Return the 256-bit secret of a nonce, which only this installation can compute.

    The nonce may lie where others read it. Raises Invalid `secret.unreadable` under a foreign key.
    """
    raw = _bytes(nonce)
    for _, key in settings().signing_keys():
        if hmac.compare_digest(_name(key), raw[:_NAME_BYTES]):
            message = use.encode() + b"\0" + raw
            return _text(hmac.new(_derived(key, "nonce"), message, hashlib.sha256).digest())
    raise Invalid("secret.unreadable")


def _name(key: bytes) -> bytes:
    return hashlib.sha256(b"name" + key).digest()[:_NAME_BYTES]


def new_secret() -> str:
    """Return 256 random bits as text, for what is shown once and stored hashed."""
    return _text(secrets.token_bytes(32))


def digest(secret: str) -> str:
    """Return the hex SHA-256 of a secret of full entropy (sessions, keys, one-time links)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def keyed_digest(use: str, text: str) -> str:
    """Return a hex digest that only this installation can compute."""
    _, key = settings().signing_keys()[0]
    return hmac.new(_derived(key, use), text.encode(), hashlib.sha256).hexdigest()


def seal(use: str, plain: str) -> str:
    """Return the text encrypted for storage, bound to its use."""
    _, key = settings().signing_keys()[0]
    nonce = secrets.token_bytes(12)
    return _text(nonce + AESGCM(_derived(key, use)).encrypt(nonce, plain.encode(), use.encode()))


def unseal(use: str, sealed: str) -> str:
    """Return the text that was sealed; raises Invalid `secret.unreadable` under a foreign key."""
    raw = _bytes(sealed)
    for _, key in settings().signing_keys():
        try:
            box = AESGCM(_derived(key, use))
            return box.decrypt(raw[:12], raw[12:], use.encode()).decode()
        except (InvalidTag, ValueError):
            continue
    raise Invalid("secret.unreadable")


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
