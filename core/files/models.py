"""Rows of files; the bytes lie in a table of their own."""

from sqlalchemy import LargeBinary
from sqlmodel import Field

from core.db import Row, ref


class File(Row, table=True):
    """A file of at most 20 MB, stored once by its content."""

    __tablename__ = "file"

    sha256: str = Field(max_length=64, unique=True)
    size: int
    mime: str = Field(max_length=100)
    original_name: str = Field(max_length=255)


class FileBlob(Row, table=True):
    """The bytes of a file."""

    __tablename__ = "file_blob"

    file_id: int = ref("file", unique=True)
    content: bytes = Field(sa_type=LargeBinary)
