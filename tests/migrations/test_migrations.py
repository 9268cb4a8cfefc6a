"""The schema's history: from nothing to now, refusing to run behind, undone whole by a fault."""

import sqlite3
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from core.errors import Unavailable
from core.migrations import service, standing, tables
from core.migrations.service import HERE

assert tables.ALL


def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'a.db'}"


def test_an_empty_store_is_brought_up_to_date_without_drift(tmp_path: Path) -> None:
    url = address(tmp_path)
    with pytest.raises(Unavailable) as refusal:
        standing.require_current(url)
    assert refusal.value.code == "migrations.pending"
    assert service.upgrade(url) != []
    standing.require_current(url)
    assert service.drift(url) == []
    assert service.upgrade(url) == []


def test_every_foreign_key_has_an_index_and_says_what_a_deletion_does() -> None:
    without = []
    for table in SQLModel.metadata.tables.values():
        first_columns = {next(iter(index.columns)).name for index in table.indexes}
        first_columns |= {key.columns[0].name for key in table.constraints  # type: ignore[attr-defined]
                          if getattr(key, "columns", None)}  # fmt: skip
        without += [
            f"{table.name}.{key.parent.name}"
            for key in table.foreign_keys
            if key.ondelete is None or key.parent.name not in first_columns
        ]
    assert without == []


@pytest.mark.spec("R28")
def test_a_migration_that_fails_midway_leaves_the_store_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    for name in ("env.py", "script.py.mako"):
        (versions.parent / name).write_text((HERE / name).read_text())
    (versions / "x1.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\nrevision = 'x1'\ndown_revision = None\n"
        "def upgrade():\n"
        "    op.create_table('half', sa.Column('id', sa.Integer(), primary_key=True))\n"
        "    raise RuntimeError('the power went')\n"
    )
    monkeypatch.setattr(service, "HERE", versions.parent)
    url = address(tmp_path)
    with pytest.raises(RuntimeError):
        service.upgrade(url)
    connection = sqlite3.connect(tmp_path / "a.db")
    left = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    assert left == []
    assert service.pending(url) == ["x1"]
