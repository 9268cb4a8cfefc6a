"""Keep a file once by its content, and read it back."""

import hashlib

from sqlmodel import Session, select

from core.errors import Invalid
from core.files.models import File, FileBlob
from core.i18n.text import stored_line

MOST_BYTES = 20 * 1024 * 1024
NAME_LIMIT, MIME_LIMIT = 255, 100


def keep(session: Session, *, name: str, mime: str, content: bytes) -> File:
    """Return the file with these bytes, kept now unless it was. A building block.

    Raises Invalid `form.file_empty` or `form.file_large`.
    """
    if not content:
        raise Invalid("form.file_empty", field="file")
    if len(content) > MOST_BYTES:
        raise Invalid("form.file_large", field="file", limit=MOST_BYTES // (1024 * 1024))
    digest = hashlib.sha256(content).hexdigest()
    known = session.exec(select(File).where(File.sha256 == digest)).first()
    if known is not None:
        return known
    made = File(
        sha256=digest,
        size=len(content),
        mime=stored_line(mime)[:MIME_LIMIT] or "application/octet-stream",
        original_name=stored_line(name)[-NAME_LIMIT:] or "file",
    )
    session.add(made)
    session.flush()
    session.add(FileBlob(file_id=made.id, content=content))
    session.flush()
    return made


def content_of(session: Session, file_id: int) -> bytes:
    """Return the bytes of a file that is there."""
    return session.exec(select(FileBlob.content).where(FileBlob.file_id == file_id)).one()
