"""Back up, verify and restore.

Not verbs: only the command line calls them, for whoever already holds the files of this machine.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic.script import ScriptDirectory
from alembic.util import CommandError

from core import signing
from core.backup import archive, stores
from core.backup.terms import (
    ANCHORS,
    DUMPS,
    FORMAT,
    KEY,
    Manifest,
    Restored,
    StoreKind,
)
from core.errors import Conflict, Invalid, NotFound
from core.migrations import service as migrations
from core.organisation import instance
from core.privacy import erased_log
from core.settings import settings

KEPT_BEFORE_UPGRADES = 5


def back_up(target: Path, *, now: datetime) -> Manifest:
    """Write everything but the secret key into one file; nobody has to stop working.

    Raises:
        Conflict: "backup.exists".
        NotFound: "backup.no_store".
    """
    return _back_up(target, [ANCHORS], now=now)


def back_up_with_key(target: Path, *, now: datetime) -> Manifest:
    """Do as `back_up`, the secret key included: whoever has the file can read every secret."""
    return _back_up(target, [ANCHORS, KEY], now=now)


def _back_up(target: Path, extras: list[str], *, now: datetime) -> Manifest:
    if target.exists():
        raise Conflict("backup.exists", file=target.name)
    url = settings().store_url
    kind, revision = stores.kind_of(url), stores.revision(url)
    if not revision:
        raise NotFound("backup.no_store")
    erased_log.complete(stores.erased_marks(url))
    with _workshop(target.resolve().parent) as folder:
        dump = folder / DUMPS[kind]
        stores.dump(url, dump)
        files = {dump.name: dump}
        files |= {name: path for name in extras if (path := settings().data_dir / name).exists()}
        manifest = Manifest(
            format=FORMAT,
            made_at=now,
            store=kind,
            revision=revision,
            key_mark=_key_mark(),
            parts={name: archive.part_of(path) for name, path in files.items()},
        )
        archive.write(target, manifest, files)
    return manifest


def verify(source: Path) -> Manifest:
    """Return what the backup says of itself once every checksum and the dump have been proved.

    Raises:
        NotFound: "backup.missing".
        Invalid: A "backup.*" code.
    """
    with _unpacked(source, None) as (manifest, _folder):
        return manifest


def restore(source: Path, *, now: datetime) -> Restored:
    """Make this installation what it was when the backup was made; it sends nothing yet.

    Whoever was erased since is in it again until `core.privacy.again` has erased them anew.

    Raises:
        Conflict: "backup.store_in_use" when there is an organisation here already.
        Invalid: A "backup.*" code.
    """
    if stores.has_organisation(settings().store_url):
        raise Conflict("backup.store_in_use")
    return _restore(source, None, now=now)


def replace(source: Path, *, now: datetime) -> Restored:
    """Do as `restore`; what is here now is kept as a file in the folder of backups."""
    folder = backups_folder()
    url = settings().store_url
    saved = folder / f"before-restore-{_stamp(now)}.tar" if stores.has_organisation(url) else None
    return _restore(source, saved, now=now)


def _restore(source: Path, saved: Path | None, *, now: datetime) -> Restored:
    url = settings().store_url
    with _unpacked(source, settings().data_dir) as (manifest, folder):
        if manifest.store is not stores.kind_of(url):
            raise Invalid("backup.other_store", store=manifest.store.value)
        is_listed = erased_log.path().exists()
        if saved is not None:
            back_up_with_key(saved, now=now)
            is_listed = True
        instance.take_mark_off()  # first: no moment in which the restored store could send
        stores.put_in_place(manifest.store, folder / DUMPS[manifest.store], url)
        stores.take_mark_off(url)
        _restore_anchors(folder, now)
        _restore_key(folder)
    return Restored(manifest, manifest.key_mark == _key_mark(), saved, is_listed)


def back_up_before_upgrade(*, now: datetime) -> Path | None:
    """Save a SQLite store that is about to be changed; the newest five are kept."""
    url = settings().store_url
    if stores.kind_of(url) is not StoreKind.SQLITE or not stores.revision(url):
        return None
    target = backups_folder() / f"before-upgrade-{_stamp(now)}.tar"
    back_up(target, now=now)
    for old in sorted(backups_folder().glob("before-upgrade-*.tar"))[:-KEPT_BEFORE_UPGRADES]:
        old.unlink()
    return target


def backups_folder() -> Path:
    """Return the folder for backups that commands make by themselves."""
    folder = settings().data_dir / "backups"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@contextmanager
def _unpacked(source: Path, place: Path | None) -> Iterator[tuple[Manifest, Path]]:
    if not source.is_file():
        raise NotFound("backup.missing", file=source.name)
    with _workshop(place or source.resolve().parent) as folder:
        manifest = archive.unpack(source, folder)
        dump = folder / DUMPS[manifest.store]
        stores.prove(manifest.store, dump, revision=manifest.revision)
        if not _is_known(manifest.revision):
            raise Invalid("backup.newer")
        yield manifest, folder


@contextmanager
def _workshop(place: Path) -> Iterator[Path]:
    """Lend a private folder on the same disk, so that big files are moved and not copied."""
    place.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".chapar-", dir=place) as folder:
        yield Path(folder)


def _restore_anchors(folder: Path, now: datetime) -> None:
    """The anchors of the backup speak of its rows; those of here spoke of other ones."""
    here = settings().data_dir / ANCHORS
    if here.exists():
        here.rename(here.with_name(f"{ANCHORS}.{_stamp(now)}"))
    if (folder / ANCHORS).exists():
        shutil.move(folder / ANCHORS, here)


def _restore_key(folder: Path) -> None:
    """Put the keys of the backup before those of here, which still verify what they made."""
    if not (folder / KEY).exists():
        return
    here = settings().data_dir / KEY
    lines = (folder / KEY).read_text(encoding="ascii").splitlines()
    if here.exists():
        lines += [
            line for line in here.read_text(encoding="ascii").splitlines() if line not in lines
        ]
    unborn = folder / "merged"
    unborn.touch(mode=0o600)
    unborn.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    unborn.replace(here)


def _is_known(revision: str) -> bool:
    try:
        return bool(ScriptDirectory(str(migrations.HERE)).get_revision(revision))
    except CommandError:
        return False


def _key_mark() -> str:
    return signing.keyed_digest("backup", "mark")


def _stamp(now: datetime) -> str:
    return now.strftime("%Y%m%d-%H%M%S")
