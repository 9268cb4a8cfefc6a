"""The header guard: what a person or a template wrote may become a header, or may not.

The interpreter is not to be relied on here: an encoded word (RFC 2047) whose decoded text holds a
line break came out of its serialiser as a real extra header. So words are decoded first, as often
as they decode, and every layer is searched for control signs.
"""

import binascii
import re
from itertools import pairwise

from core.errors import Invalid

MAX_VALUE = 8_000
MAX_LAYERS = 8
MAX_NAME = 50
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_WORD = re.compile(r"=\?([^?]*)\?([bq])\?(.*?)\?=", re.IGNORECASE | re.DOTALL)
_CONTROL_BYTES = re.compile(rb"[\x00-\x1f\x7f]")
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_OVERRIDES = re.compile("[\u202d\u202e]")
_HIDDEN_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")


def safe_header(name: str, value: str) -> str:
    """Return the value unchanged, proved to be fit for a header of this name.

    Raises Invalid `header.unsafe` or `header.too_long` with the header's name as the field. A fit
    value still has to be folded or encoded: see `core.delivery.headers`.
    """
    if len(value) > MAX_VALUE:
        raise Invalid("header.too_long", field=name, limit=MAX_VALUE)
    if any(_is_unsafe(layer) for layer in _layers(value)):
        raise Invalid("header.unsafe", field=name)
    return value


def safe_header_name(name: str) -> str:
    """Return the name of a header; raises Invalid `header.bad_name`."""
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        raise Invalid("header.bad_name", field=name[:MAX_NAME])
    return name


def clean_name(name: str) -> str:
    """Return a name of a person or a file without signs that turn its letters around.

    ZWNJ and the plain marks LRM and RLM stay: Persian cannot be written without the first.
    """
    return _HIDDEN_DIRECTION.sub("", name)


def has_hidden_direction(text: str) -> bool:
    """Return whether the text is not read in the order in which it is shown."""
    return _HIDDEN_DIRECTION.search(text) is not None


def decoded(value: str) -> str:
    """Return the value as a reader shows it: encoded words decoded once, neighbours joined."""
    out: list[str] = []
    position = 0
    words: list[re.Match[str]] = []
    for word in _WORD.finditer(value):
        between = value[position : word.start()]
        if words and between.strip(" \t\r\n"):
            out.append(_joined(words))
            words = []
        if not words:
            out.append(between)
        words.append(word)
        position = word.end()
    return "".join([*out, _joined(words), value[position:]])


def _is_unsafe(text: str) -> bool:
    """Return whether this layer holds a control sign, as text or as bytes inside its words."""
    if _UNSAFE.search(text) or _OVERRIDES.search(text):
        return True
    return any(_CONTROL_BYTES.search(_bytes(word)) for word in _WORD.finditer(text))


def _layers(value: str) -> list[str]:
    """Return the value and all that it decodes to; a value that never settles ends unsafe."""
    layers = [value]
    for _ in range(MAX_LAYERS):
        inner = decoded(layers[-1])
        if inner == layers[-1]:
            return layers
        layers += [_each_alone(layers[-1]), inner]
    return [*layers, "\0"]


def _each_alone(value: str) -> str:
    """Return the value as a reader shows it that decodes each word for itself."""
    return _WORD.sub(lambda word: _text(_bytes(word), _charset(word)), value)


def _joined(words: list[re.Match[str]]) -> str:
    """Return the text of neighbouring words; a character may lie across two of one charset."""
    if not words:
        return ""
    raw = _bytes(words[0])
    out: list[str] = []
    for before, word in pairwise(words):
        if _charset(word) != _charset(before):
            out.append(_text(raw, _charset(before)))
            raw = b""
        raw += _bytes(word)
    return "".join([*out, _text(raw, _charset(words[-1]))])


def _charset(word: re.Match[str]) -> str:
    return word[1].partition("*")[0].strip().lower()


def _bytes(word: re.Match[str]) -> bytes:
    content = word[3].encode("utf-8", "surrogatepass")
    if word[2] in "qQ":
        return binascii.a2b_qp(content, header=True)
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", content)
    return binascii.a2b_base64(letters[: len(letters) - (len(letters) % 4 == 1)] + b"===")


def _text(raw: bytes, charset: str) -> str:
    """Return the text; bytes in an unknown charset are read as they lie, for the search alone."""
    try:
        return raw.decode(charset, "replace")
    except (LookupError, ValueError):
        return raw.decode("latin-1")
