"""Lanes touched in a transaction; the waker is told after the commit, never before.

A lost poke costs a minute, not a mail: sweepers find every due row.
"""

import logging
from collections.abc import Callable

from sqlalchemy import event
from sqlmodel import Session

log = logging.getLogger(__name__)
Waker = Callable[[str], None]
_wakers: list[Waker] = []


def bind(waker: Waker) -> None:
    """Make `waker` the one that is told, after a commit, which lanes have work."""
    _wakers[:] = [waker]


def poke(session: Session, lane: str) -> None:
    """Have the waker told about this lane once this transaction is committed."""
    session.info.setdefault("lanes", set()).add(lane)


@event.listens_for(Session, "after_commit")
def _tell(session: Session) -> None:
    for lane in sorted(session.info.pop("lanes", ())):
        for wake in _wakers:
            try:
                wake(lane)
            except Exception:  # noqa: BLE001 - the row is safe; the sweeper comes within a minute
                log.warning("wake of lane %s failed; the sweeper will find its rows", lane)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop("lanes", None)
