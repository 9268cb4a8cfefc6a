"""Example values for a template, so that a text can be looked at before anybody gets it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from jinja2 import nodes

from core.i18n.catalog import codes, translate
from core.i18n.terms import Language
from core.templates.grammar import dotted_name, parse

SAMPLE_COUNT = 12
_ROW = "[]"


@dataclass(frozen=True)
class _Read:
    """A name that a text reads: where its value is put, and the filter it goes through, if any."""

    path: str
    filter: str = ""


def values_for(subject: str, body: str, *, language: Language, now: datetime) -> dict[str, object]:
    """Return plausible values for every name that these texts read.

    A number where it is formatted as one, today for a date, one row for a list, else what the
    field is called in the language; a field nobody translated is called by its own name.
    """
    values: dict[str, object] = {}
    found = [one for source in (subject, body) for one in _reads(parse(source), {})]
    found.sort(key=lambda one: not one.filter)  # a format says more than `if`
    for one in found:
        _put(values, one.path, _example(one, language, now))
    return values


def _reads(node: nodes.Node, loops: dict[str, str]) -> Iterator[_Read]:
    if isinstance(node, nodes.For) and isinstance(node.target, nodes.Name):
        rows = dotted_name(node.iter) or ""
        for child in node.body:
            yield from _reads(child, {**loops, node.target.name: rows})
        for child in node.else_:
            yield from _reads(child, loops)
        yield _Read(f"{rows}{_ROW}")
        return
    if isinstance(node, nodes.Filter) and node.node is not None:
        name = dotted_name(node.node)
        if name is not None:
            yield _Read(_placed(name, loops), "" if node.name == "default" else node.name)
            return
    name = dotted_name(node)
    if name is not None:
        yield _Read(_placed(name, loops))
        return
    for child in node.iter_child_nodes():
        yield from _reads(child, loops)


def _placed(name: str, loops: dict[str, str]) -> str:
    """Return the name with its loop variable replaced by the list it runs over: `items[].title`."""
    first, _, rest = name.partition(".")
    if first not in loops:
        return name
    return f"{loops[first]}{_ROW}.{rest}" if rest else f"{loops[first]}{_ROW}"


def _example(one: _Read, language: Language, now: datetime) -> object:
    if one.filter in {"number", "money"}:
        return SAMPLE_COUNT
    if one.filter == "duration":
        return SAMPLE_COUNT * 3600
    if one.filter == "date":
        return now.date().isoformat()
    if one.filter == "moment":
        return now.isoformat()
    if one.path.startswith("links."):
        return "https://example.com/"
    return f"«{_called(one.path, language)}»"


def _called(path: str, language: Language) -> str:
    """Return what people call the field: by its whole name where that has a word, or the last."""
    path = path.replace(_ROW, "")
    last = path.rpartition(".")[2]
    known = codes(language)
    for code in (f"templates.field.{path}", f"templates.sample.{last}"):
        if code in known:
            return translate(language, code)
    return last.replace("_", " ")


def _put(values: dict[str, object], path: str, value: object) -> None:
    """Put the value where its name leads; what is there already stays."""
    here = values
    *before, last = path.split(".")
    for part in before:
        is_list = part.endswith(_ROW)
        rows = here.setdefault(part.removesuffix(_ROW), [{}] if is_list else {})
        found = rows[0] if isinstance(rows, list) else rows
        if not isinstance(found, dict):
            return
        here = found
    here.setdefault(last.removesuffix(_ROW), [value] if last.endswith(_ROW) else value)
