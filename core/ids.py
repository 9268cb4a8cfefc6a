"""Ids that leave the system: time-ordered, unguessable, with a prefix that names the thing."""

import secrets
from datetime import datetime
from uuid import UUID

_VARIANTS = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))


def uuid7(now: datetime) -> UUID:
    """Return a version 7 UUID (RFC 9562): 48 bits of milliseconds, then 74 random bits."""
    milliseconds = int(now.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64
    value |= 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)


def public_id(prefix: str, now: datetime) -> str:
    """Return for example `msg_0199…`, 36 characters at most for prefixes of up to three letters."""
    return f"{prefix}_{uuid7(now).hex}"


def public_ids(prefix: str, now: datetime, count: int) -> list[str]:
    """Return ids as `public_id` makes them, many at once, in ascending order."""
    head = f"{prefix}_{int(now.timestamp() * 1000) & 0xFFFF_FFFF_FFFF:012x}7"
    noise = secrets.token_hex(10 * count)
    return sorted(
        f"{head}{noise[at : at + 3]}{_VARIANTS[noise[at + 3]]}{noise[at + 4 : at + 19]}"
        for at in range(0, 20 * count, 20)
    )
