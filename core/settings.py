"""The only reader of the environment. Variables are named CHAPAR_*, also read from `.env`."""

import base64
import os
import secrets
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """How this installation runs. What people may change in the interface lies in the store."""

    model_config = SettingsConfigDict(env_prefix="CHAPAR_", env_file=".env", extra="ignore")

    data_dir: Path = Path("data")
    database_url: str = ""
    queue_url: str = ""
    base_url: str = ""
    public_url: str = ""
    smtp_url: str = "capture:"
    secret_key: str = ""
    default_language: str = "fa"
    time_zone: str = "Asia/Tehran"
    host: str = "127.0.0.1"
    port: int = Field(default=8501, ge=1, le=65535)
    public_port: int = Field(default=8502, ge=1, le=65535)
    capture_port: int = Field(default=8025, ge=1, le=65535)
    capture_days: int = Field(default=30, ge=1, le=3650)
    trusted_proxies: str = ""
    log_level: str = "INFO"
    crash_at: str = ""

    @property
    def store_url(self) -> str:
        """The SQLAlchemy address of the store; a SQLite file in the data directory by default."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'chapar.db'}"

    @property
    def wake_url(self) -> str:
        """The address of the queue; beside the store unless CHAPAR_QUEUE_URL says otherwise."""
        if self.queue_url:
            return self.queue_url
        if self.store_url.startswith("postgresql"):
            return self.store_url
        return f"sqlite:///{self.data_dir.resolve() / 'queue.db'}"

    @property
    def site_url(self) -> str:
        """The address people type, without a slash at the end."""
        return (self.base_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def link_url(self) -> str:
        """The address that links in mails start with, without a slash at the end."""
        return (self.public_url or self.site_url).rstrip("/")

    @property
    def is_secure(self) -> bool:
        """True when people reach the site by https, which hardens the cookies."""
        return urlsplit(self.site_url).scheme == "https"

    def signing_keys(self) -> list[tuple[datetime, bytes]]:
        """Return the signing keys with their birth dates, newest first; made on first use."""
        if self.secret_key:
            return [(datetime(2020, 1, 1, tzinfo=UTC), self.secret_key.encode())]
        path = self.data_dir / "secret.key"
        if not path.exists():
            _write_key(path)
        return [_read_key(line) for line in path.read_text(encoding="ascii").splitlines() if line]


def _write_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    born = datetime.fromtimestamp(path.parent.stat().st_mtime, UTC).date().isoformat()
    line = f"{born} {base64.b64encode(secrets.token_bytes(32)).decode()}\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # two processes at the first start: the first one's key holds
        return
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(line)


def _read_key(line: str) -> tuple[datetime, bytes]:
    born, key = line.split()
    return datetime.fromisoformat(born).replace(tzinfo=UTC), base64.b64decode(key)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings()
