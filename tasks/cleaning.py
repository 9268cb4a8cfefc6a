"""What is done once a night: drop what nobody needs any more and let the files shrink."""

from contextlib import closing
from datetime import datetime, time, timedelta

from sqlmodel import Session

from core import clock
from core.access.terms import SYSTEM
from core.accounts import sessions
from core.audit import sealing
from core.commerce import lifecycle
from core.db import engine, reading, transaction
from core.delivery import queries as delivery
from core.http.api import kept
from core.jobs import runs
from core.messages import queries as messages
from core.people import service as people
from core.privacy import retention
from core.reactions import service as reactions
from core.schedule import service as schedule
from core.schedule.terms import Daily, LeasedRun
from core.settings import settings

CLEANING, PLANS = "cleaning", "plans"
NIGHTLY = {CLEANING: time(3, 20), PLANS: time(3, 40)}
"""Quiet local hours; what a night missed is done once, later."""

LEDGER_LIFE = timedelta(days=100)
"""Longer than any window of a frequency cap."""


def clean(_run: LeasedRun) -> None:
    """Drop what is over: visits, links, forgotten uploads, uncounted slots, old captured mail."""
    now = clock.now()
    with transaction() as session:
        sessions.drop_old(session, SYSTEM, now=now)
    with transaction() as session:
        runs.sweep(session, now=now)
    with transaction() as session:
        kept.forget_old(session, SYSTEM, now=now)
    with transaction() as session:
        messages.purge_ledger(session, before=now - LEDGER_LIFE)
    with transaction() as session:
        reactions.forget_networks(session, now=now)
    _empty_mailbox(before=now - timedelta(days=settings().capture_days))
    _keep_periods(now)
    _renew_lifecycles(now)
    with transaction() as session:
        sealing.seal_stragglers(session, now=now)
    _shrink()


def _empty_mailbox(*, before: datetime) -> None:
    count = 1
    while count:
        with transaction() as session:
            count = delivery.drop_captured(session, before=before)


def _renew_lifecycles(now: datetime) -> None:
    """Bring everybody's stage into step, in batches that let mail through."""
    after_id, is_over = 0, False
    while not is_over:
        with transaction() as session:
            after_id = lifecycle.renew_next(session, after_id=after_id, now=now)
        is_over = not after_id


def _keep_periods(now: datetime) -> None:
    """Drop what was kept as long as somebody decided, in batches that let mail through."""
    with reading() as session:
        periods = retention.in_force(session)
    for period in periods:
        count = 1
        while count:
            with transaction() as session:
                count = retention.drop_old(session, period, now=now)


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
