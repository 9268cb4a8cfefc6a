"""Who was erased, noted outside of the store, so that an older backup brings nobody back unseen.

A file beside the store holds a keyed hash of each address, and of each person's number; nobody but
this installation can compute them. It grows once an erasure is committed; no restore touches it.
"""

import logging
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import event
from sqlmodel import Session

from core.consent.erased import marks
from core.settings import settings

log = logging.getLogger(__name__)
FILE = "erased.log"
_ADDRESS, _PERSON = "address", "person"
_WANTED = "erased_log"


@dataclass(frozen=True)
class Listed:
    """The hashes that are noted: of addresses, and of the public ids of people."""

    addresses: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)


def path() -> Path:
    """Return where the list lies."""
    return settings().data_dir / FILE


def note(session: Session, *, addresses: Iterable[str], people: Iterable[str]) -> None:
    """Have these addresses and public ids noted once the transaction is committed."""
    lines = [f"{_ADDRESS} {marks(one)[0]}" for one in addresses]
    lines += [f"{_PERSON} {marks(one)[0]}" for one in people]
    session.info.setdefault(_WANTED, []).extend(lines)


def complete(address_marks: Collection[str]) -> None:
    """Note the hashes of addresses that a store knows and the list does not."""
    known = read().addresses
    _append([f"{_ADDRESS} {one}" for one in address_marks if one not in known])


def read() -> Listed:
    """Return what is noted; nothing where there is no list, and a torn last line is left out."""
    found = Listed()
    kinds = {_ADDRESS: found.addresses, _PERSON: found.people}
    lines = path().read_text(encoding="ascii").splitlines() if path().exists() else []
    for line in lines:
        kind, _, mark = line.partition(" ")
        if kind in kinds and len(mark) == len(marks("")[0]):
            kinds[kind].add(mark)
    return found


def _append(lines: Collection[str]) -> None:
    if not lines:
        return
    path().parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())


@event.listens_for(Session, "after_commit")
def _write(session: Session) -> None:
    """What cannot be written now is told by the store to the next backup."""
    try:
        _append(session.info.pop(_WANTED, []))
    except OSError as error:
        log.warning("the list of erased people cannot be written: %s", error.strerror)


@event.listens_for(Session, "after_rollback")
def _drop(session: Session) -> None:
    session.info.pop(_WANTED, None)
