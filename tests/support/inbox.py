"""A real SMTP server for tests: it keeps what arrives and misbehaves where it is told to."""

import asyncio
import socket
import ssl
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from types import SimpleNamespace
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

HOST = "127.0.0.1"
STAGES = ("greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "dot")


@dataclass(frozen=True)
class Arrived:
    """A mail as it came: the envelope, the RCPT paths as bytes said them, and the content."""

    envelope_from: str
    recipients: tuple[str, ...]
    paths: tuple[str, ...]
    raw: bytes

    def parsed(self) -> EmailMessage:
        """Return the mail as a modern reader sees it."""
        return message_from_bytes(self.raw, policy=policy.default)


class Inbox:
    """Listens on `port` of loopback until `stop`; use it in a with statement.

    `replies` holds for a stage (see STAGES) the answer to give instead of the usual one, or a list
    of them of which each is given once; `delays` the seconds to wait before answering; `drops` the
    stages at which to hang up. All three may be changed while the server runs.
    """

    def __init__(
        self,
        *,
        replies: Mapping[str, str | bytes | Iterable[str]] | None = None,
        delays: Mapping[str, float] | None = None,
        drops: Iterable[str] = (),
        tls: ssl.SSLContext | None = None,
        is_tls_from_start: bool = False,
        login: tuple[str, str] | None = None,
        login_by: Iterable[str] = ("PLAIN", "LOGIN"),
    ) -> None:
        self.replies: dict[str, Any] = {
            stage: deque(reply) if isinstance(reply, (list, tuple)) else reply
            for stage, reply in (replies or {}).items()
        }
        self.delays = dict(delays or {})
        self.drops = set(drops)
        self.commands: list[str] = []
        self.session_count = 0
        self._tls, self._is_tls_from_start, self._login = tls, is_tls_from_start, login
        self._refused = {"PLAIN", "LOGIN"} - (set(login_by) if login else set())
        self._conversations: set[SMTP] = set()
        self._arrived: list[Arrived] = []
        self._news = threading.Condition()
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)
        self._thread.start()
        assert self._is_ready.wait(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def messages(self) -> list[Arrived]:
        """What has arrived so far, oldest first."""
        with self._news:
            return list(self._arrived)

    def wait_for(self, count: int, deadline_s: float = 10.0) -> list[Arrived]:
        """Return what has arrived once there are so many mails; fails after the deadline."""
        with self._news:
            enough = self._news.wait_for(lambda: len(self._arrived) >= count, deadline_s)
            assert enough, f"{len(self._arrived)} of {count} mails within {deadline_s} s"
            return list(self._arrived)

    def stays_at(self, count: int, during_s: float) -> bool:
        """Return whether no more than so many mails arrive during this time."""
        with self._news:
            self._news.wait_for(lambda: len(self._arrived) > count, during_s)
            return len(self._arrived) == count

    def clear(self) -> None:
        """Forget what has arrived."""
        with self._news:
            self._arrived.clear()
            self.commands.clear()

    def stop(self) -> None:
        """Hang up on everybody and stop listening."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)

    async def keep(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(server, _Conversation)
        status = await server.programmed("dot")
        code = (status or b"250").strip()[:1]
        if code == b"2":
            self._note(envelope, server.paths)
        return (status or b"250 2.0.0 kept").decode("latin-1")

    def _note(self, envelope: Envelope, paths: list[str]) -> None:
        arrived = Arrived(
            envelope_from=(envelope.mail_from or "").removeprefix("<>"),
            recipients=tuple(envelope.rcpt_tos),
            paths=tuple(paths),
            raw=envelope.original_content or b"",
        )
        with self._news:
            self._arrived.append(arrived)
            self._news.notify_all()

    def _conversation(self) -> SMTP:
        self.session_count += 1
        login = self._login
        made = _Conversation(
            self,
            loop=self._loop,
            tls_context=None if self._is_tls_from_start else self._tls,
            auth_exclude_mechanism=self._refused,
            authenticator=lambda *args: AuthResult(success=_says(args[-1]) == login, handled=False),
        )
        self._conversations.add(made)
        return made

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        door = self._tls if self._is_tls_from_start else None
        made = self._loop.create_server(self._conversation, sock=self._listener, ssl=door)
        server = self._loop.run_until_complete(made)
        self._loop.call_soon(self._is_ready.set)
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._hang_up())
        self._loop.close()

    async def _hang_up(self) -> None:
        await self._abort_all()  # who is being accepted right now gets in first
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._abort_all()

    async def _abort_all(self) -> None:
        for _ in range(3):
            for conversation in list(self._conversations):
                if isinstance(conversation.transport, asyncio.WriteTransport):
                    conversation.transport.abort()
            await asyncio.sleep(0.005)  # turns of the loop until an aborted connection is closed


class _Conversation(SMTP):
    """One session of the inbox."""

    def __init__(self, inbox: Inbox, **options: Any) -> None:
        self._inbox = inbox
        self._is_greeted = False
        self.paths: list[str] = []
        super().__init__(
            SimpleNamespace(handle_DATA=inbox.keep),
            hostname="inbox.localhost",
            auth_require_tls=False,
            **options,
        )
        for name, usual in self._smtp_methods.items():
            self._smtp_methods[name] = partial(self._unless_programmed, name.lower(), usual)

    async def programmed(self, stage: str) -> bytes | None:
        """Wait, hang up or return another answer, where the inbox was told so for this stage."""
        await asyncio.sleep(self._inbox.delays.get(stage, 0))
        if stage in self._inbox.drops:
            self._hang_up()
        reply = self._inbox.replies.get(stage)
        if isinstance(reply, deque):
            reply = reply.popleft() if reply else None
        return reply.encode() if isinstance(reply, str) else reply

    def _hang_up(self) -> None:
        assert self.transport is not None
        self.transport.abort()  # type: ignore[attr-defined]
        raise asyncio.CancelledError

    async def push(self, status: Any) -> None:  # type: ignore[explicit-override]  # from 3.12
        if not self._is_greeted:
            self._is_greeted = True
            status = await self.programmed("greeting") or status
        octets = status if isinstance(status, bytes) else status.encode()
        await super().push(octets)
        if octets.startswith(b"421"):
            assert self.transport is not None
            self.transport.close()
            raise asyncio.CancelledError

    async def _unless_programmed(self, stage: str, usual: Any, arg: str | None) -> None:
        self._inbox.commands.append(f"{stage} {arg or ''}".strip())
        if stage == "mail":
            self.paths.clear()
        if stage == "rcpt":
            path = (arg or "").partition(":")[2].strip()
            self.paths.append(path.removeprefix("<").removesuffix(">"))
        reply = await self.programmed(stage)
        await (usual(arg) if reply is None else self.push(reply))


def _says(auth: Any) -> tuple[str, str]:
    return auth.login.decode(), auth.password.decode()
