"""The built-in mailbox: a real SMTP server on loopback that keeps every mail and sends none on."""

import asyncio
import ipaddress
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

from core import clock

MAX_BYTES = 25 * 1024 * 1024
_PATIENCE_S = 10.0
_CLOSING_ROUNDS = 5  # turns of the loop until an aborted connection, even under TLS, is closed
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CapturedLetter:
    """A mail as it came over the wire; an empty `envelope_from` is the null sender."""

    envelope_from: str
    recipients: tuple[str, ...]
    raw: bytes
    received_at: datetime


Store = Callable[[CapturedLetter], None]


class Capture:
    """A running mailbox. `port` is where it listens; `stop` returns when it no longer does."""

    def __init__(self, listener: socket.socket, store: Store) -> None:
        self.port: int = listener.getsockname()[1]
        self._listener = listener
        self._store = store
        self._loop = asyncio.new_event_loop()
        self._sessions: WeakSet[SMTP] = WeakSet()
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()
        self._is_ready.wait(_PATIENCE_S)

    def stop(self) -> None:
        """Hang up on everybody and stop listening."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_PATIENCE_S)

    async def _keep(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Answer the final dot: 250 once the mail is stored, 451 when it could not be."""
        letter = CapturedLetter(
            envelope_from=(envelope.mail_from or "").removeprefix("<>"),
            recipients=tuple(envelope.rcpt_tos),
            raw=envelope.original_content or b"",
            received_at=clock.now(),
        )
        try:
            await asyncio.to_thread(self._store, letter)
        except Exception:
            log.exception("the capture mailbox could not store a mail")
            return "451 4.3.0 The mail could not be stored; try again later"
        return "250 2.0.0 Kept, and not sent on"

    def _protocol(self) -> SMTP:
        hooks = SimpleNamespace(handle_DATA=self._keep)
        session = SMTP(
            hooks, data_size_limit=MAX_BYTES, hostname="capture.localhost", loop=self._loop
        )
        self._sessions.add(session)
        return session

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        listening = self._loop.create_server(self._protocol, sock=self._listener)
        server = self._loop.run_until_complete(listening)
        self._loop.call_soon(self._is_ready.set)
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._hang_up())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    async def _hang_up(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for session in list(self._sessions):
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()
        for _ in range(_CLOSING_ROUNDS):
            await asyncio.sleep(0)


def start(host: str, port: int, store: Store) -> Capture:
    """Return a mailbox that listens on this loopback address; port 0 takes a free one.

    `store` is called in a thread of its own for each mail; an error in it makes the sender try
    again later. Raises OSError when the port is taken, ValueError when others could reach it.
    """
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError("the capture mailbox listens on loopback only")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return Capture(socket.create_server((host, port), family=family), store)
