"""Example values for a template, so that a text can be looked at before anybody gets it."""

from collections.abc import Iterator
from datetime import datetime

from jinja2 import nodes

from core.templates.grammar import dotted_name, parse

SAMPLE_COUNT = 12


def values_for(subject: str, body: str, *, now: datetime) -> dict[str, object]:
    """Return plausible values for every name that these texts read.

    A number where it is formatted as one, today for a date, one row for a list, else the name.
    """
    values: dict[str, object] = {}
    found = [one for source in (subject, body) for one in _found(parse(source), {}, now)]
    found.sort(key=lambda one: one[1] == _example("", one[0], now))  # a format says more than `if`
    for name, value in found:
        _put(values, name, value)
    return values


def _found(node: nodes.Node, loops: dict[str, str], now: datetime) -> Iterator[tuple[str, object]]:
    if isinstance(node, nodes.For) and isinstance(node.target, nodes.Name):
        rows = dotted_name(node.iter) or ""
        inner = {**loops, node.target.name: rows}
        for child in node.body:
            yield from _found(child, inner, now)
        return
    if isinstance(node, nodes.Filter) and node.node is not None:
        name = dotted_name(node.node)
        if name is not None:
            yield _placed(name, loops), _example(node.name, name, now)
            return
    name = dotted_name(node)
    if name is not None:
        yield _placed(name, loops), _example("", name, now)
        return
    for child in node.iter_child_nodes():
        yield from _found(child, loops, now)


def _placed(name: str, loops: dict[str, str]) -> str:
    """Return the name with its loop variable replaced by the list it runs over: `items[].title`."""
    first, _, rest = name.partition(".")
    return f"{loops[first]}[].{rest}" if first in loops else name


def _example(filter_name: str, name: str, now: datetime) -> object:
    if filter_name in {"number", "money"}:
        return SAMPLE_COUNT
    if filter_name == "duration":
        return SAMPLE_COUNT * 3600
    if filter_name == "date":
        return now.date().isoformat()
    if filter_name == "moment":
        return now.isoformat()
    if name.startswith("links."):
        return "https://example.com/"
    return f"«{name.rpartition('.')[2].replace('_', ' ')}»"


def _put(values: dict[str, object], name: str, value: object) -> None:
    here = values
    parts = name.split(".")
    for part in parts[:-1]:
        is_list = part.endswith("[]")
        rows = here.setdefault(part.removesuffix("[]"), [{}] if is_list else {})
        found = rows[0] if isinstance(rows, list) else rows
        if not isinstance(found, dict):
            return
        here = found
    here.setdefault(parts[-1], value)
