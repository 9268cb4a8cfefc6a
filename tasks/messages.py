"""Send what is due, one thread a lane in each worker process; more power is more processes."""

import threading
import time
from collections import defaultdict
from datetime import timedelta

from core import clock
from core.db import reading
from core.messages import queries, worker
from core.messages.terms import Lane
from core.organisation import instance
from tasks.queue import Turn, errand

BUDGET_S = 5.0
"""Short, so that an urgent lane is never kept waiting by full ones for longer."""

SWEEP_EVERY = timedelta(seconds=60)
SOONEST = timedelta(seconds=1)
"""What cannot be claimed though it is due must not keep a worker turning."""

_turns: defaultdict[Lane, Turn] = defaultdict(Turn)
_first = threading.Lock()


@errand(priority=9)
def drain_urgent() -> None:
    """Send what is due and urgent."""
    _drain(Lane.URGENT)


@errand(priority=5)
def drain_normal() -> None:
    """Send what is due and ordinary."""
    _drain(Lane.NORMAL)


@errand(priority=1)
def drain_bulk() -> None:
    """Send what is due and can wait for the rest."""
    _drain(Lane.BULK)


ERRANDS = {Lane.URGENT: drain_urgent, Lane.NORMAL: drain_normal, Lane.BULK: drain_bulk}


def _drain(lane: Lane) -> None:
    """Drain one lane for a while; it is poked again when more is due, now or before the sweep."""
    if not _turns[lane].take():
        return
    start, may_send = time.monotonic(), False
    try:
        may_send = _may_send()
        if may_send:
            worker.drain(lane, worker=_worker(), budget_s=BUDGET_S)
    finally:
        is_wanted = _turns[lane].give_back()
    if is_wanted or time.monotonic() - start >= BUDGET_S:
        ERRANDS[lane].poke()
    elif may_send:
        _come_back(lane)


def _come_back(lane: Lane) -> None:
    """Have the lane drained when its next message is due, where the sweep would come later.

    A message queued for later pokes its lane as any other does, so this sees it in time.
    """
    now = clock.now()
    with reading() as session:
        due_at = queries.next_due(session, lane, until=now + SWEEP_EVERY)
    if due_at is not None:
        ERRANDS[lane].poke_by(max(due_at, now + SOONEST))


def _may_send() -> bool:
    """A restored copy beside its original sends nothing until somebody confirms it."""
    with reading() as session:
        return instance.may_send(session)


def _worker() -> worker.Worker:
    with _first:  # two threads must not make two of them
        return worker.this_worker()


def leave() -> None:
    """Take leave of the mail servers; for the end of the process."""
    if worker.this_worker.cache_info().currsize:
        worker.this_worker().close()
