"""A fresh, migrated store for each test, with the settings pointed at it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core import db
from core.migrations import service as migrations
from tests.support.stores import Cluster, forget_process_state, postgres_programs

CORPORA = Path(os.environ.get("CHAPAR_CORPORA", "../shared/corpora"))
BOTH_STORES = ("tests/core/", "tests/slices/")
MISSING = pytest.StashKey[set[str]]()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test of a verb on SQLite and, where it is installed, on PostgreSQL."""
    if "store" not in metafunc.fixturenames:
        return
    kinds = ["sqlite"]
    here = metafunc.definition.nodeid.startswith(BOTH_STORES)
    if here and not any(metafunc.definition.iter_markers("sqlite_only")):
        kinds.append("postgresql")
    metafunc.parametrize("store", kinds, indirect=True)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "chapar.db"
    migrations.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    programs = postgres_programs()
    if programs is None:
        missing("PostgreSQL is not installed")
        return
    folder = Path(tempfile.mkdtemp(prefix="chapar-pg-"))  # not pytest's: it closes its folders
    made = Cluster(folder / "cluster", programs)
    yield made
    made.stop()
    shutil.rmtree(folder, ignore_errors=True)


def missing(what: str) -> None:
    """Skip for want of a program; under CI that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Point this process at a fresh store and yield its kind: sqlite or postgresql."""
    kind = getattr(request, "param", "sqlite")
    for name in [name for name in os.environ if name.startswith("CHAPAR_")]:
        if name != "CHAPAR_CORPORA":
            monkeypatch.delenv(name)
    monkeypatch.setenv("CHAPAR_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CHAPAR_SECRET_KEY", "a key for tests that is long enough to be one")
    url = ""
    if kind == "postgresql":
        cluster = request.getfixturevalue("cluster")
        url = cluster.new_database()
        monkeypatch.setenv("CHAPAR_DATABASE_URL", url)
        monkeypatch.setenv("CHAPAR_QUEUE_URL", f"sqlite:///{tmp_path / 'queue.db'}")
    else:
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "chapar.db")
    forget_process_state()
    yield kind
    db.engine().dispose()
    if url:
        cluster.drop(url)
    forget_process_state()


@pytest.fixture
def now() -> datetime:
    """A Saturday, 11:30 in Tehran: a working hour of a working day."""
    return datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of public test data; a test that needs it is skipped where it is absent."""
    if not CORPORA.is_dir():
        missing(f"no test data at {CORPORA}; set CHAPAR_CORPORA")
    return CORPORA


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what was skipped and why, so that nothing is silently left out."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = sorted({str(report.longrepr[2]) for report in skipped})
    for reason in reasons:
        terminalreporter.write_line(f"skipped: {reason}")
