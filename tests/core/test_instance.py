"""Which copy sends: the store and its folder bear one mark, and the folder knows its place."""

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from core import db
from core.db import reading, transaction
from core.organisation import instance
from tests.support.cast import administrator, make_organisation
from tests.support.stores import forget_process_state


def sends() -> bool:
    with reading() as session:
        return instance.may_send(session)


@pytest.fixture
def home(store: str, tmp_path: Path) -> Path:
    """The data directory of an installation that sends."""
    with transaction() as session:
        make_organisation(session)
    assert sends()
    return tmp_path


def go_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process work in another data directory."""
    db.engine().dispose()
    monkeypatch.setenv("CHAPAR_DATA_DIR", str(folder))
    forget_process_state()


def copy_of(home: Path) -> Path:
    db.engine().dispose()
    copied = home.with_name(f"{home.name}-copy")
    shutil.copytree(home, copied, dirs_exist_ok=True)
    return copied


@pytest.mark.spec("R24")
def test_a_folder_copied_by_hand_sends_nothing_until_it_is_confirmed(
    home: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_to(copy_of(home), monkeypatch)
    assert not sends()
    with transaction() as session:
        instance.confirm(session, administrator(), now=now)
    assert sends()


@pytest.mark.sqlite_only("each copy has a store of its own")
def test_the_original_goes_on_sending_beside_its_copy(
    home: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_to(copy_of(home), monkeypatch)
    with transaction() as session:
        instance.confirm(session, administrator(), now=now)
    go_to(home, monkeypatch)
    assert sends()


@pytest.mark.spec("R24")
def test_the_same_path_on_another_machine_is_a_copy(
    home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = tmp_path_factory.mktemp("machine") / "machine-id"
    monkeypatch.setattr(instance, "MACHINE_ID", machine)
    machine.write_text("0123456789abcdef0123456789abcdef\n", encoding="ascii")
    assert not sends()


def test_without_a_machines_name_the_path_has_to_do(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instance, "MACHINE_ID", tmp_path / "none")
    with transaction() as session:
        make_organisation(session)
    assert sends()
    go_to(copy_of(tmp_path), monkeypatch)
    assert not sends()


def test_a_store_taken_without_its_folder_sends_only_where_hosts_share_it(
    home: Path, store: str
) -> None:
    """A file that was copied alone is a copy; a new worker of a server is at home there."""
    (home / "instance").unlink()
    assert sends() == (store == "postgresql")


def test_a_set_up_that_was_undone_leaves_no_mark_in_the_way(store: str) -> None:
    with transaction() as session:
        make_organisation(session)
        session.rollback()
    with transaction() as session:
        make_organisation(session)
    assert sends()
