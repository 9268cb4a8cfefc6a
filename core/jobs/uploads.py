"""Files that wait to be imported: in the data directory of this host, under random names.

The name a person gave a file is never part of a path.
"""

import re
import secrets
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import event
from sqlmodel import Session

from core.errors import Invalid, NotFound
from core.jobs.terms import MEGABYTE, PAGE_LIMITS
from core.settings import settings

_NAME = re.compile(r"[0-9a-f]{32}")
_BLOCK = 1024 * 1024


def keep(source: BinaryIO, *, limit: int = PAGE_LIMITS.size) -> str:
    """Copy an uploaded file to its place and return its stored name.

    Raises:
        Invalid: "file.too_large"; nothing is kept then.
    """
    name = secrets.token_hex(16)
    path = _folder() / name
    try:
        with path.open("xb") as target:
            _copy(source, target, limit)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return name


def _copy(source: BinaryIO, target: BinaryIO, limit: int) -> None:
    size = 0
    while block := source.read(_BLOCK):
        size += len(block)
        if size > limit:
            raise Invalid("file.too_large", limit=limit // MEGABYTE)
        target.write(block)


def path_of(name: str) -> Path:
    """Return where the file lies; raises NotFound when it is not on this host."""
    path = _folder() / name
    if not _NAME.fullmatch(name) or not path.is_file():
        raise NotFound("job.upload_missing")
    return path


def is_here(name: str) -> bool:
    """Return whether the file lies on this host."""
    return _NAME.fullmatch(name) is not None and (_folder() / name).is_file()


def remove(name: str) -> None:
    """Remove the file, if it is here."""
    if _NAME.fullmatch(name):
        (_folder() / name).unlink(missing_ok=True)


def remove_after_commit(session: Session, name: str) -> None:
    """Have the file removed once this transaction is committed."""
    session.info.setdefault("ended_uploads", set()).add(name)


def names() -> dict[str, float]:
    """Return the stored files of this host with the time of their last change, in epoch seconds."""
    return {path.name: path.stat().st_mtime for path in _folder().iterdir()}


def _folder() -> Path:
    folder = settings().data_dir / "uploads"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@event.listens_for(Session, "after_commit")
def _remove_ended(session: Session) -> None:
    for name in session.info.pop("ended_uploads", ()):
        remove(name)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop("ended_uploads", None)
