"""Looks into a spreadsheet file before anything unpacks it: it must not swell beyond measure."""

import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from core.errors import Invalid
from core.jobs.terms import MEGABYTE, Limits

_MOST_PARTS = 2_000
_MOST_UNPACKED = 600 * MEGABYTE
_SMALL = 64 * 1024
_BLOCK = 64 * 1024
_HEADER = 30


def check_archive(path: Path, limits: Limits) -> None:
    """Raise Invalid unless every part really unpacks to a bearable size.

    The sizes an archive states may be lies, so each part is unpacked to nowhere and counted.

    Raises:
        Invalid: "file.unreadable" or "file.swells".
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError) as error:
        raise Invalid("file.unreadable") from error
    is_strange = any(part.flag_bits & 1 or part.header_offset < 0 for part in parts)
    if is_strange or len(parts) > _MOST_PARTS:
        raise Invalid("file.unreadable")
    allowed = min(max(path.stat().st_size, _SMALL) * limits.inflation, _MOST_UNPACKED)
    with path.open("rb") as file:
        for part in parts:
            allowed -= _unpacked_size(file, part, allowed)


def _unpacked_size(file: BinaryIO, part: zipfile.ZipInfo, allowed: int) -> int:
    """Return how many bytes a part unpacks to; raises Invalid once they are more than allowed."""
    if part.compress_type == zipfile.ZIP_STORED:
        size = max(part.file_size, part.compress_size)
    elif part.compress_type == zipfile.ZIP_DEFLATED:
        size = _inflated_size(file, part, allowed)
    else:
        raise Invalid("file.unreadable")
    if size > allowed:
        raise Invalid("file.swells")
    return size


def _inflated_size(file: BinaryIO, part: zipfile.ZipInfo, allowed: int) -> int:
    file.seek(part.header_offset)
    header = file.read(_HEADER)
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    inflater, left, size = zlib.decompressobj(-zlib.MAX_WBITS), part.compress_size, 0
    try:
        while left > 0 and size <= allowed and (block := file.read(min(_BLOCK, left))):
            left -= len(block)
            while block and size <= allowed:
                size += len(inflater.decompress(block, _BLOCK))
                block = inflater.unconsumed_tail
    except zlib.error as error:
        raise Invalid("file.unreadable") from error
    return size
