"""Run imports and exports: one at a time in each worker process, in a child that may die alone."""

from core import clock
from core.db import reading
from core.jobs import runs
from core.jobs.child import run_in_child
from tasks.queue import Turn, errand

_turn = Turn()


@errand(priority=3)
def run_jobs() -> None:
    """Run the jobs that are due, oldest first, to their ends."""
    if not _turn.take():
        return
    try:
        for job_id in _due():
            run_in_child(job_id)
    finally:
        is_wanted = _turn.give_back()
    if is_wanted:
        run_jobs.poke()


def _due() -> list[int]:
    with reading() as session:
        return runs.due_ids(session, now=clock.now())
