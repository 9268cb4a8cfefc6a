"""What an erasure leaves in files: the store's journal is written back once it is committed.

Pages of the store are overwritten as they are freed (`secure_delete`); the journal beside it would
still hold what stood there before. PostgreSQL cleans up by itself.
"""

import logging
from contextlib import closing

from sqlalchemy import event, text
from sqlmodel import Session

from core.db import engine, is_sqlite

log = logging.getLogger(__name__)
_WANTED = "scrub"
PATIENCE_MS = 5_000


def overwrite(session: Session) -> None:
    """Have what this transaction removes overwritten, and the journal emptied after it."""
    if is_sqlite(session):
        session.execute(text("PRAGMA secure_delete = ON"))
        session.info[_WANTED] = True


def empty_journal() -> bool:
    """Write the journal back into the store and empty it; False where somebody reads from it."""
    with closing(engine().raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
        blocked = bool(cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
        cursor.execute("PRAGMA busy_timeout = 15000")
    return not blocked


@event.listens_for(Session, "after_commit")
def _scrub(session: Session) -> None:
    if session.info.pop(_WANTED, False) and not empty_journal():
        log.warning("the journal is in use; it is emptied tonight")


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_WANTED, None)
