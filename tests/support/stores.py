"""Private stores for tests: a migrated SQLite file, and a PostgreSQL cluster of our own."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from sqlalchemy import create_engine, text

from core import db
from core.migrations import service as migrations
from core.settings import settings
from tests.support.waiting import eventually


def forget_process_state() -> None:
    """Let the next call of settings() and engine() see the environment as it is now."""
    db.forget_engine()
    settings.cache_clear()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def postgres_programs() -> Path | None:
    """Return the folder with initdb and postgres, or None where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


class Cluster:
    """A PostgreSQL cluster that lives as long as the test run, on a free port of loopback."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self.programs, self.port = folder, programs, free_port()
        self.serial = 0
        folder.mkdir(parents=True)
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            for parent in (folder.parent, *folder.parent.parents):
                if parent == Path(tempfile.gettempdir()):
                    break
                parent.chmod(parent.stat().st_mode | 0o011)
        self._run("initdb", "-D", str(folder / "d"), "-U", "chapar", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        self.process = subprocess.Popen(
            self._as_owner("postgres", "-D", str(folder / "d"), "-p", str(self.port),
                           "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off",
                           "-c", "unix_socket_directories=", "-c", "max_connections=200"),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self._wait()
        self._admin('CREATE DATABASE "template_chapar"')
        migrations.upgrade(self.url("template_chapar"))

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://chapar@127.0.0.1:{self.port}/{name}"

    def new_database(self) -> str:
        """Return the address of a fresh, migrated database."""
        self.serial += 1
        name = f"t{self.serial}"
        self._admin(f'CREATE DATABASE "{name}" TEMPLATE "template_chapar"')
        return self.url(name)

    def drop(self, url: str) -> None:
        self._admin(f'DROP DATABASE "{url.rsplit("/", 1)[1]}" WITH (FORCE)')

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _admin(self, statement: str) -> None:
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()  # a server still starting up may break the conversation midway

    def _wait(self) -> None:
        """Ask without a conversation: one broken off by the starting server would be left open."""
        ask = [str(self.programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        eventually(lambda: subprocess.run(ask, check=False).returncode == 0, deadline_s=60)

    def _as_owner(self, program: str, *arguments: str) -> list[str]:
        command = [str(self.programs / program), *arguments]
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command] \
            if os.getuid() == 0 else command  # fmt: skip

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(self._as_owner(program, *arguments), check=True, capture_output=True)
