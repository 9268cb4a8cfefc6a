"""House rules a machine can check: lengths, bans, and that the locks can be trusted offline."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = [path for folder in ("core", "components", "pages", "tasks") for path in
        sorted((ROOT / folder).rglob("*.py")) if "versions" not in path.parts]  # fmt: skip
MAX_FILE, MAX_PAGE, MAX_FUNCTION, MAX_SILENCED = 400, 150, 50, 40
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_short(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= (MAX_PAGE if "pages" in path.parts else MAX_FILE)
    long = [f.name for f in functions(path) if (f.end_lineno or 0) - f.lineno + 1 > MAX_FUNCTION]
    assert long == []


def test_only_the_edge_commits() -> None:
    allowed = {ROOT / "core" / "db.py"}
    found = [p for p in CODE if p not in allowed and ".commit()" in p.read_text(encoding="utf-8")]
    assert found == []


def test_only_the_clock_asks_for_the_time() -> None:
    asking = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(")
    found = [p for p in CODE if asking.search(p.read_text(encoding="utf-8"))]
    assert found == [ROOT / "core" / "clock.py"]


def test_models_do_not_postpone_their_annotations() -> None:
    found = [p for p in CODE if p.name == "models.py"
             and "from __future__ import annotations" in p.read_text(encoding="utf-8")]  # fmt: skip
    assert found == []


def test_task_bodies_stay_thin() -> None:
    long = [
        f"{path.name}:{function.name}"
        for path in (ROOT / "tasks").glob("*.py")
        for function in functions(path)
        if any("task" in ast.unparse(one) for one in function.decorator_list)
        and (function.end_lineno or 0) - function.lineno + 1 > 15
    ]
    assert long == []


def test_silenced_rules_are_few_and_each_says_why() -> None:
    silenced = [
        (path, line)
        for path in CODE
        for line in path.read_text(encoding="utf-8").splitlines()
        if "# noqa" in line
    ]
    without_reason = [
        f"{path}: {line.strip()}"
        for path, line in silenced
        if not re.search(r"# noqa: [A-Z0-9, ]+ - \S", line)
    ]
    assert without_reason == []
    assert len(silenced) <= MAX_SILENCED


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_requirement_is_pinned_and_hashed_and_names_no_index(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    entries = [e for e in re.split(r"\n(?=\S)", text.replace("\\\n", " ")) if e.strip()]
    bad = [e.split()[0] for e in entries if "==" not in e or "--hash=sha256:" not in e]
    assert bad == []


def test_streamlit_is_pinned_and_the_floors_hold() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    versions = dict(re.findall(r"^([a-z0-9-]+)==([0-9.]+)", text, re.MULTILINE))
    assert versions["streamlit"].startswith("1.67.")
    assert tuple(map(int, versions["jinja2"].split("."))) >= (3, 1, 6)
    assert versions["starlette"].startswith("1.")


def test_durations_of_pages_are_numbers() -> None:
    """A duration in words has pandas loaded to read it: a second and 70 MB on the first page."""
    in_words = re.compile(r"run_every=(?!\w+_S\b|[0-9.]+\b)")
    assert [p for p in CODE if in_words.search(p.read_text(encoding="utf-8"))] == []


def test_a_worker_loads_nothing_that_only_pages_and_programs_need(store: str) -> None:
    asked = "import tasks.consumer, sys; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, check=True)
    heavy = {"fastapi", "streamlit", "pandas", "polars", "numpy", "alembic", "holidays"}
    assert heavy.isdisjoint(said.stdout.decode().split())
