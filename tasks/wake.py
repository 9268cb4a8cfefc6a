"""The waker: which errand drains which lane."""

import logging
from collections.abc import Callable

from tasks.contacts import index_search
from tasks.events import drain_events
from tasks.jobs import run_jobs
from tasks.messages import drain_bulk, drain_normal, drain_urgent
from tasks.reactions import judge_reactions
from tasks.reports import run_schedules
from tasks.segments import fill_segments

log = logging.getLogger(__name__)

LANES: dict[str, Callable[[], None]] = {
    "events": drain_events.poke,
    "messages:urgent": drain_urgent.poke,
    "messages:normal": drain_normal.poke,
    "messages:bulk": drain_bulk.poke,
    "contacts:search": index_search.poke,
    "jobs": run_jobs.poke,
    "reactions": judge_reactions.poke,
    "reports": run_schedules.poke,
    "segments": fill_segments.poke,
}


def wake(lane: str) -> None:
    """Have the lane drained soon. Never raises: what a lost poke leaves, the next sweep finds."""
    poke = LANES.get(lane)
    if poke is None:
        log.warning("nobody drains the lane %s", lane)
        return
    poke()
