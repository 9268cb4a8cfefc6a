"""Words of backups: what a file says about itself, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict

FORMAT = 1
MANIFEST = "manifest.json"
ANCHORS = "audit-anchors.log"
KEY = "secret.key"


class StoreKind(StrEnum):
    """The kind of store a backup was made of; it can only be restored to the same kind."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


DUMPS = {StoreKind.SQLITE: "chapar.db", StoreKind.POSTGRESQL: "chapar.dump"}


class Part(BaseModel):
    """One file of the backup: its size in bytes and its SHA-256."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int
    sha256: str


class Manifest(BaseModel):
    """What a backup says about itself.

    key_mark tells whether a secret key is the one this store was used with; it does not tell
    the key.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    made_at: datetime
    store: StoreKind
    revision: str
    key_mark: str
    parts: dict[str, Part]

    @property
    def has_key(self) -> bool:
        """True when the secret key is in the file."""
        return KEY in self.parts


@dataclass(frozen=True)
class Restored:
    """What a restoration found: whether links and sealed values can be read, what went before.

    is_listed: it is known here who was erased since the backup was made.
    """

    manifest: Manifest
    has_right_key: bool
    replaced: Path | None
    is_listed: bool
