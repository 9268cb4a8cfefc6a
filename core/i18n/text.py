"""Text as people type it: made safe to keep, comparable to search, unmixed to show."""

import re
import unicodedata

from core.i18n.digits import to_ascii
from core.i18n.terms import Direction

_FSI, _PDI = "\u2068", "\u2069"
_LINE_ENDS = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
# C0 and C1 controls but tab and newline; bidi overrides, embeddings and isolates; lone surrogates;
# byte order mark and noncharacters. ZWNJ, ZWJ and the single marks (LRM, RLM, ALM) stay.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufff9-\uffff]"
)
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_NUMBER_LIKE = re.compile(r"[0-9]")

_LETTERS = str.maketrans(
    {
        "ي": "ی",
        "ى": "ی",
        "\u06d2": "ی",  # yeh barree
        "\u06d0": "ی",  # e
        "ك": "ک",
        "\u06aa": "ک",  # swash kaf
        "ة": "ه",
        "\u06c3": "ه",  # teh marbuta goal
        "\u06d5": "ه",  # ae
        "\u06c1": "ه",  # heh goal
        "\u06be": "ه",  # heh doachashmee
        "ٱ": "ا",
        "ء": None,
        "ـ": None,
    }
)


def _silent_marks() -> dict[int, None]:
    """Diacritics and invisible format characters, which search does not see."""
    ranges = (range(0x0300, 0x3100), range(0xA000, 0xB000), range(0xFB00, 0x10000))
    marks = [0xAD] + [
        point
        for points in ranges
        for point in points
        if unicodedata.category(chr(point)) in {"Mn", "Cf"}
    ]
    return dict.fromkeys(marks)


_SILENT = _silent_marks()


def stored(text: str) -> str:
    """Return the text as it may be kept: trimmed, without controls and bidi overrides.

    Tabs stay, and every kind of line end becomes a newline.
    """
    return _UNSAFE.sub("", _LINE_ENDS.sub("\n", text)).strip()


def stored_line(text: str) -> str:
    """Return the text as one line: like `stored`, with every run of white space as one space."""
    return " ".join(stored(text).split())


def persian_letters(text: str) -> str:
    """Return text known to be Persian with its own ی and ک instead of the Arabic ones."""
    return text.replace("ي", "ی").replace("ى", "ی").replace("ك", "ک")


def search_key(text: str) -> str:
    """Return what two spellings of the same words have in common; for comparing, never to show.

    Arabic and Persian letter forms, digits, case, diacritics, ZWNJ and tatweel make no difference.
    """
    if text.isascii():
        return " ".join(text.casefold().split())
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return " ".join(to_ascii(folded.translate(_SILENT).translate(_LETTERS)).split())


def direction(text: str) -> Direction | None:
    """Return the direction of the first letter; digits and signs alone read left to right.

    None where the text has no letter and no digit of a left-to-right script.
    """
    for character in text:
        match unicodedata.bidirectional(character):
            case "L":
                return "ltr"
            case "R" | "AL":
                return "rtl"
    is_number_like = _NUMBER_LIKE.search(text) is not None and not text.isdecimal()
    return "ltr" if is_number_like else None


def isolate(text: str) -> str:
    """Return the text wrapped so that it cannot reorder the sentence around it."""
    return f"{_FSI}{_BIDI_CONTROLS.sub('', text)}{_PDI}"
