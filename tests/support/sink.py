"""Postfix's smtp-sink: a server nobody of us wrote, for faults and for speed."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAM = Path("/usr/sbin/smtp-sink")
_START_S = 10.0


@dataclass(frozen=True)
class Sink:
    """A running smtp-sink; `pid` is the process that `sink` ends."""

    port: int
    pid: int


@contextmanager
def sink(*flags: str) -> Iterator[Sink]:
    """Run smtp-sink with these flags on a free port; skips where it is absent, fails under CI."""
    if not PROGRAM.exists():
        reason = f"{PROGRAM} is missing: install the Debian package postfix"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    port = free_port()
    user = ("-u", "nobody") if os.geteuid() == 0 else ()
    command = [str(PROGRAM), "-4", *user, *flags, f"127.0.0.1:{port}", "128"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        yield Sink(port, process.pid)
    finally:
        process.terminate()
        process.wait(10)


def free_port() -> int:
    """Return a port of loopback that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for_port(port: int, deadline_s: float = _START_S) -> None:
    """Return once somebody listens on this port of loopback; fails after the deadline."""
    end = time.monotonic() + deadline_s
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            assert time.monotonic() < end, f"nobody listens on port {port}"
            time.sleep(0.01)
        else:
            return
