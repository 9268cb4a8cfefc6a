"""What may stand in a template: a small, harmless part of Jinja2, checked on its syntax tree.

Values are plain data and nothing can be called, multiplied or nested without bound, so the cost
of a rendering is bounded by the length of the text and of the lists it is given.
"""

from collections.abc import Iterator

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.errors import Invalid

MAX_SOURCE_CHARACTERS = 100_000
FILTERS = frozenset({"number", "date", "moment", "duration", "money", "default"})
ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Filter,
    nodes.Const,
    nodes.If,
    nodes.For,
    nodes.Compare,
    nodes.Operand,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Test,
)
_parser = ImmutableSandboxedEnvironment()


def check(source: str) -> tuple[str, ...]:
    """Return the dotted names that must have a value; raises Invalid naming the line.

    A name read through `default("…")`, or inside an `{% if %}` that asks for it, may be empty.
    """
    tree = parse(source)
    _walk(tree, loops=0)
    found = dict.fromkeys(_needs(tree, frozenset(), frozenset()))
    return tuple(found)


def parse(source: str) -> nodes.Template:
    """Return the syntax tree; raises Invalid naming the line."""
    if len(source) > MAX_SOURCE_CHARACTERS:
        raise Invalid("template.too_long", limit=MAX_SOURCE_CHARACTERS)
    try:
        return _parser.parse(source)
    except TemplateSyntaxError as error:
        raise Invalid("template.syntax", line=error.lineno) from error


def _walk(node: nodes.Node, *, loops: int) -> None:
    if not isinstance(node, ALLOWED):
        raise Invalid("template.not_allowed", line=node.lineno, what=type(node).__name__.lower())
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        raise Invalid("template.unknown_filter", line=node.lineno, what=node.name)
    if isinstance(node, nodes.Test) and node.name not in {"defined", "none"}:
        raise Invalid("template.not_allowed", line=node.lineno, what=node.name)
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        raise Invalid("template.not_allowed", line=node.lineno, what=node.attr)
    if isinstance(node, nodes.For):
        _check_loop(node, loops)
        loops += 1
    for child in node.iter_child_nodes():
        _walk(child, loops=loops)


def _check_loop(node: nodes.For, loops: int) -> None:
    if loops or node.recursive or not isinstance(node.target, nodes.Name):
        raise Invalid("template.nested_loop", line=node.lineno)
    if node.test is not None or dotted_name(node.iter) is None:
        raise Invalid("template.not_allowed", line=node.lineno, what="for")


def dotted_name(node: nodes.Node) -> str | None:
    """Return `contact.first_name` for such a node, None for anything else."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        before = dotted_name(node.node)
        return None if before is None else f"{before}.{node.attr}"
    return None


def _needs(node: nodes.Node, local: frozenset[str], excused: frozenset[str]) -> Iterator[str]:
    name = dotted_name(node)
    if name is not None:
        if name.split(".")[0] not in local and name not in excused:
            yield name
        return
    if isinstance(node, nodes.Filter) and node.name == "default":
        return
    if isinstance(node, nodes.If):
        asked = frozenset(_names(node.test))
        for child in (*node.body, *node.elif_, *node.else_):
            yield from _needs(child, local, excused | asked)
        return
    if isinstance(node, nodes.For):
        local |= {node.target.name} if isinstance(node.target, nodes.Name) else frozenset()
    for child in node.iter_child_nodes():
        yield from _needs(child, local, excused)


def _names(node: nodes.Node) -> Iterator[str]:
    name = dotted_name(node)
    if name is not None:
        yield name
        return
    for child in node.iter_child_nodes():
        yield from _names(child)
