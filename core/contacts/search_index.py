"""The index people are searched by: pieces of three characters over contact.search_key.

On PostgreSQL it is an index of the column and always in step. On SQLite it is a table beside it:
triggers note who changed, single acts index at once, and a task takes what is left in batches.
Whatever it says is checked against the person's own search key, so that lagging behind can hide
somebody for a minute but never shows a wrong one.
"""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, text
from sqlmodel import Session

from core import outbox
from core.db import is_sqlite

LANE = "contacts:search"
BATCH = 20_000

_SQLITE = (
    """
CREATE VIRTUAL TABLE IF NOT EXISTS contact_search USING fts5(
key, tokenize='trigram case_sensitive 1', detail=none, columnsize=0)
""",
    "CREATE TABLE IF NOT EXISTS contact_search_due (contact_id INTEGER PRIMARY KEY)",
)
_TRIGGER = """
CREATE TRIGGER IF NOT EXISTS contact_search_{act} AFTER {when} BEGIN
INSERT INTO contact_search_due SELECT {row}.id
WHERE NOT EXISTS (SELECT 1 FROM contact_search_due WHERE contact_id = {row}.id); END
"""
_ACTS = (
    ("added", "INSERT ON contact", "new"),
    ("changed", "UPDATE OF search_key ON contact WHEN old.search_key IS NOT new.search_key", "new"),
    ("removed", "DELETE ON contact", "old"),
)
_POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX IF NOT EXISTS contact_search_trgm ON contact USING gin (search_key gin_trgm_ops)",
)
_DUE = "SELECT contact_id FROM contact_search_due ORDER BY contact_id LIMIT :batch"
_CHOSEN = "SELECT id FROM contact WHERE id IN :ids"
_FORGET = "DELETE FROM contact_search WHERE rowid IN ({chosen})"
_TAKE = (
    "INSERT INTO contact_search (rowid, key)"
    " SELECT id, ' ' || search_key FROM contact WHERE id IN ({chosen})"
)
_DONE = "DELETE FROM contact_search_due WHERE contact_id IN ({chosen})"
_MATCH = "SELECT rowid FROM contact_search WHERE contact_search MATCH :pieces LIMIT :limit"


def create_search(connection: Connection) -> None:
    """Make the index and what keeps it in step; idempotent. People who are there are noted."""
    for statement in statements(connection.dialect.name):
        connection.execute(text(statement))


def statements(dialect: str) -> list[str]:
    """Return the SQL that `create_search` runs on this kind of store."""
    if dialect == "sqlite":
        triggers = [_TRIGGER.format(act=act, when=when, row=row) for act, when, row in _ACTS]
        return [*_SQLITE, *triggers]
    return list(_POSTGRESQL)


def index(session: Session, contact_ids: Collection[int]) -> None:
    """Bring these people into step now."""
    if not contact_ids or not is_sqlite(session):
        return
    session.flush()
    for template in (_FORGET, _TAKE, _DONE):
        statement = text(template.format(chosen=_CHOSEN))
        session.execute(
            statement.bindparams(bindparam("ids", expanding=True)), {"ids": list(contact_ids)}
        )


def drain(session: Session, *, batch: int = BATCH) -> int:
    """Bring up to so many people into step and return how many were waiting of them."""
    if not is_sqlite(session):
        return 0
    for template in (_FORGET, _TAKE):
        session.execute(text(template.format(chosen=_DUE)), {"batch": batch})
    done = session.execute(
        text(_DONE.format(chosen=_DUE) + " RETURNING contact_id"), {"batch": batch}
    )
    return len(done.all())


def waiting_count(session: Session) -> int:
    """Return how many people the index does not know as they are now."""
    if not is_sqlite(session):
        return 0
    return int(session.execute(text("SELECT count(*) FROM contact_search_due")).scalar_one())


def poke(session: Session) -> None:
    """Have the index brought into step soon after this transaction."""
    outbox.poke(session, LANE)


def candidates(session: Session, pieces: Collection[str], *, limit: int) -> list[int] | None:
    """Return the people in whose key all pieces are; None where the index cannot narrow it.

    That is so on PostgreSQL, which uses its index by itself, and where more than `limit` have
    them: then a walk in the order of the list finds a page of them sooner.
    """
    if not pieces or not is_sqlite(session):
        return None
    quoted = " AND ".join('"' + piece.replace('"', '""') + '"' for piece in pieces)
    found = session.execute(text(_MATCH), {"pieces": quoted, "limit": limit + 1}).scalars().all()
    return None if len(found) > limit else [int(one) for one in found]
