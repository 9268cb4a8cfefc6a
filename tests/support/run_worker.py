"""A worker process for fault tests, forked from the test so that it starts in a moment."""

import os
import signal
import socket
import threading
import time
from contextlib import suppress

from core import clock, db
from core.db import reading
from core.messages import queries
from core.messages import worker as sending
from core.messages.terms import Lane
from core.messages.worker import Worker, drain, this_worker
from core.migrations import tables
from tests.support.stores import forget_process_state

assert tables.ALL
MID_BODY = "mid-body"
"""A point that lies between two octets, where no code of ours is."""


class ForkedWorker:
    """Drains every lane with some threads until nothing is due, then ends with 0."""

    def __init__(self, *, threads: int = 1, crash_at: str = "") -> None:
        self.code: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            _become_worker(threads, crash_at)

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs; a kill by signal n is -n."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if pid else None
        return self.code

    def wait(self, deadline_s: float = 60) -> int:
        """Return the exit code; fails when it runs on."""
        end = time.monotonic() + deadline_s
        while self.poll() is None:
            assert time.monotonic() < end, "the worker did not end"
            time.sleep(0.01)
        assert self.code is not None
        return self.code

    def kill(self) -> None:
        """End it as a power cut would."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.wait()


def _become_worker(threads: int, crash_at: str) -> None:
    code = 1
    try:
        os.environ["CHAPAR_CRASH_AT"] = crash_at
        if crash_at == MID_BODY:
            _die_within(b"Message-ID:")
        db.forget_engine(hangs_up=False)
        forget_process_state()
        sending.this_worker.cache_clear()
        _work_until_done(threads)
        code = 0
    finally:
        os._exit(code)


def _die_within(mark: bytes) -> None:
    """Have this process killed when the half of what holds this mark has left."""
    usual = socket.socket.sendall

    def half(sock: socket.socket, octets: bytes, flags: int = 0) -> None:
        if mark in octets:
            usual(sock, octets[: len(octets) // 2], flags)
            os.kill(os.getpid(), signal.SIGKILL)
        usual(sock, octets, flags)

    socket.socket.sendall = half  # type: ignore[assignment, method-assign]


def _work_until_done(thread_count: int) -> None:
    worker = this_worker()
    threads = [threading.Thread(target=_work, args=[worker]) for _ in range(thread_count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    worker.close()


def _work(worker: Worker) -> None:
    is_over = False
    while not is_over:
        for lane in Lane:
            drain(lane, worker=worker, budget_s=2)
        with reading() as session:
            is_over = not queries.lanes_with_work(session, now=clock.now())
