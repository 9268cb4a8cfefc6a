"""What is done once a night: drop what nobody needs any more and let the files shrink."""

from contextlib import closing
from datetime import time, timedelta

from sqlmodel import Session

from core import clock
from core.access.terms import SYSTEM
from core.accounts import sessions
from core.audit import sealing
from core.db import engine, transaction
from core.http.api import once
from core.jobs import runs
from core.messages import queries as messages
from core.people import service as people
from core.schedule import service as schedule
from core.schedule.terms import Daily, LeasedRun
from core.settings import settings

CLEANING, PLANS = "cleaning", "plans"
NIGHTLY = {CLEANING: time(3, 20), PLANS: time(3, 40)}
"""Quiet local hours; what a night missed is done once, later."""

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
        once.forget_old(session, SYSTEM, now=now)
    with transaction() as session:
        messages.purge_ledger(session, before=now - LEDGER_LIFE)
    with transaction() as session:
        sealing.seal_stragglers(session, now=now)
    _shrink()


def renew_plans(_run: LeasedRun) -> None:
    """Bring the first days of employees in line with holidays, hours and mails as they are now."""
    with transaction() as session:
        people.refresh_plans(session, SYSTEM, now=clock.now())


def plan_nights(session: Session) -> None:
    """Have what is done once a night among the schedules."""
    zone, now = settings().time_zone, clock.now()
    for kind, at in NIGHTLY.items():
        schedule.ensure(session, kind=kind, repeat=Daily(at=at), time_zone=zone, now=now)


def _shrink() -> None:
    """Write the journal back into the file; under load it grows past 100 MB otherwise."""
    if engine().dialect.name == "sqlite":
        with closing(engine().raw_connection()) as connection:  # no BEGIN: it would hold itself up
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
