"""Open a page as a browser does, without one: a visit, a socket, and the script's answer."""

import base64
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core import clock
from core.accounts import sessions
from core.accounts.sessions import Place
from core.accounts.terms import SessionKind
from core.db import transaction
from core.errors import Unavailable
from core.http import cookies
from core.settings import settings

_QUIET_S = 1.0
_TIMEOUT_S = 30.0
_UPGRADED = b"HTTP/1.1 101"
_LONG, _LONGER = 126, 127
_RUN_SCRIPT, _PAGE_NAME = 0x5A, 0x22
_FINISHED = b"\x30\x00"
"""How the message ends by which the server says that a run went through: `script_finished: 0`."""
_SHORT = 100


@dataclass(frozen=True)
class Visit:
    """A page that stands: who waits at the other end, which page it is, seconds until it stood."""

    line: socket.socket
    page: str
    seconds: float

    def rerun(self) -> float:
        """Have the page run once more; return the seconds until all of it had arrived."""
        start = time.monotonic()
        self.line.settimeout(_TIMEOUT_S)
        self.line.sendall(_frame(_run_script(self.page)))
        while not _is_end(_read_frame(self.line)):
            pass
        return time.monotonic() - start


@contextmanager
def visit(user_id: int, page: str = "") -> Iterator[Visit]:
    """Open a page, named as in its address, as this user; stay until the block ends."""
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", settings().port), timeout=_TIMEOUT_S) as line:
        _shake_hands(line, user_id)
        line.sendall(_frame(_run_script(page)))
        line.settimeout(_TIMEOUT_S)
        while not _is_end(_read_frame(line)):
            pass
        last = time.monotonic()
        line.settimeout(_QUIET_S)  # nothing for a second after a run: the page stands
        while _read_frame(line):
            last = time.monotonic()
        yield Visit(line, page, last - start)


def _run_script(page: str) -> bytes:
    """Return what a browser asks of the page server: `rerun_script {page_name: "…"}`."""
    name = page.encode()
    state = bytes([_PAGE_NAME, len(name)]) + name if name else b""
    return bytes([_RUN_SCRIPT, len(state)]) + state


def _is_end(message: bytes) -> bool:
    """Return whether a run is over; raises Unavailable when the server fell silent."""
    if not message:
        raise Unavailable("bench.no_page", text="silent")
    return len(message) < _SHORT and message.endswith(_FINISHED)


def _shake_hands(line: socket.socket, user_id: int) -> None:
    host = f"localhost:{settings().port}"
    key = base64.b64encode(os.urandom(16)).decode()
    head = (
        "GET /_stcore/stream HTTP/1.1",
        f"Host: {host}",
        f"Origin: http://{host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: streamlit",
        f"Sec-WebSocket-Key: {key}",
        f"Cookie: {cookies.session_name()}={_secret(user_id)}",
    )
    line.sendall("\r\n".join((*head, "", "")).encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += line.recv(1) or b"\r\n\r\n"
    if not answer.startswith(_UPGRADED):
        raise Unavailable("bench.no_page", text=answer.split(b"\r\n")[0].decode())


def _secret(user_id: int) -> str:
    place, now = Place(ip="127.0.0.1", agent="bench"), clock.now()
    with transaction() as session:
        opened = sessions.open_visit(
            session, kind=SessionKind.STAFF, user_id=user_id, place=place, now=now
        )
    return opened.secret


def _frame(body: bytes) -> bytes:
    """Return one masked binary frame, as clients have to send it; the mask is all zeros."""
    return bytes([0x82, 0x80 | len(body)]) + bytes(4) + body


def _read_frame(line: socket.socket) -> bytes:
    """Return what the next frame holds; nothing when none came in time."""
    try:
        length = _exactly(line, 2)[1] & 0x7F
    except TimeoutError:
        return b""
    if length == _LONG:
        (length,) = struct.unpack(">H", _exactly(line, 2))
    elif length == _LONGER:
        (length,) = struct.unpack(">Q", _exactly(line, 8))
    return _exactly(line, length)


def _exactly(line: socket.socket, size: int) -> bytes:
    body = b""
    while len(body) < size:
        piece = line.recv(size - len(body))
        if not piece:
            raise Unavailable("bench.no_page", text="closed")
        body += piece
    return body
