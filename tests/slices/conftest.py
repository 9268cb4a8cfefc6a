"""A running worker with its queue, and an inbox behind it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from core import outbox
from core.settings import settings
from tests.support.inbox import Inbox
from tests.support.sending import send_to

OPTIONS = ["-k", "thread", "-w", "2", "-d", "0.05", "-m", "0.25", "-g", "TERM", "-t", "10"]
WORKER = [sys.executable, "-m", "huey.bin.huey_consumer", "tasks.consumer.huey", *OPTIONS]
WAKE = """
import sys
from tasks.wake import wake
for lane in sys.stdin:
    wake(lane.strip())
"""


@pytest.fixture
def inbox(store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    with Inbox() as made:
        send_to(made, monkeypatch)
        monkeypatch.setenv("TZ", "UTC")
        yield made


@contextmanager
def running_worker() -> Iterator[subprocess.Popen[bytes]]:
    """A worker process as `chapar worker` starts it; stopped gracefully."""
    log = settings().data_dir / "worker.log"
    with log.open("wb") as out:
        process = subprocess.Popen(WORKER, stdout=out, stderr=out, env=dict(os.environ))
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


@pytest.fixture
def worker(inbox: Inbox) -> Iterator[subprocess.Popen[bytes]]:
    with running_worker() as process:
        yield process


@pytest.fixture
def wake(store: str, inbox: Inbox) -> Iterator[Callable[[str], None]]:
    """Pokes the real queue from a process of its own, as the web process does."""
    process = subprocess.Popen(
        [sys.executable, "-c", WAKE], stdin=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert process.stdin is not None

    def poke(lane: str) -> None:
        assert process.stdin is not None
        process.stdin.write(f"{lane}\n")
        process.stdin.flush()

    outbox.bind(poke)
    yield poke
    outbox.bind(lambda _lane: None)
    process.stdin.close()
    process.wait(timeout=30)
