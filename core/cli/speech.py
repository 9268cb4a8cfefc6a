"""How commands speak: in the installation's language; results on stdout, the rest on stderr."""

import sys

from core.access.terms import Actor
from core.i18n.catalog import translate
from core.i18n.terms import Language
from core.settings import settings

COMMAND_LINE = Actor(kind="system", id=None, name="command line", is_system=True)
"""Whoever may run commands on this machine may read the store's file as well."""


def language() -> Language:
    """Return the language commands speak; English while the settings cannot be read."""
    try:
        return Language(settings().default_language)
    except ValueError:  # an unknown language, or settings that are not valid
        return Language.EN


def words(code: str, **params: object) -> str:
    """Return the message in that language."""
    return translate(language(), code, **params)


def say(code: str, **params: object) -> None:
    """Write a result."""
    sys.stdout.write(f"{words(code, **params)}\n")


def remark(code: str, **params: object) -> None:
    """Write what is not a result: progress and warnings."""
    sys.stderr.write(f"{words(code, **params)}\n")


def show(text: str) -> None:
    """Write a result that is not a sentence: a link, a key, figures."""
    sys.stdout.write(f"{text}\n")
