"""Backups: made under load, proved, restored elsewhere, and silent until somebody confirms."""

import io
import json
import sqlite3
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, func, select

from core import clock
from core.access.terms import SYSTEM
from core.activities.models import Task
from core.audit import personal, sealing
from core.audit.service import record
from core.audit.verification import verify as verify_log
from core.backup import service, stores
from core.backup.terms import KEY, MANIFEST, StoreKind
from core.db import engine, reading, transaction
from core.errors import Conflict, Invalid, NotFound, Unavailable
from core.files.models import File, FileBlob
from core.organisation import instance
from core.settings import settings
from tests.support.cast import administrator, make_organisation
from tests.support.stores import forget_process_state


def tasks(count: int, prefix: str, now: datetime) -> None:
    with transaction() as session:
        session.add_all(
            Task(dedup_key=f"{prefix}:{n}", title="کار", due_at=now) for n in range(count)
        )


def task_count() -> int:
    with reading() as session:
        return session.exec(select(func.count()).select_from(Task)).one()


def sends() -> bool:
    with reading() as session:
        return instance.may_send(session)


@pytest.fixture
def used(store: str, now: datetime) -> str:
    """A store that somebody uses: an organisation, tasks, a sealed audit log."""
    with transaction() as session:
        make_organisation(session)
        record(session, SYSTEM, "contact.changed", now=now, contact_id=5, name="Sara")
    tasks(50, "before", now)
    with transaction() as session:
        sealing.seal(session, now=now)
    with reading() as session:
        sealing.anchor(session, now=now)
    assert sends()
    return store


@pytest.fixture
def elsewhere(
    used: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], None]]:
    """Move this process to another machine: an empty data directory, an empty database."""
    made: list[str] = []

    def move() -> None:
        monkeypatch.setenv("CHAPAR_DATA_DIR", str(tmp_path / "elsewhere"))
        if used == "postgresql":
            cluster = request.getfixturevalue("cluster")
            made.append(cluster.new_database())
            monkeypatch.setenv("CHAPAR_DATABASE_URL", made[-1])
        forget_process_state()

    yield move
    engine().dispose()
    for url in made:
        request.getfixturevalue("cluster").drop(url)


@contextmanager
def load(now: datetime) -> Iterator[Callable[[], int]]:
    """Two writers at work; yields how many rows they have committed so far."""
    is_over, committed = threading.Event(), [0, 0]

    def write(writer: int) -> None:
        while not is_over.is_set():
            tasks(20, f"load{writer}.{committed[writer]}", now)
            committed[writer] += 20

    writers = [threading.Thread(target=write, args=(writer,)) for writer in (0, 1)]
    for writer in writers:
        writer.start()
    try:
        yield lambda: sum(committed)
    finally:
        is_over.set()
        for writer in writers:
            writer.join()


@pytest.mark.spec("R25", "R24")
def test_a_backup_made_under_load_is_whole_and_restores_elsewhere_silent(
    *, used: str, elsewhere: Callable[[], None], tmp_path: Path, now: datetime
) -> None:
    target = tmp_path / "backup.tar"
    with load(now) as committed:
        deadline = time.monotonic() + 10
        while committed() < 100:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        before = committed()
        service.back_up(target, now=now)
        after = committed() + 40
    service.verify(target)
    elsewhere()
    restored = service.restore(target, now=now)
    assert restored.has_right_key  # the same CHAPAR_SECRET_KEY
    assert 50 + before <= task_count() <= 50 + after
    with reading() as session:
        assert verify_log(session, now=now).is_sound
        sealed = personal.protected(session, 5, {"email": "a@example.com"})
        assert personal.revealed(session, 5, sealed) == {"email": "a@example.com"}
    assert not sends()


@pytest.mark.spec("R24")
def test_a_restored_copy_sends_once_it_is_confirmed(
    *, used: str, elsewhere: Callable[[], None], tmp_path: Path, now: datetime
) -> None:
    service.back_up(tmp_path / "b.tar", now=now)
    elsewhere()
    service.restore(tmp_path / "b.tar", now=now)
    assert not sends()
    with transaction() as session:
        instance.confirm(session, administrator(), now=now)
    assert sends()


@pytest.mark.spec("R24")
def test_a_copy_restored_over_its_original_is_silent_too(
    used: str, tmp_path: Path, now: datetime
) -> None:
    service.back_up(tmp_path / "b.tar", now=now)
    tasks(5, "after", now)
    engine().dispose()
    with pytest.raises(Conflict, match=r"backup\.store_in_use"):
        service.restore(tmp_path / "b.tar", now=now)
    restored = service.replace(tmp_path / "b.tar", now=now)
    forget_process_state()
    assert task_count() == 50
    assert not sends()
    assert restored.replaced is not None
    service.verify(restored.replaced)


def test_what_a_replaced_store_held_can_be_brought_back(
    used: str, tmp_path: Path, now: datetime
) -> None:
    service.back_up(tmp_path / "b.tar", now=now)
    tasks(5, "after", now)
    engine().dispose()
    saved = service.replace(tmp_path / "b.tar", now=now).replaced
    assert saved is not None
    later = now.replace(hour=9)
    service.replace(saved, now=later)
    forget_process_state()
    assert task_count() == 55


def test_a_backup_is_for_its_owner_only_and_replaces_no_other(
    used: str, tmp_path: Path, now: datetime
) -> None:
    target = tmp_path / "b.tar"
    service.back_up(target, now=now)
    assert target.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Conflict, match=r"backup\.exists"):
        service.back_up(target, now=now)
    assert [path.name for path in tmp_path.glob(".*")] == []


@pytest.mark.sqlite_only
def test_the_secret_key_is_left_out_unless_it_is_asked_for(
    *,
    used: str,
    elsewhere: Callable[[], None],
    tmp_path: Path,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CHAPAR_SECRET_KEY")
    forget_process_state()
    settings().signing_keys()
    assert not service.back_up(tmp_path / "without.tar", now=now).has_key
    assert service.back_up_with_key(tmp_path / "with.tar", now=now).has_key
    key = (settings().data_dir / KEY).read_bytes().strip()
    assert key not in (tmp_path / "without.tar").read_bytes()
    elsewhere()
    assert not service.restore(tmp_path / "without.tar", now=now).has_right_key
    own = (settings().data_dir / KEY).read_bytes().strip()
    assert service.replace(tmp_path / "with.tar", now=now).has_right_key
    kept = (settings().data_dir / KEY).read_bytes().split(b"\n")
    assert kept[:2] == [key, own]  # what was signed here meanwhile still verifies
    assert (settings().data_dir / KEY).stat().st_mode & 0o777 == 0o600


def rewritten(
    source: Path, target: Path, change: Callable[[str, bytes], tuple[str, bytes]]
) -> Path:
    """Copy a backup, each part passed through `change`."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for member in old:
            file = old.extractfile(member)
            assert file
            name, content = change(member.name, file.read())
            head = tarfile.TarInfo(name)
            head.size = len(content)
            new.addfile(head, io.BytesIO(content))
    return target


def flipped(name: str, content: bytes) -> tuple[str, bytes]:
    middle = len(content) // 2
    is_dump = name in {"chapar.db", "chapar.dump"}
    spoiled = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    return name, spoiled if is_dump else content


def climbing(name: str, content: bytes) -> tuple[str, bytes]:
    if name != MANIFEST:
        return "../outside", content
    manifest = json.loads(content)
    manifest["parts"]["../outside"] = {"size": 1, "sha256": "0"}
    return name, json.dumps(manifest).encode()


def newer(name: str, content: bytes) -> tuple[str, bytes]:
    return name, content.replace(b'"format": 1', b'"format": 2')


def renamed(name: str, content: bytes) -> tuple[str, bytes]:
    return ("other" if name == MANIFEST else name), content


@pytest.mark.spec("R25")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (flipped, "backup.damaged"),
        (climbing, "backup.damaged"),
        (newer, "backup.newer"),
        (renamed, "backup.not_one"),
    ],
)
def test_a_backup_that_was_changed_is_refused_and_touches_nothing(
    *,
    used: str,
    tmp_path: Path,
    now: datetime,
    change: Callable[[str, bytes], tuple[str, bytes]],
    code: str,
) -> None:
    service.back_up(tmp_path / "b.tar", now=now)
    bad = rewritten(tmp_path / "b.tar", tmp_path / "bad.tar", change)
    for act in (service.verify, lambda path: service.replace(path, now=now)):
        with pytest.raises(Invalid) as caught:
            act(bad)
        assert caught.value.code == code
    assert not (tmp_path.parent / "outside").exists()
    assert sends()
    assert task_count() == 50


@pytest.mark.parametrize("size", [0, 100, 512, 20_000])
def test_half_a_backup_or_another_file_is_refused(
    *, used: str, tmp_path: Path, now: datetime, size: int
) -> None:
    service.back_up(tmp_path / "b.tar", now=now)
    half = tmp_path / "half.tar"
    half.write_bytes((tmp_path / "b.tar").read_bytes()[:size])
    with pytest.raises(Invalid):
        service.verify(half)
    (tmp_path / "text").write_text("nothing of ours\n" * 100)
    with pytest.raises(Invalid):
        service.verify(tmp_path / "text")
    with pytest.raises(NotFound):
        service.verify(tmp_path / "absent")


def other_revision(name: str, content: bytes) -> tuple[str, bytes]:
    if name != MANIFEST:
        return name, content
    return name, json.dumps({**json.loads(content), "revision": "fffffffffffe"}).encode()


def test_a_backup_of_an_unknown_revision_is_refused(
    used: str, tmp_path: Path, now: datetime
) -> None:
    service.back_up(tmp_path / "b.tar", now=now)
    bad = rewritten(tmp_path / "b.tar", tmp_path / "bad.tar", other_revision)
    with pytest.raises(Invalid):
        service.verify(bad)


@pytest.mark.sqlite_only
def test_a_dump_with_a_broken_page_is_refused_even_with_its_checksum_put_right(
    used: str, tmp_path: Path, now: datetime
) -> None:
    dump = tmp_path / "chapar.db.broken"
    stores.dump(settings().store_url, dump)
    content = bytearray(dump.read_bytes())
    content[3 * 4096 : 5 * 4096] = b"\x55" * (2 * 4096)
    dump.write_bytes(content)
    with pytest.raises(Invalid, match=r"backup\.damaged"):
        stores.prove(StoreKind.SQLITE, dump, revision=stores.revision(settings().store_url))


def test_there_is_nothing_to_back_up_before_there_is_a_store(
    store: str, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    if store == "postgresql":
        monkeypatch.setenv("CHAPAR_DATABASE_URL", settings().store_url.rsplit("/", 1)[0] + "/none")
    monkeypatch.setenv("CHAPAR_DATA_DIR", str(tmp_path / "empty"))
    forget_process_state()
    with pytest.raises(NotFound if store == "sqlite" else OperationalError):
        service.back_up(tmp_path / "b.tar", now=now)
    assert not (tmp_path / "b.tar").exists()


@pytest.mark.sqlite_only
def test_a_backup_goes_to_the_same_kind_of_store_only(
    *, used: str, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.back_up(tmp_path / "b.tar", now=now)
    monkeypatch.setattr(stores, "has_organisation", lambda _url: False)
    monkeypatch.setenv("CHAPAR_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    forget_process_state()
    with pytest.raises(Invalid, match=r"backup\.other_store"):
        service.restore(tmp_path / "b.tar", now=now)


@pytest.mark.sqlite_only
def test_the_newest_five_backups_before_upgrades_are_kept(used: str, now: datetime) -> None:
    made = [service.back_up_before_upgrade(now=now.replace(minute=n)) for n in range(7)]
    assert sorted(service.backups_folder().iterdir()) == made[2:]


@pytest.mark.sqlite_only
def test_erased_text_does_not_linger_in_a_backup(used: str, tmp_path: Path, now: datetime) -> None:
    tasks(1, "zebulonquirke", now)
    with transaction() as session:
        for found in session.exec(select(Task).where(Task.dedup_key == "zebulonquirke:0")):
            session.delete(found)
    service.back_up(tmp_path / "b.tar", now=now)
    assert b"zebulonquirke" not in (tmp_path / "b.tar").read_bytes()


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(stores, "_PROGRAMS", tmp_path)
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(Unavailable) as caught:
        stores.dump("postgresql+psycopg://a@127.0.0.1/b", tmp_path / "d")
    assert caught.value.params == {"program": "pg_dump"}


def test_the_password_of_the_database_is_in_no_list_of_processes(tmp_path: Path) -> None:
    address = stores._address("postgresql+psycopg://a:s%3Acret@h:1/b", tmp_path)
    assert "cret" not in address
    file = tmp_path / "password"
    assert file.read_text() == "*:*:*:*:s\\:cret\n"
    assert file.stat().st_mode & 0o777 == 0o600


def blobs(session: Session, count: int) -> None:
    for number in range(count):
        file = File(sha256=f"{number:064}", size=1, mime="a/b", original_name="x")
        session.add(file)
        session.flush()
        session.add(FileBlob(file_id=file.id, content=bytes([number % 251]) * (16 * 1024 * 1024)))
        session.flush()
        session.expunge_all()


@pytest.mark.slow
@pytest.mark.sqlite_only
@pytest.mark.spec("R25")
def test_one_gigabyte_is_verified_and_restored_within_ten_minutes(
    *, used: str, elsewhere: Callable[[], None], tmp_path: Path, now: datetime
) -> None:
    with transaction() as session:
        blobs(session, 64)
    service.back_up(tmp_path / "b.tar", now=now)
    assert (tmp_path / "b.tar").stat().st_size > 1024**3
    start = clock.now()
    service.verify(tmp_path / "b.tar")
    elsewhere()
    service.restore(tmp_path / "b.tar", now=now)
    assert (clock.now() - start).total_seconds() < 600
    with closing(sqlite3.connect(stores.sqlite_path(settings().store_url))) as connection:
        assert connection.execute("SELECT count(*) FROM file_blob").fetchone() == (64,)
