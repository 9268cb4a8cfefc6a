"""Dump a store into one file, prove a dump, and put one in place of a store."""

import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from core.backup.terms import StoreKind
from core.errors import Invalid, Unavailable

_PROGRAMS = Path("/usr/lib/postgresql")
_ENDINGS = ("", "-wal", "-shm")


def kind_of(url: str) -> StoreKind:
    """Return the kind of store at this address."""
    return StoreKind.SQLITE if url.startswith("sqlite") else StoreKind.POSTGRESQL


def dump(url: str, target: Path) -> None:
    """Write the store, as it is at this moment, into a file; people go on working meanwhile."""
    if kind_of(url) is StoreKind.SQLITE:
        with closing(sqlite3.connect(sqlite_path(url), timeout=60)) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
        return
    _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges",
         "--exclude-table=huey_*", f"--file={target}")  # fmt: skip


def prove(kind: StoreKind, path: Path, *, revision: str) -> None:
    """Return when the dump is whole and of this revision.

    Raises:
        Invalid: "backup.damaged".
        Unavailable: "backup.no_program".
    """
    if kind is StoreKind.POSTGRESQL:
        _run("pg_restore", None, "--list", str(path))
        return
    try:
        with closing(sqlite3.connect(path)) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchone()[0]
            broken = connection.execute("PRAGMA foreign_key_check").fetchone()
            version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise Invalid("backup.damaged", part=path.name) from error
    if found != "ok" or broken or version != (revision,):
        raise Invalid("backup.damaged", part=path.name)


def revision(url: str) -> str:
    """Return the revision of the schema at this address; empty where there is none."""
    return _scalar(url, "SELECT version_num FROM alembic_version") or ""


def has_organisation(url: str) -> bool:
    """Return whether somebody uses the store at this address."""
    return bool(_scalar(url, "SELECT max(name) FROM organisation"))


def erased_marks(url: str) -> list[str]:
    """Return the hashes by which the store knows the addresses of erased people."""
    question = "SELECT address_hash FROM suppression WHERE address_hash IS NOT NULL"
    return [str(one) for one in _column(url, question)]


def _scalar(url: str, question: str) -> str | None:
    """Return the answer of the store; None where there is no store, or no such table."""
    found = next(iter(_column(url, question)), None)
    return None if found is None else str(found)


def _column(url: str, question: str) -> Sequence[object]:
    """Return the answers of the store; none where there is no store, or no such table."""
    if kind_of(url) is StoreKind.SQLITE and not sqlite_path(url).exists():
        return []
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return connection.execute(text(question)).scalars().all()
    except ProgrammingError:
        return []
    except OperationalError:
        if kind_of(url) is StoreKind.SQLITE:
            return []
        raise
    finally:
        engine.dispose()


def put_in_place(kind: StoreKind, path: Path, url: str) -> None:
    """Make the proved dump the store at this address; what was there must be empty or saved."""
    if kind is StoreKind.SQLITE:
        move_away(url, None)
        target = sqlite_path(url)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, target)
        return
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    _run("pg_restore", url, "--no-owner", "--no-privileges", "--single-transaction",
         "--exit-on-error", str(path))  # fmt: skip


def move_away(url: str, target: Path | None) -> None:
    """Move a SQLite store with its journal to another name, or remove it."""
    path = sqlite_path(url)
    for ending in _ENDINGS:
        part = path.with_name(path.name + ending)
        if target is None:
            part.unlink(missing_ok=True)
        elif part.exists():
            part.rename(target.with_name(target.name + ending))


def take_mark_off(url: str) -> None:
    """Have the store at this address be no copy that sends."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE organisation SET instance_id = ''"))
    engine.dispose()


def sqlite_path(url: str) -> Path:
    """Return the file of a SQLite store."""
    return Path(make_url(url).database or "")


def _run(program: str, url: str | None, *arguments: str) -> None:
    """Run a program of PostgreSQL.

    Raises:
        Unavailable: "backup.no_program" or "backup.program_failed" with its last line.
    """
    command = [_found(program), *arguments]
    with TemporaryDirectory(prefix="chapar-") as folder:
        if url is not None:
            command += ["--dbname", _address(url, Path(folder))]
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - named above
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["?"]
        raise Unavailable("backup.program_failed", program=program, text=said[-1][:300])


def _address(url: str, folder: Path) -> str:
    """Return the address for libpq; the password goes by a file, unseen in lists of processes."""
    parsed = make_url(url)
    plain = URL.create(
        "postgresql",
        username=parsed.username,
        host=parsed.host,
        port=parsed.port,
        database=parsed.database,
        query=parsed.query,
    )
    if parsed.password:
        secret = str(parsed.password).replace("\\", "\\\\").replace(":", "\\:")
        file = folder / "password"
        file.touch(mode=0o600)
        file.write_text(f"*:*:*:*:{secret}\n", encoding="utf-8")
        plain = plain.update_query_dict({"passfile": str(file)})
    return plain.render_as_string(hide_password=False)


def _found(program: str) -> str:
    """Return the newest of the installed programs of this name."""
    installed = sorted(
        _PROGRAMS.glob(f"*/bin/{program}"), key=lambda path: _version(path.parts[-3])
    )
    found = str(installed[-1]) if installed else shutil.which(program)
    if found is None:
        raise Unavailable("backup.no_program", program=program)
    return found


def _version(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
