"""Keep the processes of an installation alive: start, restart with patience, stop together.

Started by `chapar run`, which makes way for it: this module imports nothing but small parts of the
standard library, so that watching costs little memory.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

CRASH_LIMIT = 6
CRASH_WINDOW_S = 60.0
STOP_PATIENCE_S = 30.0
_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.5, 30.0
_PR_SET_PDEATHSIG = 1
_ASKED_TO_STOP = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
_WAITED_FOR = {*_ASKED_TO_STOP, signal.SIGCHLD}


def delay_after(crash_count: int) -> float:
    """Return how many seconds to wait before the next start; crash_count is at least 1."""
    return min(_FIRST_DELAY_S if crash_count == 1 else 2.0 ** (crash_count - 1), _LONGEST_DELAY_S)


class Child:
    """One process that should be running. `words` are what is said when it ends unasked."""

    def __init__(self, name: str, command: Sequence[str], words: Mapping[str, str]) -> None:
        self.name, self.command, self.words = name, list(command), words
        self.process: subprocess.Popen[bytes] | None = None
        self.crashes: deque[float] = deque()
        self.due_at = 0.0

    def start(self) -> None:
        """Start it in a process group of its own; it is told to stop should this process die."""
        prctl = _prctl()
        parent = os.getpid()

        def prepare() -> None:
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            if prctl:
                prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # the parent died while this one was being born
                os._exit(1)

        self.process = subprocess.Popen(  # noqa: S603 - commands of our own
            self.command,
            preexec_fn=prepare,  # noqa: PLW1509 - this process has one thread
            process_group=0,
            stdin=subprocess.DEVNULL,
        )

    def has_ended(self) -> bool:
        """Return whether it was running and is not any more."""
        return self.process is not None and self.process.poll() is not None

    def note_crash(self, moment: float) -> bool:
        """Plan the next start; False when it has crashed too often to try again."""
        self.process = None
        self.crashes.append(moment)
        while self.crashes[0] < moment - CRASH_WINDOW_S:
            self.crashes.popleft()
        self.due_at = moment + delay_after(len(self.crashes))
        return len(self.crashes) < CRASH_LIMIT

    def ask_to_stop(self) -> None:
        """Send the polite signal."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def end(self, deadline: float) -> None:
        """Wait for it, at most until the deadline; then nothing of its group is left."""
        if self.process is None:
            return
        try:
            self.process.wait(timeout=max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            say(self.words["killed"])
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def supervise(children: Sequence[Child]) -> int:
    """Keep the children running until asked to stop (0), or until one keeps crashing (1)."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)
    while True:
        _start_due(children)
        told = signal.sigtimedwait(_WAITED_FOR, _time_to_next(children))
        if told is not None and told.si_signo in _ASKED_TO_STOP:
            stop(children)
            return 0
        for child in children:
            if child.has_ended() and not _restart(child):
                stop(children)
                return 1


def stop(children: Sequence[Child]) -> None:
    """Stop all of them, the last one first, and return when none is left."""
    for child in reversed(children):
        child.ask_to_stop()
    deadline = time.monotonic() + STOP_PATIENCE_S
    for child in reversed(children):
        child.end(deadline)


def _start_due(children: Sequence[Child]) -> None:
    for child in children:
        if child.process is None and child.due_at <= time.monotonic():
            child.start()


def _time_to_next(children: Sequence[Child]) -> float:
    waits = [child.due_at - time.monotonic() for child in children if child.process is None]
    return max(min(waits, default=60.0), 0.0)


def _restart(child: Child) -> bool:
    may_start = child.note_crash(time.monotonic())
    say(child.words["restarting" if may_start else "gave_up"])
    return may_start


def say(text: str) -> None:
    """Write one line for whoever watches the terminal."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _prctl() -> Any:
    """Return the system call that ties a child to its parent, where there is one (Linux)."""
    return getattr(ctypes.CDLL(None), "prctl", None) if sys.platform == "linux" else None


def main(text: str) -> int:
    """Supervise the children that the JSON text names: [{"name", "command", "words"}, …]."""
    return supervise([Child(**given) for given in json.loads(text)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
