"""The backup file: a plain tar with a manifest first. Reading one trusts nothing in it."""

import hashlib
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from core.backup.terms import ANCHORS, DUMPS, FORMAT, KEY, MANIFEST, Manifest, Part
from core.errors import Invalid

_BLOCK = 1024 * 1024
_MANIFEST_LIMIT = 64 * 1024


def part_of(path: Path) -> Part:
    """Return size and checksum of a file."""
    with path.open("rb") as file:
        return Part(
            size=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest()
        )


def write(target: Path, manifest: Manifest, files: Mapping[str, Path]) -> None:
    """Write the backup in one go: it is whole, or it is not there. Only its owner may read it."""
    unborn = target.with_name(f".{target.name}.partial")
    try:
        handle = os.open(unborn, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as raw:
            _fill(raw, manifest, files)
            raw.flush()
            os.fsync(raw.fileno())
        unborn.replace(target)
    finally:
        unborn.unlink(missing_ok=True)


def _fill(raw: IO[bytes], manifest: Manifest, files: Mapping[str, Path]) -> None:
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        text = manifest.model_dump_json(indent=1).encode()
        tar.addfile(_head(MANIFEST, len(text), manifest), BytesIO(text))
        for name, path in files.items():
            with path.open("rb") as file:
                tar.addfile(_head(name, manifest.parts[name].size, manifest), file)


def _head(name: str, size: int, manifest: Manifest) -> tarfile.TarInfo:
    head = tarfile.TarInfo(name)
    head.size, head.mode, head.mtime = size, 0o600, int(manifest.made_at.timestamp())
    return head


def unpack(source: Path, folder: Path) -> Manifest:
    """Write the parts into the folder and return the manifest, every checksum proved.

    Raises:
        Invalid: "backup.not_one", "backup.newer" or "backup.damaged" with the part's name.
    """
    with _opened(source) as tar:
        manifest = _manifest(tar)
        for name, part in manifest.parts.items():
            _unpack_part(tar, name, part, folder=folder)
    return manifest


@contextmanager
def _opened(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(source, mode="r:") as tar:
            yield tar
    except tarfile.TarError as error:
        raise Invalid("backup.not_one", file=source.name) from error


def _manifest(tar: tarfile.TarFile) -> Manifest:
    head = tar.next()
    if head is None or head.name != MANIFEST or not head.isreg() or head.size > _MANIFEST_LIMIT:
        raise Invalid("backup.not_one", file=MANIFEST)
    file = tar.extractfile(head)
    try:
        manifest = Manifest.model_validate_json(file.read() if file else b"")
    except ValidationError as error:
        raise Invalid("backup.damaged", part=MANIFEST) from error
    if manifest.format > FORMAT:
        raise Invalid("backup.newer")
    if not _allowed(manifest):
        raise Invalid("backup.damaged", part=MANIFEST)
    return manifest


def _allowed(manifest: Manifest) -> bool:
    dump, names = DUMPS[manifest.store], set(manifest.parts)
    return dump in names and names <= {dump, ANCHORS, KEY}


def _unpack_part(tar: tarfile.TarFile, name: str, part: Part, *, folder: Path) -> None:
    """Copy one part under the name that the manifest may name, never under one from the tar."""
    head = tar.next()
    file = tar.extractfile(head) if head is not None and head.isreg() else None
    if head is None or file is None or head.name != name or head.size != part.size:
        raise Invalid("backup.damaged", part=name)
    digest = hashlib.sha256()
    handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as target:
        while block := file.read(_BLOCK):
            digest.update(block)
            target.write(block)
    if digest.hexdigest() != part.sha256:
        raise Invalid("backup.damaged", part=name)
