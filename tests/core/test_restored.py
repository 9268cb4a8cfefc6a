"""An older backup brings nobody back: who was erased since is erased again before anything else."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import col, select

from core.backup import service as backup
from core.backup.terms import Restored
from core.cli import keeping
from core.consent.erased import is_erased
from core.contacts.models import Contact, ContactIdentity
from core.contacts.terms import ContactStatus
from core.db import engine, reading, transaction
from core.messages.models import Message
from core.messages.terms import MessageClass, MessageStatus
from core.organisation import instance
from core.privacy import again, erased_log, erasing
from tests.support.cast import administrator, make_contact, make_organisation, make_user
from tests.support.sending import make_template, queue_one
from tests.support.stores import forget_process_state

ADMIN = administrator()
EMAIL, OTHER = "goli.zarrin@example.com", "ali@example.com"


@pytest.fixture
def people(store: str, now: datetime) -> dict[str, str]:
    """Two people, by address; returns their public ids."""
    with transaction() as session:
        make_organisation(session)
        return {one: make_contact(session, one).public_id for one in (EMAIL, OTHER)}


@pytest.fixture
def back(tmp_path: Path, now: datetime) -> Callable[[], Restored]:
    """Put what was backed up in place of the store."""

    def restore() -> Restored:
        engine().dispose()
        found = backup.replace(tmp_path / "old.tar", now=now)
        forget_process_state()
        return found

    return restore


def save(tmp_path: Path, now: datetime) -> None:
    backup.back_up(tmp_path / "old.tar", now=now)


def erase(public_id: str, now: datetime) -> None:
    with transaction() as session:
        erasing.erase(session, ADMIN, public_id=public_id, now=now)


def erase_again(now: datetime) -> again.Again:
    with transaction() as session:
        return again.erase(session, now=now)


def addresses() -> list[str]:
    with reading() as session:
        order = select(ContactIdentity.normalised).order_by(col(ContactIdentity.normalised))
        return list(session.exec(order))


@pytest.mark.spec("T54", "R25", "U12")
def test_whoever_was_erased_since_the_backup_is_erased_again_and_nobody_else(
    *, people: dict[str, str], back: Callable[[], Restored], tmp_path: Path, now: datetime
) -> None:
    save(tmp_path, now)
    erase(people[EMAIL], now)
    assert back().is_listed
    assert addresses() == [OTHER, EMAIL]
    with reading() as session:
        assert again.is_due(session)
    assert erase_again(now) == again.Again(1)
    assert addresses() == [OTHER]
    with reading() as session:
        found = session.exec(select(Contact).where(Contact.public_id == people[EMAIL])).one()
        assert found.status is ContactStatus.ERASED
        assert is_erased(session, EMAIL)
    assert erase_again(now) == again.Again(0)


@pytest.mark.spec("T54")
def test_somebody_without_an_address_is_known_by_their_number(
    *, people: dict[str, str], back: Callable[[], Restored], tmp_path: Path, now: datetime
) -> None:
    with transaction() as session:
        for one in session.exec(select(ContactIdentity)):
            session.delete(one)
    save(tmp_path, now)
    erase(people[EMAIL], now)
    back()
    assert erase_again(now) == again.Again(1)
    with reading() as session:
        gone = select(Contact.public_id).where(Contact.status == ContactStatus.ERASED)
        assert session.exec(gone).all() == [people[EMAIL]]


def test_an_address_the_backup_does_not_know_is_kept_out_all_the_same(
    *, people: dict[str, str], back: Callable[[], Restored], tmp_path: Path, now: datetime
) -> None:
    save(tmp_path, now)
    with transaction() as session:
        late = make_contact(session, "late@example.com").public_id
    erase(late, now)
    back()
    assert erase_again(now) == again.Again(0)
    with reading() as session:
        assert is_erased(session, "late@example.com")


def test_a_mail_that_was_leaving_when_the_backup_was_made_holds_nobody_back(
    *, people: dict[str, str], back: Callable[[], Restored], tmp_path: Path, now: datetime
) -> None:
    with transaction() as session:
        mine = session.exec(select(Contact).where(Contact.public_id == people[EMAIL])).one()
        queue_one(
            session, mine, make_template(session, MessageClass.RELATIONSHIP), key="x"
        ).status = MessageStatus.SENDING
    save(tmp_path, now)
    with transaction() as session:
        session.exec(select(Message)).one().status = MessageStatus.SENT
    erase(people[EMAIL], now)
    back()
    assert erase_again(now) == again.Again(1)
    with reading() as session:
        assert session.exec(select(Message.status)).one() is MessageStatus.CANCELLED


def test_who_cannot_be_erased_again_is_named(
    *, store: str, back: Callable[[], Restored], tmp_path: Path, now: datetime
) -> None:
    with transaction() as session:
        make_organisation(session)
        user = make_user(session, "mina")
        mina = session.get_one(Contact, user.contact_id)
    save(tmp_path, now)
    with transaction() as session:
        session.merge(user).is_active = False
    erase(mina.public_id, now)
    back()
    left = again.Left(mina.public_id, "privacy.has_account")
    assert erase_again(now) == again.Again(0, (left,))
    with reading() as session:
        assert again.is_due(session)


@pytest.mark.spec("T54", "R25")
@pytest.mark.sqlite_only("what a command says and does is the same on either store")
def test_the_command_that_restores_erases_again_and_says_so(
    people: dict[str, str], tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path, now)
    erase(people[EMAIL], now)
    engine().dispose()
    keeping.restore(tmp_path / "old.tar", replace=True)
    assert "دوباره فراموش شدند" in capsys.readouterr().out
    assert addresses() == [OTHER]


def test_the_list_says_nothing_of_anybody_and_is_for_its_owner_only(
    people: dict[str, str], now: datetime
) -> None:
    erase(people[EMAIL], now)
    kept = erased_log.path().read_text()
    assert len(kept.splitlines()) == 2
    assert "goli" not in kept
    assert people[EMAIL] not in kept
    assert erased_log.path().stat().st_mode & 0o777 == 0o600


def test_an_erasure_that_was_not_committed_is_not_on_the_list(
    people: dict[str, str], now: datetime
) -> None:
    with reading() as session:
        erasing.erase(session, ADMIN, public_id=people[EMAIL], now=now)
        session.rollback()
    erase(people[OTHER], now)
    assert len(erased_log.read().people) == 1


def test_a_lost_list_is_completed_from_the_store_before_it_is_replaced(
    *, people: dict[str, str], back: Callable[[], Restored], tmp_path: Path, now: datetime
) -> None:
    save(tmp_path, now)
    erase(people[EMAIL], now)
    erased_log.path().unlink()
    back()
    assert erase_again(now) == again.Again(1)
    assert addresses() == [OTHER]


def test_a_torn_line_of_the_list_is_passed_over(people: dict[str, str], now: datetime) -> None:
    erase(people[EMAIL], now)
    with erased_log.path().open("a") as file:
        file.write("address 12")
    assert len(erased_log.read().addresses) == 1


def test_a_copy_that_is_confirmed_is_not_looked_through_again(
    people: dict[str, str], now: datetime
) -> None:
    with reading() as session:
        assert not again.is_due(session)
    erase(people[EMAIL], now)
    with reading() as session:
        assert instance.may_send(session)
        assert not again.is_due(session)


@pytest.mark.sqlite_only("another data directory with a store of its own")
def test_a_restore_where_nobody_noted_erasures_says_so(
    *,
    people: dict[str, str],
    tmp_path: Path,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    save(tmp_path, now)
    monkeypatch.setenv("CHAPAR_DATA_DIR", str(tmp_path / "elsewhere"))
    forget_process_state()
    assert not backup.restore(tmp_path / "old.tar", now=now).is_listed
