"""The minute: every lane is swept, clocks are moved on and the audit log is sealed.

Each chore is an errand of its own, so that one that fails stops no other. All of them may run
twice, on any number of workers.
"""

from huey import crontab

from core import clock
from core.alerts import service as alerts
from core.audit import sealing
from core.db import reading, transaction
from core.messages import outcomes
from core.people import service as people
from core.schedule import service as schedule
from tasks.cleaning import plan_nights
from tasks.queue import errand, huey
from tasks.wake import LANES, wake


@errand(priority=7)
def fire_schedules() -> None:
    """Turn schedules whose time has come into runs."""
    with transaction() as session:
        plan_nights(session)
        schedule.tick(session, now=clock.now())


@errand(priority=7)
def remind() -> None:
    """Compare every rule with what is in stock, and tell open alerts again where a rule says so."""
    with transaction() as session:
        alerts.settle(session, now=clock.now())
        alerts.tell(session, now=clock.now())
        alerts.nag(session, now=clock.now())


@errand(priority=7)
def take_over() -> None:
    """Take over messages whose worker is gone."""
    with transaction() as session:
        outcomes.reap(session, now=clock.now())


@errand(priority=4)
def switch_addresses() -> None:
    """Give employees who have started their address of the organisation."""
    with transaction() as session:
        people.switch_addresses(session, now=clock.now())


@errand(priority=2)
def seal_audit() -> None:
    """Seal the new rows of the audit log and anchor the head of the chain."""
    count = 1
    while count:
        with transaction() as session:
            count = sealing.seal(session, now=clock.now())
    with reading() as session:
        sealing.anchor(session, now=clock.now())


CHORES = (fire_schedules, remind, take_over, switch_addresses, seal_audit)


@huey.periodic_task(crontab(minute="*", strict=True), name="tasks.tick.tick")  # type: ignore[untyped-decorator]
def tick() -> None:
    """Ask for every chore and for a sweep of every lane."""
    for chore in CHORES:
        chore.poke()
    for lane in LANES:
        wake(lane)
