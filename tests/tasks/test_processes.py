"""The processes as they really run: a worker does what it is poked for and leaves cleanly."""

import signal
import smtplib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from core import outbox
from core.cli import processes
from core.db import reading, transaction
from core.delivery.models import CapturedMail
from core.events import service as events
from core.events.models import Event
from core.settings import settings
from tasks import queue, wake
from tasks.asgi import app
from tests.support.cast import make_organisation
from tests.support.stores import forget_process_state, free_port

PATIENCE_S = 60.0
MAIL = "From: =?utf-8?b?2LPYp9ix2Kc=?= <a@example.com>\r\nSubject: =?utf-8?q?=D8=B3?=\r\n\r\nhi\r\n"


def until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def worker(store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    monkeypatch.setenv("CHAPAR_CAPTURE_PORT", str(free_port()))
    forget_process_state()
    queue.open_queue.cache_clear()
    with transaction() as session:
        make_organisation(session)
    process = subprocess.Popen(
        processes.worker_command(), env=processes.environment(TZ="UTC"), stderr=subprocess.DEVNULL
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()
    queue.open_queue.cache_clear()
    outbox.bind(lambda _lane: None)


def is_listening() -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", settings().capture_port)) == 0


def dispatched(key: str) -> bool:
    with reading() as session:
        found = session.exec(select(Event).where(Event.dedup_key == key)).first()
        return found is not None and found.dispatched_at is not None


def record(key: str, now: datetime) -> None:
    with transaction() as session:
        events.record(session, events.Fact("test.happened", "test", key, now))


def captured() -> list[CapturedMail]:
    with reading() as session:
        return list(session.exec(select(CapturedMail).order_by(CapturedMail.recipient)))


@pytest.mark.spec("R4", "R29")
def test_a_worker_reacts_keeps_mail_survives_a_lost_queue_and_leaves_cleanly(
    worker: subprocess.Popen[bytes], now: datetime
) -> None:
    until(is_listening)
    outbox.bind(wake.wake)
    record("1", now)
    until(lambda: dispatched("1"))
    with smtplib.SMTP("127.0.0.1", settings().capture_port) as server:
        server.sendmail("a@example.com", ["b@example.com", "c@example.com"], MAIL)
    first, second = captured()
    assert (first.recipient, second.recipient) == ("b@example.com", "c@example.com")
    assert (first.subject, first.from_text) == ("س", "سارا <a@example.com>")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=PATIENCE_S) == 0
    assert list((settings().data_dir / "journal").iterdir()) == []
    queue.open_queue().storage.close()
    for path in settings().data_dir.glob("queue.db*"):
        path.unlink()
    queue.open_queue.cache_clear()
    outbox.bind(lambda _lane: None)
    record("2", now)  # nobody is poked
    again = subprocess.Popen(
        processes.worker_command(), env=processes.environment(TZ="UTC"), stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: dispatched("2"))
    finally:
        again.terminate()
        assert again.wait(timeout=PATIENCE_S) == 0


def test_the_public_process_answers_what_is_public_and_nothing_else(store: str) -> None:
    with TestClient(app, base_url="http://localhost:8501", follow_redirects=False) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 200
        for path in ("/", "/auth/login", "/stock", "/_stcore/health"):
            assert client.get(path).status_code != 200, path


def test_the_processes_are_told_apart_by_their_commands() -> None:
    web, worker, public = (
        processes.web_command(), processes.worker_command(), processes.public_command()
    )  # fmt: skip
    assert web[1:4] == ["-m", "streamlit", "run"]
    assert worker[-2:] == ["25", "-q"]
    assert public[3] == "tasks.asgi:app"
