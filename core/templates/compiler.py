"""Compile a template's text once; fill it in many times."""

import datetime as dt
import string
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.errors import Invalid
from core.i18n import formats
from core.i18n.terms import Reader
from core.templates import grammar
from core.templates.terms import Compiled, MissingValue

Finish = Callable[[object], str]
MAX_OUTPUT_CHARACTERS = 1_000_000
_PUNCTUATION = str.maketrans({sign: f"\\{sign}" for sign in string.punctuation})


@lru_cache(maxsize=256)
def compile_text(subject: str, body: str) -> Compiled:
    """Return the checked text; raises Invalid naming the field, the line and the fix."""
    needs: list[str] = []
    for field, source in (("subject", subject), ("body", body)):
        if not source.strip():
            raise Invalid(f"template.empty_{field}", field=field)
        try:
            needs += grammar.check(source)
        except Invalid as error:
            raise Invalid(error.code, field=field, **error.params) from error
    return Compiled(subject=subject, body=body, needs=tuple(dict.fromkeys(needs)))


def fill(source: str, values: Mapping[str, object], reader: Reader, *, finish: Finish) -> str:
    """Return the text with its values; each inserted value passes through `finish`."""
    try:
        text = _template(source, reader, finish).render(values)
    except (TemplateError, ValueError, TypeError, KeyError, ArithmeticError) as error:
        raise Invalid("template.cannot_render", what=str(error)[:200]) from error
    if len(text) > MAX_OUTPUT_CHARACTERS:
        raise Invalid("template.too_long", limit=MAX_OUTPUT_CHARACTERS)
    return text


def require_values(compiled: Compiled, values: Mapping[str, object]) -> None:
    """Raise MissingValue for the first name that this text needs and the values lack."""
    for name in compiled.needs:
        if _is_missing(_at(values, name)):
            raise MissingValue(name)


def missing_name(compiled: Compiled, values: Mapping[str, object]) -> str | None:
    """Return the first name that the text needs and the values lack, or None."""
    try:
        require_values(compiled, values)
    except MissingValue as missing:
        return missing.name
    return None


def in_markdown(value: object) -> str:
    """Return a value as one line of Markdown text that cannot be read as markup."""
    return in_subject(value).translate(_PUNCTUATION)


def in_subject(value: object) -> str:
    """Return a value as one plain line without control characters."""
    kept = (" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in str(value))
    return "".join(kept)


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, (str, list, Mapping)) and not value)


def _at(values: Mapping[str, object], name: str) -> Any:
    found: Any = values
    for part in name.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found


@lru_cache(maxsize=512)
def _template(source: str, reader: Reader, finish: Finish) -> Template:
    return _environment(reader, finish).from_string(source)


@lru_cache(maxsize=64)
def _environment(reader: Reader, finish: Finish) -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        autoescape=False,
        finalize=finish,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals.clear()
    made.filters = _filters(reader)
    return made


def _filters(reader: Reader) -> dict[str, Callable[..., object]]:
    return {
        "number": lambda value: formats.number(value, reader),
        "date": lambda value: formats.date(dt.date.fromisoformat(value), reader),
        "moment": lambda value: formats.moment(dt.datetime.fromisoformat(value), reader),
        "duration": lambda value: formats.duration(dt.timedelta(seconds=value), reader),
        "money": lambda minor, currency: formats.money(minor, currency, reader),
        "default": lambda value, fallback="": value or fallback,
    }
