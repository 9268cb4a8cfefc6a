"""How a header is written: folded at spaces, or as encoded words that never split a character.

Everything here returns complete header lines that end in CRLF, in ASCII. The values have passed
`core.delivery.guard` before; what cannot be written without harm is refused, never cut.
"""

import base64
import re

from core.contacts.addresses import EmailAddress, envelope_text
from core.delivery.guard import clean_name, safe_header, safe_header_name
from core.errors import Invalid

MAX_LINE = 998
_WIDTH = 76  # a line with encoded words may not be longer (RFC 2047)
_PLAIN_WIDTH = 78
_WORD_FRAME = len("=?utf-8?b??=")
_MAX_WORD = 75
_PLAIN = re.compile(r"[!-~]+( [!-~]+)*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+( [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_NEEDS_ESCAPE = re.compile(r'["\\]')  # old readers stumble over escapes in a quoted name
# Headers with a grammar of their own, in which an encoded word would be taken for an address.
_STRUCTURED_PREFIXES = ("list-", "auto-submitted", "precedence", "in-reply-to", "references")


def text_header(name: str, value: str) -> str:
    """Return a header of free text; whatever is not plain short ASCII becomes encoded words."""
    safe_header(name, value)
    if not value:
        return f"{name}:\r\n"
    if _is_plain(value):
        return _folded(name, value.split(" "), _PLAIN_WIDTH)
    return _folded(name, _words(name, value), _WIDTH)


def mailbox_header(name: str, display: str, address: EmailAddress) -> str:
    """Return an address header. Bidi controls leave the name; ASCII names stay readable."""
    spec = envelope_text(address)
    shown = safe_header(name, clean_name(display).strip(" "))
    if not shown:
        return _folded(name, [spec], _PLAIN_WIDTH)
    if _is_plain(shown) and not _NEEDS_ESCAPE.search(shown):
        phrase = shown if _ATOMS.fullmatch(shown) else f'"{shown}"'
        return _folded(name, [*phrase.split(" "), f"<{spec}>"], _PLAIN_WIDTH)
    return _folded(name, [*_words(name, shown), f"<{spec}>"], _WIDTH)


def extra_header(name: str, value: str) -> str:
    """Return a header that the caller chose; with a grammar of its own it must be plain ASCII."""
    safe_header_name(name)
    if not name.lower().startswith(_STRUCTURED_PREFIXES):
        return text_header(name, value)
    safe_header(name, value)
    if "=?" in value or not _PLAIN.fullmatch(value):
        raise Invalid("header.not_ascii", field=name)
    return token_header(name, value)


def token_header(name: str, value: str) -> str:
    """Return a header of ASCII tokens (dates, ids, URLs).

    Raises Invalid `header.too_long` when one of them fits no line.
    """
    words = value.split(" ")
    if max(len(word) for word in words) > MAX_LINE - len(name) - 2:
        raise Invalid("header.too_long", field=name, limit=MAX_LINE)
    return _folded(name, words, _PLAIN_WIDTH)


def _is_plain(value: str) -> bool:
    """Return whether the value may stand as it is: folding it loses nothing, nothing decodes."""
    is_ascii = _PLAIN.fullmatch(value) is not None and "=?" not in value
    return is_ascii and max(len(word) for word in value.split(" ")) <= _MAX_WORD


def _folded(name: str, words: list[str], width: int) -> str:
    """Return the header with its words on lines of that width, wherever they fit on one."""
    lines = [f"{name}: {words[0]}"]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(f" {word}")
    return "\r\n".join(lines) + "\r\n"


def _words(name: str, text: str) -> list[str]:
    """Return the text as encoded words, the first short enough to share a line with the name."""
    words: list[str] = []
    room = _octets(_WIDTH - len(name) - 2)
    chunk = b""
    for sign in text:
        octets = sign.encode()
        if len(chunk) + len(octets) > room:
            words.append(_word(chunk))
            chunk, room = b"", _octets(_MAX_WORD)
        chunk += octets
    return [*words, _word(chunk)]


def _octets(width: int) -> int:
    """Return how many octets of text an encoded word of that width can carry."""
    return (width - _WORD_FRAME) // 4 * 3


def _word(chunk: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(chunk).decode()}?="
