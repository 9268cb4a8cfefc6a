"""Every code the source names has a message. A failure prints the code, the file and the line."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from core.i18n.catalog import codes
from core.i18n.terms import Language

ROOT = Path(__file__).parents[2]
SOURCES = ("core", "components", "pages", "tasks")

ERRORS = frozenset(
    {"ChaparError", "Invalid", "NotFound", "Forbidden", "Unauthenticated", "Conflict", "TooMany"}
    | {"Unavailable"}
)
TRANSLATORS = frozenset({"t", "translate", "Word"})
KEYWORDS = frozenset({"toast"})


@dataclass(frozen=True)
class Use:
    """A code written in the source; `pattern` stands for one with variable parts."""

    pattern: str
    path: Path
    line: int

    @property
    def place(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def test_every_code_in_the_source_has_a_message() -> None:
    known = codes(Language.EN)
    unknown = {f"{u.pattern}  {u.place}" for u in uses() if not _is_known(u.pattern, known)}
    if unknown:
        pytest.fail(f"{len(unknown)} found:\n" + "\n".join(sorted(unknown)), pytrace=False)


def test_the_scan_finds_codes_in_calls_and_refusals() -> None:
    source = (
        "class Late(Invalid): pass\n"
        "class Own(Invalid):\n"
        "    def __init__(self): super().__init__('own.code')\n"
        "t('a.b'); words.t(reader, 'c.d' if x else 'e.f'); translate(fa, f'g.{kind}.h')\n"
        "raise Late('i.j', n=1)\n"
        "raise errors.NotFound('k.l')\n"
        "Own('not a code'); other('m.n'); text.translate(TABLE); t(code); Word('o.p')\n"
        "perform(save, toast='q.r'); perform(save, toast='')\n"
    )
    found = {use.pattern for use in _uses_in(ast.parse(source), ROOT / "x.py", _errors([source]))}
    assert found == {"a.b", "c.d", "e.f", "g.*.h", "i.j", "k.l", "o.p", "q.r", "own.code"}


def _is_known(pattern: str, known: frozenset[str]) -> bool:
    if "*" not in pattern:
        return pattern in known
    shape = re.compile(".+".join(re.escape(part) for part in pattern.split("*")))
    return any(shape.fullmatch(code) for code in known)


@cache
def uses() -> tuple[Use, ...]:
    paths = [ROOT / "app.py"]
    for package in SOURCES:
        paths += sorted((ROOT / package).rglob("*.py"))
    texts = {path: path.read_text(encoding="utf-8") for path in paths if path.exists()}
    errors = _errors(list(texts.values()))
    return tuple(
        use for path, text in texts.items() for use in _uses_in(ast.parse(text), path, errors)
    )


def _errors(texts: list[str]) -> frozenset[str]:
    """Return the kinds of refusal whose first argument is a code, with those derived from them."""
    derived = [
        (node.name, {base.id for base in node.bases if isinstance(base, ast.Name)})
        for text in texts
        if "class " in text
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef) and not _has_own_init(node)
    ]
    names = set(ERRORS)
    for _ in range(5):
        names |= {name for name, bases in derived if bases & names}
    return frozenset(names)


def _has_own_init(node: ast.ClassDef) -> bool:
    return any(isinstance(item, ast.FunctionDef) and item.name == "__init__" for item in node.body)


def _uses_in(tree: ast.Module, path: Path, errors: frozenset[str]) -> Iterator[Use]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and _has_own_init(node):
            bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
            if bases & errors and node.name != "ChaparError":
                yield from _uses_of_super(node, path)
        if isinstance(node, ast.Call) and _name(node.func) in errors | TRANSLATORS:
            yield from _first_code(node, path)
        if isinstance(node, ast.keyword) and node.arg in KEYWORDS:
            yield from (Use(code, path, node.lineno) for code in _patterns(node.value) if code)


def _uses_of_super(node: ast.ClassDef, path: Path) -> Iterator[Use]:
    for call in ast.walk(node):
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr == "__init__"
        ):
            yield from _first_code(call, path)


def _name(func: ast.expr) -> str:
    if isinstance(func, ast.Name):
        return func.id
    return func.attr if isinstance(func, ast.Attribute) else ""


def _first_code(call: ast.Call, path: Path) -> Iterator[Use]:
    for argument in call.args:
        patterns = list(_patterns(argument))
        if patterns:
            yield from (Use(pattern, path, argument.lineno) for pattern in patterns)
            return


def _patterns(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from _patterns(body)
            yield from _patterns(orelse)
        case ast.JoinedStr(values=values):
            yield "".join(v.value if isinstance(v, ast.Constant) else "*" for v in values)
