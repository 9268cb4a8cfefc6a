"""Run a job in a process that may die alone: `python -m core.jobs.child ID ATTEMPT`."""

import logging
import subprocess
import sys
from importlib import import_module

from core import clock
from core.db import reading, transaction
from core.errors import ChaparError, Conflict, Unavailable
from core.jobs import runs
from core.jobs.handlers import TABLES, handler
from core.jobs.look import MEMORY, limited_memory, start_child
from core.jobs.terms import Run

log = logging.getLogger(__name__)


def run_in_child(job_id: int) -> bool:
    """Run a due job in a child process to its end; return False when somebody else has it.

    A child that dies leaves the job queued again, or failed once it no longer moves on. One that
    gives no sign of life is killed.
    """
    with transaction() as session:
        run = runs.claim(session, job_id=job_id, now=clock.now())
    if run is None:
        return False
    code = _wait(start_child("core.jobs.child", str(run.job_id), str(run.attempt)), run)
    if code:
        log.warning("child of job %s ended with %s", job_id, code)
        with transaction() as session:
            runs.retry_or_fail(session, run, Conflict("job.child_died"), now=clock.now())
    return True


def run_here(run: Run, *, memory: int = MEMORY) -> None:
    """Run a claimed job in this process to its end, and record whatever stops it."""
    with limited_memory(memory):
        error = _stopped_by(run)
    if error is None:
        return
    with transaction() as session:
        if isinstance(error, ChaparError | MemoryError) and not isinstance(error, Unavailable):
            runs.fail(session, run, _spoken(error), now=clock.now())
        else:
            runs.retry_or_fail(session, run, _spoken(error), now=clock.now())


def _wait(process: subprocess.Popen[bytes], run: Run) -> int:
    while True:
        try:
            return process.wait(timeout=runs.LEASE.total_seconds() / 4)
        except subprocess.TimeoutExpired:
            with reading() as session:
                if not runs.is_alive(session, run, now=clock.now()):
                    process.kill()


def _stopped_by(run: Run) -> BaseException | None:
    """Run the job; return what stopped it, panics of native code and all, or None at its end."""
    try:
        with reading() as session:
            kind = runs.continued(session, run).kind
        handler(kind).run(run)
        with transaction() as session:
            runs.finish(session, run, now=clock.now())
    except BaseException as error:
        log.exception("job %s stopped", run.job_id)
        return error.with_traceback(None)
    return None


def _spoken(error: BaseException) -> ChaparError:
    if isinstance(error, ChaparError):
        return error
    return Conflict("job.out_of_memory" if isinstance(error, MemoryError) else "job.broken")


if __name__ == "__main__":
    import_module(TABLES)
    run_here(Run(int(sys.argv[1]), int(sys.argv[2])))
