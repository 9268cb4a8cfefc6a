"""A private Redis on a free port of loopback, for tests of the queue."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as Unreachable

from tests.support.stores import free_port
from tests.support.waiting import eventually

PROGRAM = "redis-server"


class RedisServer:
    """A server that can be stopped and started again on the same port."""

    def __init__(self, folder: Path, *, keeps: bool) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._keeps = keeps
        self.start()

    def start(self) -> None:
        """Run until `kill`; what it kept on disk is there again."""
        options = {
            "port": str(self.port), "bind": "127.0.0.1", "dir": str(self.folder), "save": "",
            "appendonly": "yes" if self._keeps else "no", "appendfsync": "always",
        }  # fmt: skip
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        self._process = subprocess.Popen(
            [PROGRAM, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        eventually(self._answers)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait(timeout=10)

    def _answers(self) -> bool:
        assert self._process.poll() is None, f"{PROGRAM} ended"
        with suppress(Unreachable), Redis(port=self.port) as client:
            return bool(client.ping())
        return False


@contextmanager
def redis_server(folder: Path, *, keeps: bool = False) -> Iterator[RedisServer]:
    """Run Redis; skips where it is absent, fails under CI. `keeps`: its data outlive it."""
    if shutil.which(PROGRAM) is None:
        reason = f"{PROGRAM} is missing: install the Debian package {PROGRAM}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    folder.mkdir(parents=True, exist_ok=True)
    made = RedisServer(folder, keeps=keeps)
    try:
        yield made
    finally:
        made.kill()
