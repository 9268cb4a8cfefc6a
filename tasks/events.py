"""React to events: each batch and what it causes are one transaction."""

import time

from core import clock
from core.alerts import service as alerts
from core.contacts import visitors
from core.db import transaction
from core.events import dictionary, queries
from core.segments import service as segments
from tasks.queue import Turn, errand

BATCH = 200
BUDGET_S = 20.0
_turn = Turn()


@errand(priority=8)
def drain_events() -> None:
    """React to every waiting event, for about 20 seconds; then the rest is poked again."""
    if not _turn.take():
        return
    deadline, is_over = time.monotonic() + BUDGET_S, False
    try:
        while not is_over and time.monotonic() < deadline:
            is_over = _react() < BATCH
    finally:
        is_wanted = _turn.give_back()
    if is_wanted or not is_over:
        drain_events.poke()


def _react() -> int:
    now = clock.now()
    with transaction() as session:
        found = queries.claim_waiting(session, limit=BATCH, now=now)
        visitors.settle(session, found)
        dictionary.note(session, found)
        alerts.react(session, found, now=now)
        segments.react(session, found, now=now)
        alerts.tell(session, now=now)
    return len(found)
