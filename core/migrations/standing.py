"""Does the store stand where this code does? Asked at every start and by every health check."""

import re
from importlib import import_module
from pathlib import Path

from sqlalchemy import create_engine, inspect, make_url, text

from core.errors import Unavailable

_VERSIONS = Path(__file__).parent / "versions"
_NAMED = re.compile(r'^(revision|down_revision)\b[^=\n]*= "(\w+)"', re.MULTILINE)


def require_current(url: str) -> None:
    """Raise Unavailable `migrations.pending` while the store is behind the code."""
    if revision_of(url) == newest():
        return
    service = import_module("core.migrations.service")  # Alembic: 0.6 s, needed only behind
    missing = service.pending(url)
    if missing:
        raise Unavailable("migrations.pending", count=len(missing))


def revision_of(url: str) -> str | None:
    """Return where the store stands, without a lock and without making a file."""
    path = make_url(url).database
    if url.startswith("sqlite") and path and not Path(path).exists():
        return None
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
            return found
    finally:
        engine.dispose()


def newest() -> str:
    """Return the revision that no other one follows, read from the files."""
    texts = [file.read_text(encoding="utf-8") for file in _VERSIONS.glob("*.py")]
    named: list[tuple[str, str]] = [pair for words in texts for pair in _NAMED.findall(words)]
    followed = {revision for kind, revision in named if kind == "down_revision"}
    (last,) = {revision for kind, revision in named if kind == "revision"} - followed
    return last
