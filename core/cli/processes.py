"""The processes of an installation: what is typed to start them, and making way for one."""

import fcntl
import json
import os
import sys
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from core.cli.speech import words
from core.errors import Conflict
from core.settings import settings

ROOT = Path(__file__).parents[2]
WORKER_THREADS = 4


def web_command() -> list[str]:
    """Return the command that serves the interface."""
    address = ["--server.port", str(settings().port), "--server.address", settings().host]
    return [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), *address]


def worker_command() -> list[str]:
    """Return the command of a worker. Told to stop, it has 25 seconds to finish what it does."""
    queue = ["-k", "thread", "-w", str(WORKER_THREADS), "-d", "0.05", "-m", "0.25"]
    stop = ["-g", "TERM", "-t", "25", "-q"]
    return [sys.executable, "-m", "huey.bin.huey_consumer", "tasks.consumer.huey", *queue, *stop]


def public_command() -> list[str]:
    """Return the command that serves the public routes alone."""
    address = ["--host", settings().host, "--port", str(settings().public_port)]
    quiet = ["--no-access-log", "--log-level", "warning", "--no-proxy-headers"]
    return [sys.executable, "-m", "uvicorn", "tasks.asgi:app", *address, *quiet]


def supervisor_command() -> list[str]:
    """Return the command that keeps interface and worker running."""
    children = [_child("web", web_command()), _child("worker", worker_command())]
    return [sys.executable, "-m", "core.cli.supervisor", json.dumps(children)]


def _child(name: str, command: Sequence[str]) -> dict[str, object]:
    said = {word: words(f"cli.child_{word}", name=name) for word in _WORDS}
    return {"name": name, "command": list(command), "words": said}


_WORDS = ("restarting", "gave_up", "killed")


def become(command: Sequence[str]) -> None:
    """Make way for the command: it takes the place of this process, and of its signals."""
    hold_running_lock()
    sys.stdout.flush()
    changes = environment(TZ="UTC", FORWARDED_ALLOW_IPS="")  # the gate alone believes proxies
    os.execve(command[0], list(command), changes)  # noqa: S606 - our own command


def environment(**changes: str) -> dict[str, str]:
    """Return the environment for a process of ours."""
    return {**_inherited(), **changes}


def change_environment(changes: Mapping[str, str]) -> None:
    """Have this process, and those it starts, find other settings from now on."""
    _inherited().update(changes)


def _inherited() -> MutableMapping[str, str]:
    return os.environ  # noqa: TID251 - handed on, never read


def hold_running_lock() -> None:
    """Mark the data directory as in use until this process, or what it becomes, ends."""
    handle = _lock_file()
    fcntl.flock(handle, fcntl.LOCK_SH)
    fcntl.fcntl(handle, fcntl.F_SETFD, 0)  # kept open by what this process becomes


@contextmanager
def alone() -> Iterator[None]:
    """Keep the data directory for this command: nothing else may start meanwhile.

    Raises:
        Conflict: "cli.running" while interface, worker or supervisor run here.
    """
    handle = _lock_file()
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise Conflict("cli.running") from error
    finally:
        os.close(handle)


def is_running() -> bool:
    """Return whether interface, worker or supervisor run on this data directory."""
    handle = _lock_file()
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _lock_file() -> int:
    folder = settings().data_dir
    folder.mkdir(parents=True, exist_ok=True)
    return os.open(folder / "running.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
