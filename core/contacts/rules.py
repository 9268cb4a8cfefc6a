"""Pure decisions about people: by what they are found, and what a text looks for."""

import re
from collections.abc import Collection, Iterable

from core.contacts.phones import searchable
from core.i18n.text import search_key, stored

SEARCH_LENGTH = 300
GRAM = 3
"""The index knows pieces of three characters."""

_DIALLED = re.compile(r"\+?[\d().\-/]{5,}")
_MARKS = re.compile(r"[().\-/]")
_MOST_WORDS = 8


def search_text(
    first_name: str,
    last_name: str,
    *,
    emails: Iterable[str] = (),
    phones: Iterable[str] = (),
    company: str = "",
) -> str:
    """Return all that a person is found by, folded: name, company, addresses, numbers.

    emails and phones: normalised. The name stands first, so that lists sort by it.
    """
    words = search_key(f"{first_name} {last_name} {company}")
    return " ".join([words, *emails, *map(searchable, phones)]).strip()[:SEARCH_LENGTH]


def search_words(text: str) -> list[str]:
    """Return the folded words a text looks for; a phone number in groups counts as one.

    Signs that are never kept are not looked for; the index would stumble over a NUL.
    """
    found = [_dialled(word) for word in search_key(stored(text)).split()]
    return [word for word in found if word][:_MOST_WORDS]


def grams(words: Iterable[str]) -> list[str]:
    """Return the pieces that must all be in the index where the words are.

    A word of two characters is looked for at the beginning of words, so its piece has a space.
    """
    found: dict[str, None] = {}
    for word in words:
        text = f" {word}" if len(word) == GRAM - 1 else word
        found |= dict.fromkeys(text[at : at + GRAM] for at in range(len(text) - GRAM + 1))
    return list(found)


def holds(key: str, words: Collection[str]) -> bool:
    """Return whether a person with this search key is meant by the words."""
    return all(_is_in(key, word) for word in words)


def _is_in(key: str, word: str) -> bool:
    """A long word anywhere, two signs at the beginning of a word, one of the whole."""
    if len(word) >= GRAM:
        return word in key
    return key.startswith(word) if len(word) == 1 else f" {word}" in f" {key}"


def _dialled(word: str) -> str:
    if not _DIALLED.fullmatch(word):
        return word
    digits = _MARKS.sub("", word)
    return f"+{digits[2:]}" if digits.startswith("00") else digits
