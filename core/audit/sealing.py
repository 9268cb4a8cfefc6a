"""The chain over the log: one sealer, and anchors of its head outside the store.

A row may become visible after a younger one (its transaction took longer), so places in the chain
are given in the order rows are seen, never by their numbers.
"""

import os
from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from core.audit import queries, rules
from core.audit.models import AuditEntry
from core.audit.terms import Anchor
from core.settings import settings

LOOK_BACK = 10_000
"""How far below the newest sealed row the minutely sealer looks for late ones."""

_BATCH = 2_000


def seal(session: Session, *, now: datetime) -> int:
    """Give the rows that have no seal yet their places; returns how many, at most 2,000.

    Looks 10,000 rows back; what committed even later is left to `seal_stragglers`.
    """
    return _seal(session, above=queries.newest_sealed_id(session) - LOOK_BACK, now=now)


def seal_stragglers(session: Session, *, now: datetime) -> int:
    """Do as `seal`, over the whole log."""
    return _seal(session, above=0, now=now)


def _seal(session: Session, *, above: int, now: datetime) -> int:
    if not queries.lock_sealer(session):
        return 0
    head = queries.last_seal(session)
    position, previous = (head.position, head.hash) if head else (0, rules.GENESIS)
    key, rows = keys()[0], []
    for entry in queries.unsealed(session, above=above, limit=_BATCH):
        position += 1
        previous = rules.signed(key, rules.link_body(position, content(entry), previous))
        rows.append(
            {"position": position, "entry_id": entry.id, "hash": previous, "sealed_at": now}
        )
    if rows:
        queries.insert_seals(session, rows)
    return len(rows)


def anchor(session: Session, *, now: datetime) -> bool:
    """Append the head of the chain to the anchor file when that is due; for after the commit."""
    head = queries.last_seal(session)
    last = next((found for found in reversed(anchors()) if found), None)
    if head is None or not rules.is_anchor_due(position=head.position, last=last, now=now):
        return False
    body = rules.anchor_body(now, head.position, head.hash)
    made = Anchor(now, head.position, head.hash, rules.signed(keys()[0], body))
    handle = os.open(anchor_file(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(rules.anchor_line(made))
        file.flush()
        os.fsync(file.fileno())
    return True


def anchor_file() -> Path:
    """Return where the anchors of this host lie."""
    return settings().data_dir / "audit-anchors.log"


def anchors() -> list[Anchor | None]:
    """Return the anchors of this host, oldest first; None for a line that is not one."""
    try:
        return rules.read_anchors(anchor_file().read_text(encoding="ascii").splitlines())
    except FileNotFoundError:
        return []


def keys() -> list[bytes]:
    """Return the keys of the log, newest first."""
    return [rules.derived(master) for _, master in settings().signing_keys()]


def content(entry: AuditEntry) -> dict[str, object]:
    """Return the row as the chain sees it."""
    return {name: getattr(entry, name) for name in AuditEntry.model_fields}
