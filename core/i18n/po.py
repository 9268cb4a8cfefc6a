"""Reads the part of gettext's PO format that the catalogues use.

Babel's reader knows one plural form for Persian and drops the second, so the forms are read here.
"""

import json
import re
from dataclasses import dataclass

_LINE = re.compile(r'(?:(msgid|msgid_plural|msgstr)(?:\[(\d)\])?[ \t]+)?(".*")')


@dataclass(frozen=True)
class Message:
    """One translated message: a single form, or one for each plural category of the language."""

    forms: tuple[str, ...]
    is_plural: bool


def read_po(text: str) -> dict[str, Message]:
    """Return the messages by msgid, the header under the empty one; empty translations are absent.

    Raises:
        ValueError: A line is not PO, an entry is incomplete, or a msgid comes twice.
    """
    messages: dict[str, Message] = {}
    for entry in _entries(text):
        code = entry.pop("msgid")
        if code in messages:
            raise ValueError(f"msgid {code!r} comes twice")
        is_plural = entry.pop("msgid_plural", None) is not None
        forms = tuple(entry[key] for key in sorted(entry))
        if not forms:
            raise ValueError(f"msgid {code!r} has no msgstr line")
        if any(forms):
            messages[code] = Message(forms, is_plural)
    return messages


def _entries(text: str) -> list[dict[str, str]]:
    """Return each entry as its fields: msgid, msgid_plural, and msgstr0 and on."""
    entries: list[dict[str, str]] = []
    field = ""
    for number, line in enumerate(text.split("\n"), start=1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        match = _LINE.fullmatch(bare)
        if match is None:
            raise ValueError(f"line {number} is not PO: {bare[:60]}")
        keyword, index, quoted = match.groups()
        if keyword == "msgid":
            entries.append({})
        if keyword:
            field = f"msgstr{index or 0}" if keyword == "msgstr" else keyword
        if not entries or not field:
            raise ValueError(f"line {number} stands before the first msgid")
        fields = entries[-1]
        fields[field] = fields.get(field, "") + _unquoted(quoted)
    return entries


def _unquoted(quoted: str) -> str:
    """Return what stands between the quotes; most of it needs no reading sign by sign."""
    inner = quoted[1:-1]
    is_plain = inner.isprintable() and "\\" not in inner and '"' not in inner
    return inner if is_plain else str(json.loads(quoted))
