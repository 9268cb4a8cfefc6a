"""What this process handed over and what was answered, in a file that survives a kill.

The store marks a whole group of mails as being sent; after a crash this file tells which of them
were really in flight. One line `begin <message> <attempt>` is on disk before the first byte of a
letter leaves, one line `end <message> <code>` after the answer. A live file is locked by its
process, so whatever can be locked was left behind by a dead one.
"""

import fcntl
import os
import re
import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 65_536
_SUFFIX = ".journal"
_LINE = re.compile(rb"(begin|end) (\d{1,19}) (\d{1,9})")


@dataclass(frozen=True)
class Leftover:
    """What one file tells: attempts begun and not answered, and the last answers by message.

    `name` is the file's, without its ending: the part of the worker's name that is its own.
    """

    begun: dict[int, int]
    ended: dict[int, int]
    name: str = ""


class Journal:
    """The journal of this process; its methods may be called by several threads."""

    def __init__(self, directory: Path) -> None:
        """Open a file of our own in this directory and lock it; raises OSError."""
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / f"{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}"
        unborn = self.path.with_suffix(".new")  # unlocked for a moment, so not yet a journal
        self._file = os.open(unborn, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        unborn.rename(self.path)
        _sync_directory(directory)
        self._lock = threading.Lock()
        self._unrecorded: set[int] = set()
        self._is_torn = False

    def begin(self, message_id: int, attempt: int) -> None:
        """Have it on disk that this message is about to leave; raises OSError when it cannot be."""
        with self._lock:
            self._unrecorded.add(message_id)
            self._append(f"begin {message_id} {attempt}")

    def end(self, message_id: int, code: int) -> None:
        """Have the server's answer on disk: its code, 0 where it is sure that nothing left."""
        with self._lock:
            self._append(f"end {message_id} {code}")

    def recorded(self, message_ids: Iterable[int]) -> None:
        """Forget messages whose fate the store knows; an unneeded file starts anew when large."""
        with self._lock:
            self._unrecorded.difference_update(message_ids)
            if not self._unrecorded and os.fstat(self._file).st_size > MAX_BYTES:
                os.ftruncate(self._file, 0)

    def close(self) -> None:
        """Let go of the file, and remove it when the store knows all that is in it."""
        with self._lock:
            if not self._unrecorded:
                self.path.unlink(missing_ok=True)
            os.close(self._file)

    def _append(self, line: str) -> None:
        octets = f"{line}\n".encode()
        if self._is_torn:  # a full disk cut the line before this one
            octets = b"\n" + octets
        self._is_torn = True
        written = os.write(self._file, octets)
        if written < len(octets):
            raise OSError("the journal took only a part of a line")
        self._is_torn = False
        os.fsync(self._file)


def read_open(path: Path) -> Leftover:
    """Return what a journal tells. A line without its end was never trusted by anyone."""
    begun: dict[int, int] = {}
    ended: dict[int, int] = {}
    for line in path.read_bytes().split(b"\n")[:-1]:
        parts = _LINE.fullmatch(line)
        if not parts:
            continue
        message_id, number = int(parts[2]), int(parts[3])
        if parts[1] == b"begin":
            begun[message_id] = number
            ended.pop(message_id, None)
        else:
            begun.pop(message_id, None)
            ended[message_id] = number
    return Leftover(begun, ended, path.stem)


@contextmanager
def left_behind(directory: Path) -> Iterator[list[Leftover]]:
    """Lend what dead processes of this host left; it is removed when the block ends well.

    Two workers that start together never read the same file: who comes second gets nothing of it.
    """
    with ExitStack() as stack:
        paths = [path for path in sorted(directory.glob(f"*{_SUFFIX}")) if _seize(path, stack)]
        yield [read_open(path) for path in paths]
        for path in paths:
            path.unlink(missing_ok=True)


def _seize(path: Path, stack: ExitStack) -> bool:
    """Return whether nobody lives behind this file; then it is ours until the stack unwinds."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    stack.callback(os.close, file)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return path.exists()


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
