"""A private installation for measurements: its own data directory, ports and processes."""

import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

from sqlalchemy import create_engine, make_url

from core import clock, db
from core.cli import processes
from core.db import transaction
from core.errors import Unavailable
from core.migrations import service as migrations
from core.settings import settings
from core.setup import service as setup

PATIENCE_S = 60.0


@contextmanager
def private_installation() -> Iterator[None]:
    """Point this process, and those it starts, at a fresh installation that is removed after.

    It stands on the kind of store this one stands on: on PostgreSQL in a database of its own.
    """
    with _own_database(settings().database_url) as address, _own_folder(address):
        yield


@contextmanager
def _own_database(server: str) -> Iterator[str]:
    """Make a database on the server for as long as the block runs; yield its address, "" without.

    The account has to be one that may make databases.
    """
    if not server:
        yield ""
        return
    name = f"chapar_bench_{secrets.token_hex(4)}"
    maker = create_engine(server, isolation_level="AUTOCOMMIT")
    with maker.connect() as line:
        line.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with maker.connect() as line:
            line.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        maker.dispose()


@contextmanager
def _own_folder(address: str) -> Iterator[None]:
    folder = tempfile.mkdtemp(prefix="chapar-bench-")
    ports = {f"CHAPAR_{name}PORT": str(_free_port()) for name in ("", "PUBLIC_", "CAPTURE_")}
    own = {"CHAPAR_DATA_DIR": folder, "CHAPAR_SMTP_URL": "capture:", "TZ": "UTC"}
    shared = ("DATABASE_URL", "QUEUE_URL", "BASE_URL", "PUBLIC_URL", "SECRET_KEY")
    none = {f"CHAPAR_{name}": "" for name in shared}
    queue = f"sqlite:///{folder}/queue.db" if address else ""
    processes.change_environment({**ports, **own, **none, "CHAPAR_DATABASE_URL": address,
                                  "CHAPAR_QUEUE_URL": queue})  # fmt: skip
    _forget()
    try:
        migrations.upgrade(settings().store_url)
        with transaction() as session:
            setup.ensure_basics(session, now=clock.now())
        yield
    finally:
        _forget()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(command: Sequence[str]) -> Iterator[int]:
    """Run a command of ours until the block ends; yields its process id."""
    with (settings().data_dir / "said.log").open("ab") as said:
        process = subprocess.Popen(list(command), stdout=said, stderr=said)  # noqa: S603 - our own
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE_S)


def is_listening(port: int) -> bool:
    """Return whether something listens on this port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_serving() -> bool:
    """Return whether the interface answers; it listens some seconds before it does."""
    line = HTTPConnection("127.0.0.1", settings().port, timeout=PATIENCE_S)
    try:
        line.request("GET", "/healthz")
        return line.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        line.close()


def has_ended(process_id: int) -> bool:
    """Return whether a process that `running` started is over."""
    stat = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii")
    return stat.rpartition(")")[2].split()[0] == "Z"


def wait_until(is_true: Callable[[], bool], *, patience_s: float = PATIENCE_S) -> float:
    """Return after how many seconds the answer was yes; raises Unavailable "bench.too_slow"."""
    start = time.monotonic()
    while not is_true():
        if time.monotonic() - start > patience_s:
            raise Unavailable("bench.too_slow", seconds=int(patience_s))
        time.sleep(0.005)
    return time.monotonic() - start


def memory_mb(process_id: int) -> float:
    """Return the memory a process and its children hold; pages they share are counted once."""
    total = 0
    for number in _with_children(process_id):
        lines = Path(f"/proc/{number}/smaps_rollup").read_text(encoding="ascii").splitlines()
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return round(total / 1024, 1)


def _with_children(process_id: int) -> list[int]:
    found = [process_id]
    for number in found:  # grows while it is walked
        children = Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii")
        found += [int(text) for text in children.split()]
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _forget() -> None:
    """Let the next call of settings() and engine() see the environment as it is now."""
    db.forget_engine()
    settings.cache_clear()
