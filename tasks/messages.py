"""Send what is due, one thread a lane in each worker process; more power is more processes."""

import threading
import time
from collections import defaultdict

from core.db import reading
from core.messages import worker
from core.messages.terms import Lane
from core.organisation import instance
from tasks.queue import Turn, errand

BUDGET_S = 5.0
"""Short, so that an urgent lane is never kept waiting by full ones for longer."""

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
    """Drain one lane for a while; where more may be due it is poked again."""
    if not _turns[lane].take():
        return
    start = time.monotonic()
    try:
        if _may_send():
            worker.drain(lane, worker=_worker(), budget_s=BUDGET_S)
    finally:
        is_wanted = _turns[lane].give_back()
    if is_wanted or time.monotonic() - start >= BUDGET_S:
        ERRANDS[lane].poke()


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
