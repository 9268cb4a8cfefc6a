"""What is done once a night: drop what nobody needs any more and let the files shrink."""

from datetime import time, timedelta

from sqlalchemy import text
from sqlmodel import Session

from core import clock
from core.access.terms import SYSTEM
from core.accounts import sessions
from core.audit import sealing
from core.db import engine, transaction
from core.jobs import runs
from core.messages import queries as messages
from core.schedule import service as schedule
from core.schedule.terms import Daily, LeasedRun
from core.settings import settings

KIND = "cleaning"
AT = time(3, 20)
LEDGER_LIFE = timedelta(days=100)
"""Longer than any window of a frequency cap."""


def clean(_run: LeasedRun) -> None:
    """Drop ended visits and old links, forgotten uploads and slots that no cap counts any more."""
    now = clock.now()
    with transaction() as session:
        sessions.drop_old(session, SYSTEM, now=now)
    with transaction() as session:
        runs.sweep(session, now=now)
    with transaction() as session:
        messages.purge_ledger(session, before=now - LEDGER_LIFE)
    with transaction() as session:
        sealing.seal_stragglers(session, now=now)
    _shrink()


def plan_cleaning(session: Session) -> None:
    """Have the nightly cleaning in the plan, at a quiet local hour."""
    zone = settings().time_zone
    schedule.ensure(session, kind=KIND, repeat=Daily(at=AT), time_zone=zone, now=clock.now())


def _shrink() -> None:
    """Write the journal back into the file; under load it grows past 100 MB otherwise."""
    if engine().dialect.name == "sqlite":
        with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
