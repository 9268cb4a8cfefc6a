"""A TCP proxy that harms what passes through it, in one direction or both."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

_CHUNK = 16_384


@dataclass(frozen=True)
class Fault:
    """What happens to one direction; counts are octets since the connection began."""

    latency_s: float = 0.0  # before each piece
    slice_s: float | None = None  # one octet at a time, with this pause
    garbage_after: int | None = None  # from there on, `garbage` takes the place of what was said
    garbage: bytes = b""
    limit: int | None = None  # what comes after is swallowed in silence
    close_after: int | None = None  # then both sides are hung up on
    reset_after: int | None = None  # then both sides see a reset


class FaultProxy:
    """Passes connections on to `upstream_port` of loopback; `up` harms what the client says."""

    def __init__(
        self, upstream_port: int, *, up: Fault | None = None, down: Fault | None = None
    ) -> None:
        self.up, self.down = up or Fault(), down or Fault()
        self._upstream_port = upstream_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Hang up on everybody and stop listening."""
        for sock in [self._listener, *self._open]:
            _shut(sock)
        for thread in list(self._threads):
            thread.join(10)
        for sock in [self._listener, *self._open]:
            sock.close()

    def _start(self, work: object, *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._upstream_port))
            self._open += [client, server]
            self._start(self._pump, client, server, self.up)
            self._start(self._pump, server, client, self.down)

    def _pump(self, source: socket.socket, target: socket.socket, fault: Fault) -> None:
        passed = 0
        with suppress(OSError):
            for piece in _pieces(source, fault):
                time.sleep(fault.latency_s)
                target.sendall(_harmed(piece, passed, fault))
                passed += len(piece)
                if _is_over(fault.reset_after, passed):
                    return _reset(source, target)
                if _is_over(fault.close_after, passed):
                    break
        for sock in (target, source):
            _shut(sock)
            sock.close()
        return None


def _harmed(piece: bytes, passed: int, fault: Fault) -> bytes:
    """Return what the other side gets of this piece, which begins after so many octets."""
    if fault.garbage_after is not None and passed + len(piece) > fault.garbage_after:
        piece = piece[: max(fault.garbage_after - passed, 0)] + fault.garbage
    if fault.limit is not None:
        piece = piece[: max(fault.limit - passed, 0)]
    return piece


def _pieces(source: socket.socket, fault: Fault) -> Iterator[bytes]:
    """Yield what to pass on at once, until the other side has said all."""
    chunk = min(filter(None, (fault.reset_after, fault.close_after)), default=_CHUNK)
    while octets := source.recv(min(chunk, _CHUNK)):
        if fault.slice_s is None:
            yield octets
            continue
        for octet in octets:
            time.sleep(fault.slice_s)
            yield bytes([octet])


def _is_over(mark: int | None, passed: int) -> bool:
    return mark is not None and passed >= mark


def _reset(*socks: socket.socket) -> None:
    for sock in socks:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RD)  # wakes the other direction, says nothing
        sock.close()


def _shut(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
