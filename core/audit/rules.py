"""Pure arithmetic of the log: canonical text, keyed signatures, the chain and its anchors.

A signature is `<key id>:<hex HMAC-SHA256>`, so that a row signed by a key that this installation
no longer has is told from a forged one.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import lru_cache
from math import isfinite

from core.audit.terms import Anchor, Fault, Finding, SealedRow

GENESIS = "-"
"""What stands before the first seal."""

ANCHOR_ROWS = 1_000
ANCHOR_AGE = timedelta(hours=1)
WAIT = timedelta(minutes=10)
"""How long a row may be without a seal before that is a finding."""

_KEY_ID_LENGTH = 8
_ANCHOR_FIELDS = 4
_NOT_CONTENT = frozenset({"id", "signature"})


def plain(value: object) -> object:
    """Return the value as JSON keeps it on any store: no date, enum, set or NUL is left in it."""
    match value:
        case Mapping():
            return {text(str(key)): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            items = value if isinstance(value, list | tuple) else sorted(value, key=str)
            return [plain(item) for item in items]
        case Enum():
            return plain(value.value)
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date() | time():
            return value.isoformat()
        case _:
            return _scalar(value)


def _scalar(value: object) -> object:
    match value:
        case None | bool() | int():
            return value
        case float() if isfinite(value):
            return int(value) if value.is_integer() else value  # as JSONB writes it
        case _:
            return text(str(value))


def text(value: str) -> str:
    """Return the text without what a store refuses: NUL and halves of characters."""
    return value.replace("\0", "").encode("utf-8", "replace").decode()


def canonical(values: Mapping[str, object]) -> bytes:
    """Return the one way to write these values down."""
    return json.dumps(
        plain(values), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def derived(master: bytes) -> bytes:
    """Return the key of the log, drawn from a signing key."""
    return hmac.new(master, b"chapar/audit", hashlib.sha256).digest()


@lru_cache(maxsize=64)
def key_id(key: bytes) -> str:
    """Return the name under which a key is written beside what it signed."""
    return hashlib.sha256(b"id" + key).hexdigest()[:_KEY_ID_LENGTH]


def signed(key: bytes, body: bytes) -> str:
    """Return the signature of the body."""
    return f"{key_id(key)}:{hmac.digest(key, body, 'sha256').hex()}"


def is_signed(keys: Sequence[bytes], body: bytes, signature: str) -> bool:
    """Return whether one of the keys made this signature of the body."""
    name = signature.partition(":")[0]
    return any(
        key_id(key) == name and hmac.compare_digest(signed(key, body), signature) for key in keys
    )


def is_foreign(keys: Sequence[bytes], signature: str) -> bool:
    """Return whether the signature names a key that is not among these."""
    return signature.partition(":")[0] not in {key_id(key) for key in keys}


def row_body(row: Mapping[str, object]) -> bytes:
    """Return what the signature of a row covers: every column but its number and signature."""
    content = {name: value for name, value in row.items() if name not in _NOT_CONTENT}
    return b"row\0" + canonical(content)


def link_body(position: int, row: Mapping[str, object], previous: str) -> bytes:
    """Return what a seal covers: its place, the whole row with its number, the seal before."""
    head = f"link\0{position}\0{row['id']}\0{row['signature']}\0{previous}\0"
    return head.encode() + row_body(row)


def is_own(keys: Sequence[bytes], row: Mapping[str, object]) -> bool:
    """Return whether the application wrote this row as it stands, or wrote it under a lost key."""
    signature = str(row["signature"])
    return is_foreign(keys, signature) or is_signed(keys, row_body(row), signature)


def check(keys: Sequence[bytes], chain: Iterable[SealedRow]) -> Iterator[Finding]:
    """Follow the chain from its beginning and yield what does not fit, first things first."""
    expected, previous = 1, {GENESIS}
    for link in chain:
        is_gap = link.position != expected
        if is_gap:
            yield Finding(Fault.MISSING, position=expected)
        fault = _fault(keys, link, previous)
        after_gap = is_gap and fault is Fault.REORDERED  # the seal before it is not there to tell
        if fault and not after_gap:
            yield Finding(fault, link.position, link.entry_id)
        meant = _meant(keys, link, previous) if fault is Fault.REORDERED else ()
        previous = {link.hash, *meant}
        expected = link.position + 1


def _fault(keys: Sequence[bytes], link: SealedRow, previous: set[str]) -> Fault | None:
    if link.row is None:
        return Fault.MISSING
    if is_foreign(keys, link.hash):
        return Fault.FOREIGN_KEY
    bodies = (link_body(link.position, link.row, before) for before in previous)
    is_ours = is_own(keys, link.row)
    if any(is_signed(keys, body, link.hash) for body in bodies):
        return None if is_ours else Fault.INSERTED
    return Fault.REORDERED if is_ours else Fault.ALTERED


def _meant(keys: Sequence[bytes], link: SealedRow, previous: set[str]) -> Iterator[str]:
    """Yield the seals this place should bear: a changed seal is not blamed on the row after it."""
    if link.row is not None:
        for before in previous:
            body = link_body(link.position, link.row, before)
            yield from (signed(key, body) for key in keys)


def anchor_body(at: datetime, position: int, head: str) -> bytes:
    """Return what the signature of an anchor covers."""
    return f"anchor\0{at.isoformat()}\0{position}\0{head}".encode()


def is_anchor_due(*, position: int, last: Anchor | None, now: datetime) -> bool:
    """Return whether the head of the chain should be written down outside the store."""
    if last is None:
        return position > 0
    new_count = position - last.position
    return new_count >= ANCHOR_ROWS or (new_count > 0 and now - last.at >= ANCHOR_AGE)


def anchor_fault(
    keys: Sequence[bytes], anchor: Anchor | None, *, head: int, seal: str | None
) -> Finding | None:
    """Return what an anchor says about the chain: head is its last place, seal the one named."""
    if anchor is None:
        return Finding(Fault.BAD_ANCHOR)
    if is_foreign(keys, anchor.signature):
        return Finding(Fault.FOREIGN_KEY, position=anchor.position)
    body = anchor_body(anchor.at, anchor.position, anchor.hash)
    if not is_signed(keys, body, anchor.signature):
        return Finding(Fault.BAD_ANCHOR, position=anchor.position)
    if anchor.position > head:
        return Finding(Fault.CUT, position=anchor.position)
    if seal != anchor.hash:
        return Finding(Fault.REWRITTEN, position=anchor.position)
    return None


def anchor_line(anchor: Anchor) -> str:
    """Return the anchor as one line of the file."""
    return f"{anchor.at.isoformat()} {anchor.position} {anchor.hash} {anchor.signature}\n"


def read_anchors(lines: Iterable[str]) -> list[Anchor | None]:
    """Return the anchors of the file, in order; None for a line that is not one."""
    return [_read_anchor(line.split()) for line in lines]


def _read_anchor(fields: list[str]) -> Anchor | None:
    if len(fields) != _ANCHOR_FIELDS:
        return None
    at, position, head, signature = fields
    try:
        return Anchor(datetime.fromisoformat(at), int(position), head, signature)
    except ValueError:
        return None
