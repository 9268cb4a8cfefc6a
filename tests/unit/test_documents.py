"""The documents tell what the code does: settings, commands and links."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from core.cli.commands import app
from core.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FOR_TESTS_ALONE = {"crash_at"}

_ROW = re.compile(r"^\| `(CHAPAR_[A-Z_]+)` \|", re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_TYPED = re.compile(r"(?:^|`|bin/)(chapar [a-z-]+(?: [a-z-]+)?)\b", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def commands(group: Any, before: str = "chapar") -> Iterator[str]:
    """Yield every command as it is typed."""
    for name, command in group.commands.items():
        typed = f"{before} {name}"
        if hasattr(command, "commands"):
            yield from commands(command, typed)
        else:
            yield typed


COMMANDS = sorted(commands(get_command(app)))


def test_the_readme_has_a_row_for_every_setting_and_for_nothing_else() -> None:
    known = {f"CHAPAR_{name.upper()}" for name in Settings.model_fields.keys() - FOR_TESTS_ALONE}
    assert sorted(_ROW.findall(README)) == sorted(known)


@pytest.mark.parametrize("name", sorted(Settings.model_fields.keys() - FOR_TESTS_ALONE))
def test_the_readme_tells_the_default_of_a_setting(name: str) -> None:
    row = next(line for line in README.splitlines() if f"| `CHAPAR_{name.upper()}` |" in line)
    default = Settings.model_fields[name].default
    if default not in {"", None}:
        assert f"`{default}`" in row.split("|")[2]


@pytest.mark.parametrize("typed", COMMANDS)
def test_every_command_is_in_the_documents(typed: str) -> None:
    assert f"`{typed}" in README + OPERATIONS


def test_the_documents_name_no_command_that_is_not_there() -> None:
    named = {found for text in (README, OPERATIONS) for found in _typed(text)}
    groups = {typed.rsplit(" ", 1)[0] for typed in COMMANDS}
    for words in named:
        parts = words.split()
        assert any(" ".join(parts[:length]) in {*COMMANDS, *groups} for length in (2, 3)), words


def _typed(text: str) -> set[str]:
    """Return what follows `chapar` in code: the command, its second word where it has one."""
    code = "\n".join(_CODE.findall(text))
    return set(_TYPED.findall(code))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_within_the_project_leads_somewhere(path: Path) -> None:
    text = _CODE.sub("", path.read_text(encoding="utf-8"))
    for address in _LINK.findall(text):
        if re.match(r"[a-z]+:", address):
            continue
        file, _, anchor = address.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.is_relative_to(ROOT), address
        assert target.exists(), address
        if anchor:
            assert anchor in _anchors(target), address


def _anchors(path: Path) -> set[str]:
    titles = _HEADING.findall(path.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_decisions_are_all_in_their_index() -> None:
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text(encoding="utf-8")
    for path in folder.glob("0*.md"):
        assert f"({path.name})" in index
        text = path.read_text(encoding="utf-8")
        for part in ("Context", "Decision", "Consequences", "Alternatives"):
            assert f"\n## {part}\n" in text, f"{path.name} lacks {part}"
