"""The catalogues: a code and its parameters become a sentence in the reader's language."""

import logging
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from babel import Locale

from core.i18n.digits import grouped, localise
from core.i18n.po import Message, read_po
from core.i18n.terms import Figures, Language, Word
from core.i18n.text import direction, isolate

log = logging.getLogger(__name__)

_ROOT = Path(__file__).parent / "locale"
# Doubled braces are the variables of templates, shown to their authors as they are.
_PLACEHOLDER = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")
_CATEGORIES = {
    Language.FA: ("one", "other"),
    Language.AR: ("zero", "one", "two", "few", "many", "other"),
    Language.EN: ("one", "other"),
}
_COMMA = {Language.FA: "، ", Language.AR: "، ", Language.EN: ", "}


def translate(language: Language, code: str, /, **params: object) -> str:
    """Return the message in the language; the code itself where there is none, with a warning.

    `count` chooses the plural form. Numbers appear in the language's digits with thousands marked,
    a `Word` is translated too, a list becomes words between commas, and text that runs the other
    way is isolated.
    """
    message = messages(language).get(code)
    if message is None:
        log.warning("no message %s in %s", code, language)
        return code
    text = message.forms[_form_index(language, message, params)]
    if "{" not in text:
        return text

    def filled(match: re.Match[str]) -> str:
        if match[1] in params:
            return _shown(params[match[1]], language)
        log.warning("message %s lacks its parameter %s", code, match[1])
        return match[0]

    return _PLACEHOLDER.sub(filled, text)


def codes(language: Language) -> frozenset[str]:
    """Return every code that has a message in the language."""
    return frozenset(messages(language))


@lru_cache(maxsize=len(Language))
def messages(language: Language) -> Mapping[str, Message]:
    """Return the catalogue of a language, read once.

    Raises:
        ValueError: Two files, or one twice, hold the same code, or a file is not valid.
    """
    return load(_ROOT / language)


def load(folder: Path) -> Mapping[str, Message]:
    """Return the messages of all files of a folder together.

    Raises:
        ValueError: As `messages`.
    """
    found: dict[str, Message] = {}
    for path in sorted(folder.glob("*.po")):
        try:
            entries = read_po(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
        entries.pop("", None)
        if twice := found.keys() & entries.keys():
            raise ValueError(f"{path} repeats {', '.join(sorted(twice))} of another file")
        found |= entries
    return MappingProxyType(found)


def plural_categories(language: Language) -> tuple[str, ...]:
    """Return the plural categories of the language in the order of its msgstr indexes."""
    return _CATEGORIES[language]


@lru_cache(maxsize=len(Language))
def _locale(language: Language) -> Locale:
    return Locale.parse(language)


def _form_index(language: Language, message: Message, params: Mapping[str, object]) -> int:
    if not message.is_plural:
        return 0
    count, category = params.get("count"), "other"
    if isinstance(count, int | float | Decimal):
        category = _locale(language).plural_form(count)
    return min(_CATEGORIES[language].index(category), len(message.forms) - 1)


def _shown(value: object, language: Language) -> str:
    match value:
        case bool():
            shown = translate(language, "common.yes" if value else "common.no")
        case int() | float() | Decimal():
            shown = grouped(value, language)
        case Word():
            shown = translate(language, value)
        case str() if not isinstance(value, Figures):
            runs_along = direction(value) in {None, language.direction}
            shown = value if runs_along else isolate(value)
        case list() | tuple():
            shown = _COMMA[language].join(_shown(item, language) for item in value)
        case _:
            shown = localise(str(value), language)
    return shown
