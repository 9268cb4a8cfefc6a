"""Finds out how the text of a file is written, from its bytes alone."""

import codecs
import re
from pathlib import Path

from core.jobs.terms import Encoding

_HEAD = 64 * 1024
_BLOCK = 1024 * 1024
_ENOUGH = 20_000
_NUL_SHARE = 0.02
_MARKS = (
    (codecs.BOM_UTF8, Encoding.UTF8_SIG),
    (codecs.BOM_UTF16_LE, Encoding.UTF16),
    (codecs.BOM_UTF16_BE, Encoding.UTF16),
)
_HIGH_RUN = re.compile(rb"([A-Za-z]?)([\x80-\xff]+)([A-Za-z]?)")
_UNKNOWN_TO_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


def detect_encoding(path: Path) -> Encoding:
    """Return how the file is written: by its mark, else UTF-16, UTF-8, cp1256 or cp1252.

    UTF-8 is proved on the whole file: its first other byte may stand on the last line.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    return _unmarked_utf16(head) or (Encoding.UTF8 if _is_utf8(path) else _single_byte(path))


def is_text(head: bytes) -> bool:
    """Return whether the beginning of a file may be text: NULs occur in UTF-16 only."""
    is_marked = any(head.startswith(mark) for mark, _ in _MARKS)
    return is_marked or b"\0" not in head or _unmarked_utf16(head) is not None


def _unmarked_utf16(head: bytes) -> Encoding | None:
    """Return the byte order, told by the zero half of separators, digits and line ends."""
    length = len(head) // 2
    if not length:
        return None
    first, second = head[0::2].count(0) / length, head[1::2].count(0) / length
    if second >= _NUL_SHARE and first * 10 <= second:
        return Encoding.UTF16_LE
    if first >= _NUL_SHARE and second * 10 <= first:
        return Encoding.UTF16_BE
    return None


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _single_byte(path: Path) -> Encoding:
    """Tell Arabic letters from accented Latin ones, which share their bytes.

    Arabic words are runs of high bytes; an accented letter stands alone among ASCII letters.
    """
    arabic = latin = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if _UNKNOWN_TO_CP1252.search(block):  # پ چ ژ گ
                return Encoding.CP1256
            for before, run, after in _HIGH_RUN.findall(block):
                touches = bool(before or after)
                arabic += 0 if touches or len(run) == 1 else len(run)
                latin += 1 if touches and len(run) == 1 else 0
            if arabic + latin > _ENOUGH:
                break
    return Encoding.CP1256 if arabic > latin else Encoding.CP1252
