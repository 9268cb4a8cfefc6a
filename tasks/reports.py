"""Do what schedules have fired: each kind of schedule has one function that does it."""

import logging
from collections.abc import Callable

from core import clock
from core.db import transaction
from core.schedule import service as schedule
from core.schedule.terms import LeasedRun
from tasks.cleaning import CLEANING, PLANS, clean, renew_plans
from tasks.queue import errand

log = logging.getLogger(__name__)
HANDLERS: dict[str, Callable[[LeasedRun], None]] = {
    CLEANING: clean,
    PLANS: renew_plans,
}


@errand(priority=2)
def run_schedules() -> None:
    """Do the runs that are due, one after the other; a failed one is written down as failed."""
    while run := _lease():
        error = _attempt(run)
        with transaction() as session:
            schedule.finish(session, run, now=clock.now(), error=error)


def _lease() -> LeasedRun | None:
    with transaction() as session:
        return next(iter(schedule.lease(session, limit=1, now=clock.now())), None)


def _attempt(run: LeasedRun) -> str:
    handler = HANDLERS.get(run.kind)
    if handler is None:
        log.error("nobody does schedules of kind %s", run.kind)
        return f"no handler for {run.kind}"
    try:
        handler(run)
    except Exception as error:
        log.exception("run %s of a schedule failed", run.id)
        return f"{type(error).__name__}"
    return ""
