"""The bytes to and from one server: every wait has an end, every answer a size and a grammar.

The standard smtplib waits for each byte anew (a server that sends one a second holds a worker for
hours), takes any number of answer lines, and reports an overlong one as a refusal with code 500.
"""

import re
import select
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, field

MAX_REPLY_LINE = 4_096
MAX_REPLY_LINES = 100
SLOWEST_BYTES_PER_SECOND = 8_192
_CHUNK = 16_384
_REPLY = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?")


class Garbled(OSError):
    """What came is no SMTP answer, or came unasked; nothing after it can be trusted."""


@dataclass(frozen=True)
class Reply:
    """One answer of a server; several lines are joined by line feeds."""

    code: int
    text: str


@dataclass
class Wire:
    """One open conversation. `limit_s` bounds each answer as a whole, not each byte.

    All methods raise OSError (of which TimeoutError, ssl.SSLError and Garbled are kinds) when the
    conversation cannot go on; the only thing to do then is `close`.
    """

    sock: socket.socket
    limit_s: float
    features: dict[str, str] = field(default_factory=dict)
    _pending: bytearray = field(default_factory=bytearray)

    def command(self, line: str) -> Reply:
        """Send one line and return the answer. An answer that was already there is not its own."""
        if "\r" in line or "\n" in line:
            raise ValueError("a command is one line")
        if self.early_reply():
            raise Garbled("the server spoke out of turn")
        self.send(f"{line}\r\n".encode())
        return self.reply(self.limit_s)

    def ehlo(self, own_name: str) -> Reply:
        """Greet the server and learn what it offers."""
        reply = self.command(f"EHLO {own_name}")
        offers = (line.partition(" ") for line in reply.text.split("\n")[1:])
        self.features = {name.upper(): values for name, _, values in offers}
        return reply

    def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """Go on under TLS, with a certificate for this host; plain text sent ahead is refused."""
        if self._pending:
            raise Garbled("plain text after the go-ahead for TLS")
        self.features = {}
        self.sock = context.wrap_socket(
            self.sock, server_hostname=host, do_handshake_on_connect=False
        )
        self._shake_hands(self.sock, time.monotonic() + self.limit_s)

    def tls_version(self) -> str:
        """Return for example "TLSv1.3", or nothing while the conversation is in clear."""
        return (self.sock.version() or "") if isinstance(self.sock, ssl.SSLSocket) else ""

    def send(self, octets: bytes) -> None:
        """Hand all octets to the network. If this raises, the last of them has not left.

        A server that takes nothing for `limit_s`, or less than 8 kB a second, is given up.
        """
        deadline = time.monotonic() + self.limit_s + len(octets) / SLOWEST_BYTES_PER_SECOND
        for start in range(0, len(octets), _CHUNK):
            self.sock.settimeout(min(self.limit_s, _left(deadline)))
            self.sock.sendall(octets[start : start + _CHUNK])

    def reply(self, limit_s: float) -> Reply:
        """Return the next answer, waiting for all of it no longer than this."""
        deadline = time.monotonic() + limit_s
        texts: list[bytes] = []
        code = b""
        while len(texts) < MAX_REPLY_LINES:
            parts = _REPLY.fullmatch(self._line(deadline))
            if not parts or (code and parts[1] != code):
                raise Garbled("not an SMTP answer")
            code = parts[1]
            texts.append(parts[3] or b"")
            if parts[2] != b"-":
                return Reply(int(code), b"\n".join(texts).decode("utf-8", "replace"))
        raise Garbled("an answer without end")

    def early_reply(self) -> Reply | None:
        """Return the answer that came before it was asked for, if there is one."""
        self.sock.settimeout(0)
        with suppress(BlockingIOError, ssl.SSLWantReadError):  # nothing there, as it should be
            self._take(self.sock.recv(MAX_REPLY_LINE))
        return self.reply(self.limit_s) if self._pending else None

    def close(self) -> None:
        """End the conversation without a word."""
        self.sock.close()

    def _line(self, deadline: float) -> bytes:
        while (end := self._pending.find(b"\n")) < 0:
            if len(self._pending) > MAX_REPLY_LINE:
                raise Garbled("an answer line without end")
            self.sock.settimeout(_left(deadline))
            self._take(self.sock.recv(MAX_REPLY_LINE))
        line = bytes(self._pending[:end]).removesuffix(b"\r")
        del self._pending[: end + 1]
        return line

    def _take(self, octets: bytes) -> None:
        if not octets:
            raise ConnectionResetError("the server hung up")
        self._pending += octets

    def _shake_hands(self, sock: ssl.SSLSocket, deadline: float) -> None:
        sock.settimeout(0)
        while True:
            try:
                return sock.do_handshake()
            except ssl.SSLWantReadError:
                wanted = select.POLLIN
            except ssl.SSLWantWriteError:
                wanted = select.POLLOUT
            door = select.poll()
            door.register(sock, wanted)
            door.poll(_left(deadline) * 1000)


def dial(host: str, port: int, limit_s: float) -> Wire:
    """Return a conversation with this server, in which nothing has been said yet."""
    try:
        sock = socket.create_connection((host, port), timeout=limit_s)
    except (UnicodeError, OverflowError) as fault:
        raise socket.gaierror("not the name of a server") from fault
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the final dot must not wait 40 ms
    return Wire(sock, limit_s)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the server is too slow")
    return left
