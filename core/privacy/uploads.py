"""Files that wait to be imported: whichever names the person goes, with the draft it belongs to."""

import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from sqlmodel import Session, col, select

from core.errors import Conflict
from core.jobs import uploads
from core.jobs.models import Job
from core.jobs.terms import JobState

_BLOCK = 1024 * 1024
_WRITINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp1256")
_AT_WORK = (JobState.QUEUED, JobState.RUNNING)


def drop_naming(session: Session, words: Collection[str]) -> int:
    """Return how many files go once this is committed, for they hold one of the words.

    Raises Conflict "privacy.import_running" where one of them is being imported.
    """
    spelled = list(_spelled(words))
    found = [name for name in uploads.names()
             if uploads.is_here(name) and _names(uploads.path_of(name), spelled)]  # fmt: skip
    for job in session.exec(select(Job).where(col(Job.upload).in_(found))):
        if job.state in _AT_WORK:
            raise Conflict("privacy.import_running")
        if job.state is JobState.DRAFT:
            job.state = JobState.ABANDONED
        job.upload = ""
    for name in found:
        uploads.remove_after_commit(session, name)
    session.flush()
    return len(found)


def _spelled(words: Collection[str]) -> Iterator[bytes]:
    for word in words:
        for writing in _WRITINGS:
            try:
                yield word.lower().encode(writing)
            except UnicodeEncodeError:
                continue


def _names(path: Path, spelled: Collection[bytes]) -> bool:
    if not spelled:
        return False
    if not zipfile.is_zipfile(path):  # else a spreadsheet, which is packed
        with path.open("rb") as source:
            return _holds(source, spelled)
    with zipfile.ZipFile(path) as packed:
        for one in packed.infolist():
            with packed.open(one) as source:
                if _holds(source, spelled):
                    return True
    return False


def _holds(source: IO[bytes], spelled: Collection[bytes]) -> bool:
    """Read block by block; what lies across two blocks is found too."""
    overlap = max(len(one) for one in spelled)
    kept = b""
    while block := source.read(_BLOCK):
        text = (kept + block).lower()
        if any(one in text for one in spelled):
            return True
        kept = text[-overlap:]
    return False
