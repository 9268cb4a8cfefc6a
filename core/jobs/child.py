"""Work on files in a process of its own, which may die alone: run a job, or look at a file.

Run as `python -m core.jobs.child run JOB ATTEMPT` or `… inspect PATH`.
"""

import json
import logging
import resource
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core import clock
from core.db import reading, transaction
from core.errors import ChaparError, Conflict, Invalid
from core.jobs import runs, tables
from core.jobs.handlers import handler
from core.jobs.refusals import packed, unpacked
from core.jobs.rules import sample_of
from core.jobs.terms import MEGABYTE, PAGE_LIMITS, Run, Sample

log = logging.getLogger(__name__)

MEMORY = 512 * MEGABYTE
_LOOK_SECONDS = 60


def run_in_child(job_id: int) -> bool:
    """Run a due job in a child process to its end; return False when somebody else has it.

    A child that dies leaves the job queued again, or failed once it no longer moves on. One that
    gives no sign of life is killed.
    """
    with transaction() as session:
        run = runs.claim(session, job_id=job_id, now=clock.now())
    if run is None:
        return False
    code = _wait(_child("run", str(run.job_id), str(run.attempt)), run)
    if code:
        log.warning("child of job %s ended with %s", job_id, code)
        died = Conflict("job.child_died")
        with transaction() as session:
            runs.retry_or_fail(session, run, died, now=clock.now())
    return True


def inspect_in_child(path: Path) -> Sample:
    """Return what an uploaded file looks like; reading it cannot harm this process.

    Raises:
        Invalid: A `file.*` code.
    """
    child = _child("inspect", str(path), output=subprocess.PIPE)
    try:
        answer = json.loads(child.communicate(timeout=_LOOK_SECONDS)[0])
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise Invalid("file.too_heavy") from error
    finally:
        child.kill()
        child.wait()
    if "code" in answer:
        params: Any = unpacked(answer["params"])
        raise Invalid(answer["code"], **params)
    return sample_of(answer)


def _child(*arguments: str, output: int | None = None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "core.jobs.child", *arguments]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output)  # noqa: S603 - our own


def _wait(process: subprocess.Popen[bytes], run: Run) -> int:
    while True:
        try:
            return process.wait(timeout=runs.LEASE.total_seconds() / 4)
        except subprocess.TimeoutExpired:
            with reading() as session:
                if not runs.is_alive(session, run, now=clock.now()):
                    process.kill()


def main(arguments: list[str]) -> int:
    """Do what the arguments say; return 0 when the outcome has been recorded or printed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, hard))
    try:
        if arguments[0] == "inspect":
            return _inspect(Path(arguments[1]))
        run = Run(int(arguments[1]), int(arguments[2]))
        error = _run(run)
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
    if error is None:
        return 0
    with transaction() as session:
        if isinstance(error, Invalid | MemoryError):
            runs.fail(session, run, _spoken(error), now=clock.now())
        else:
            runs.retry_or_fail(session, run, _spoken(error), now=clock.now())
    return 0


def _run(run: Run) -> BaseException | None:
    """Run the job to its end; return what stopped it. Panics of native code are caught too."""
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


def _inspect(path: Path) -> int:
    try:
        answer = asdict(tables.inspect(path, PAGE_LIMITS))
    except Invalid as error:
        answer = {"code": error.code, "params": packed(error.params)}
    except MemoryError:
        answer = {"code": "file.too_heavy", "params": {}}
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
