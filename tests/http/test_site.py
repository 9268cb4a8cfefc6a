"""The whole site as it is really started: Streamlit, gate, routes and assets in one process."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.support.stores import free_port

ROOT = Path(__file__).parents[2]


@contextmanager
def started(port: int, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}",
               "--server.address=127.0.0.1", *options]  # fmt: skip
    environment = {**os.environ, "CHAPAR_PORT": str(port)}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def answered(process: subprocess.Popen[bytes], url: str) -> httpx.Response:
    """Ask until the site answers."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return httpx.get(url, timeout=5)
        except httpx.TransportError:
            if time.monotonic() > deadline or process.poll() is not None:
                raise
            time.sleep(0.1)


@pytest.mark.spec("T30", "T42", "T65")
def test_the_site_starts_and_nothing_but_the_door_is_open(store: str) -> None:
    port = free_port()
    with started(port) as process:
        site = f"http://localhost:{port}"
        assert answered(process, f"http://127.0.0.1:{port}/healthz").text == "ok\n"
        with httpx.Client(base_url=site, headers={"Accept": "text/html"}) as browser:
            assert browser.get("/readyz").status_code == 200
            assert browser.get("/").headers["location"] == "/auth/login"
            door = browser.get("/auth/login")
            assert door.status_code == 200
            assert "script" not in door.headers["content-security-policy"]
            for path in ("/assets/chapar-auth.css", "/assets/chapar.svg", "/assets/chapar.css"):
                assert browser.get(path).status_code == 200
            for path in ("/_stcore/host-config", "/_stcore/health", "/media/x"):
                assert browser.get(path).status_code == 401
            assert browser.get("/_stcore/metrics").status_code == 404
            for path in ("/assets/..%2f..%2fapp.py", "/%2e%2e/", "/static/..%5c..%5cx"):
                assert browser.get(path).status_code == 400
            assert browser.request("TRACE", "/").status_code == 405
            assert browser.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_the_site_does_not_start_on_an_unsafe_configuration(store: str) -> None:
    unsafe = "--client.showErrorDetails=full", "--server.enableXsrfProtection=false"
    with started(free_port(), *unsafe) as process:
        said, _ = process.communicate(timeout=60)
        assert process.returncode != 0
        assert b"option.client.showErrorDetails, option.server.enableXsrfProtection" in said
