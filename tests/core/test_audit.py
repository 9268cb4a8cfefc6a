"""The audit log on a real store: append-only, personal values erasable, sealed and verified."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from core.access.rules import ROLES
from core.access.terms import SYSTEM, Actor, DepartmentKind, Grant, Role
from core.audit import personal, queries, sealing
from core.audit.reading import entries, entry, export
from core.audit.service import record
from core.audit.terms import AuditFilter, Fault, Finding, Report
from core.audit.triggers import TABLES, statements
from core.audit.verification import verify
from core.db import engine, reading, transaction
from core.errors import Forbidden, NotFound
from core.settings import settings

AUDITOR = Actor(
    kind="user", id=3, name="Aras", grants=(Grant(1, DepartmentKind.OTHER, Role.AUDITOR),)
)


def acts(now: datetime, count: int = 1, **more: object) -> None:
    with transaction() as session:
        for number in range(count):
            record(session, SYSTEM, "stock.adjusted", now=now, after={"n": number}, **more)  # type: ignore[arg-type]


def seal(now: datetime) -> int:
    with transaction() as session:
        return sealing.seal(session, now=now)


def checked(now: datetime) -> Report:
    with reading() as session:
        return verify(session, now=now)


@pytest.fixture
def sealed(store: str, now: datetime) -> datetime:
    """Twenty rows, all of them sealed and anchored."""
    acts(now, 20)
    assert seal(now) == 20
    with reading() as session:
        assert sealing.anchor(session, now=now)
    return now


def by_force(*changes: str) -> None:
    """Change the store as somebody with its file or its password could."""
    with engine().connect() as connection:
        for table in TABLES:
            if connection.dialect.name == "sqlite":
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_UPDATE"))
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_DELETE"))
            else:
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_change ON {table}"))
        for change in changes:
            connection.execute(text(change))
        connection.commit()


def test_a_sealed_log_is_sound(sealed: datetime) -> None:
    report = checked(sealed)
    assert report.is_sound
    assert (report.row_count, report.sealed_count, report.anchor_count) == (20, 20, 1)


@pytest.mark.spec("T58")
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = 'x'", "DELETE FROM {}"])
def test_the_store_itself_refuses_to_change_the_log(
    sealed: datetime, table: str, change: str
) -> None:
    column = "action" if table == "audit_entry" else "hash"
    with pytest.raises(DBAPIError, match="append-only"), transaction() as session:
        session.execute(text(change.format(table, column)))
    assert checked(sealed).is_sound


def test_the_refusal_can_be_put_in_place_again(sealed: datetime) -> None:
    by_force()
    with engine().connect() as connection:
        for statement in statements(connection.dialect.name) * 2:
            connection.execute(text(statement))
        connection.commit()
    with pytest.raises(DBAPIError, match="append-only"), transaction() as session:
        session.execute(text("DELETE FROM audit_entry"))


COPY = (
    "INSERT INTO audit_entry (at, actor_kind, actor_name, action, {before}signature) "
    "SELECT at, actor_kind, 'Nobody', action, {before}signature FROM audit_entry WHERE id = 5"
)


@pytest.mark.spec("T58")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (["UPDATE audit_entry SET actor_name = 'x' WHERE id = 7"], Finding(Fault.ALTERED, 7, 7)),
        (["DELETE FROM audit_entry WHERE id = 7"], Finding(Fault.MISSING, 7, 7)),
        (
            ["DELETE FROM audit_entry WHERE id = 7", "DELETE FROM audit_seal WHERE entry_id = 7"],
            Finding(Fault.MISSING, 7),
        ),
        (
            [
                "UPDATE audit_seal SET entry_id = 99 WHERE position = 7",
                "UPDATE audit_seal SET entry_id = 7 WHERE position = 9",
                "UPDATE audit_seal SET entry_id = 9 WHERE position = 7",
            ],
            Finding(Fault.REORDERED, 7, 9),
        ),
        ([COPY.format(before="")], Finding(Fault.INSERTED, entry_id=21)),
        (
            [
                "DELETE FROM audit_seal WHERE position > 12",
                "DELETE FROM audit_entry WHERE id > 12",
            ],
            Finding(Fault.CUT, 20),
        ),
        (["DELETE FROM audit_seal", "DELETE FROM audit_entry"], Finding(Fault.CUT, 20)),
    ],
)
def test_what_was_done_to_the_log_behind_its_back_is_named_first(
    sealed: datetime, changes: list[str], expected: Finding
) -> None:
    by_force(*changes)
    assert checked(sealed).findings[0] == expected


@pytest.mark.spec("T58")
def test_an_inserted_row_is_named_after_the_sealer_took_it_in(sealed: datetime) -> None:
    by_force(COPY.format(before=""))
    assert seal(sealed) == 1
    assert checked(sealed).findings == (Finding(Fault.INSERTED, 21, 21),)


def test_a_chain_made_anew_does_not_fit_its_anchor(sealed: datetime) -> None:
    by_force("DELETE FROM audit_seal", "DELETE FROM audit_entry WHERE id = 1")
    acts(sealed)
    seal(sealed)
    assert checked(sealed).findings == (Finding(Fault.REWRITTEN, 20),)


def test_a_young_row_waits_for_its_seal_and_an_old_one_is_a_finding(sealed: datetime) -> None:
    acts(sealed)
    assert (checked(sealed).waiting_count, checked(sealed).is_sound) == (1, True)
    later = sealed + timedelta(minutes=11)
    assert checked(later).findings == (Finding(Fault.UNSEALED, entry_id=21),)


def test_a_row_that_committed_late_gets_a_later_place(store: str, now: datetime) -> None:
    acts(now, 3)
    by_force("CREATE TABLE late AS SELECT * FROM audit_entry WHERE id = 2",
             "DELETE FROM audit_entry WHERE id = 2")  # fmt: skip
    seal(now)
    by_force("INSERT INTO audit_entry SELECT * FROM late")
    assert seal(now) == 1
    report = checked(now)
    assert (report.sealed_count, report.is_sound) == (3, True)


def test_rows_far_behind_are_sealed_by_the_nightly_pass(
    store: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts(now, 3)
    monkeypatch.setattr(sealing, "LOOK_BACK", 1)
    by_force("CREATE TABLE late AS SELECT * FROM audit_entry WHERE id = 1",
             "DELETE FROM audit_entry WHERE id = 1")  # fmt: skip
    seal(now)
    by_force("INSERT INTO audit_entry SELECT * FROM late")
    assert seal(now) == 0
    with transaction() as session:
        assert sealing.seal_stragglers(session, now=now) == 1
    assert checked(now).is_sound


def test_two_sealers_at_once_make_one_chain(store: str, now: datetime) -> None:
    acts(now, 300)
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: seal(now), range(8)))
    assert sum(counts) == 300
    assert checked(now).is_sound


def test_an_anchor_is_written_once_an_hour_and_only_for_new_rows(sealed: datetime) -> None:
    def anchored(now: datetime) -> bool:
        with reading() as session:
            return sealing.anchor(session, now=now)

    assert not anchored(sealed + timedelta(hours=2))
    acts(sealed)
    seal(sealed)
    assert not anchored(sealed + timedelta(minutes=59))
    assert anchored(sealed + timedelta(hours=1))
    assert sealing.anchor_file().stat().st_mode & 0o777 == 0o600
    assert checked(sealed).anchor_count == 2


def test_values_come_back_as_they_went_in_on_every_store(store: str, now: datetime) -> None:
    odd = {"at": now, "price": 1.0, "huge": 1e22, "tags": {"b", "a"}, "text": "نیم‌فاصله\0"}
    with transaction() as session:
        record(session, SYSTEM, "x.y", now=now, before=odd, reason="چرا", name="n" * 500)
    seal(now)
    assert checked(now).is_sound
    with transaction() as session:
        (line,) = entries(session, AUDITOR)
    assert line.before == {
        "at": now.isoformat(), "price": 1, "huge": 10**22, "tags": ["a", "b"], "text": "نیم‌فاصله"
    }  # fmt: skip
    assert line.reason == "چرا"
    assert line.object_name == "n" * 200


def personal_act(session: Session, now: datetime, contact_id: int = 5) -> None:
    record(
        session,
        SYSTEM,
        "contact.changed",
        now=now,
        contact_id=contact_id,
        name="Zebulon Quirke",
        before={"email": "zebulon@example.com"},
        after={"email": "quirke@example.com"},
        reason="asked Zebulon by phone",
    )


def test_personal_values_are_encrypted_in_the_store_and_clear_to_an_auditor(
    store: str, now: datetime
) -> None:
    with transaction() as session:
        personal_act(session, now)
    with reading() as session:
        raw = str(session.execute(text("SELECT * FROM audit_entry")).all())
        (line,) = entries(session, AUDITOR, wanted=AuditFilter(contact_id=5))
    assert "ebulon" not in raw
    assert "uirke" not in raw
    assert line.object_name == "Zebulon Quirke"
    assert line.before == {"email": "zebulon@example.com"}
    assert line.reason == "asked Zebulon by phone"


@pytest.mark.sqlite_only
def test_no_personal_value_lies_in_the_file(store: str, now: datetime) -> None:
    with transaction() as session:
        personal_act(session, now)
    engine().dispose()
    with sqlite3.connect(settings().data_dir / "chapar.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    for path in settings().data_dir.iterdir():
        assert b"ebulon" not in path.read_bytes()


def test_erasing_a_person_hides_the_values_and_keeps_the_chain(store: str, now: datetime) -> None:
    with transaction() as session:
        personal_act(session, now)
        personal_act(session, now, contact_id=6)
    seal(now)
    with transaction() as session:
        personal.destroy_key(session, 5)
        personal_act(session, now)
    seal(now)
    assert checked(now).is_sound
    with reading() as session:
        after, other, before = entries(session, AUDITOR)
    for line in (before, after):
        assert line.is_erased
        assert (line.object_name, line.before, line.after, line.reason) == (None,) * 4
    assert other.before == {"email": "zebulon@example.com"}
    assert not other.is_erased


def test_the_values_of_one_person_cannot_be_read_as_those_of_another(
    store: str, now: datetime
) -> None:
    with transaction() as session:
        box = personal.protected(session, 5, {"email": "a@example.com"})
        assert personal.revealed(session, 5, box) == {"email": "a@example.com"}
        personal.protected(session, 6, {})
        assert personal.revealed(session, 6, box) is None


def test_two_first_acts_about_a_person_share_one_key(store: str, now: datetime) -> None:
    def act(_: int) -> None:
        with transaction() as session:
            personal_act(session, now)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, range(8)))
    with reading() as session:
        assert all(line.after for line in entries(session, AUDITOR))


def test_a_long_export_is_complete_in_order_and_leaves_its_own_row(
    store: str, now: datetime
) -> None:
    acts(now, 1_100)
    with transaction() as session:
        numbers = [line.id for line in export(session, AUDITOR, now=now)]
    assert numbers[-1100:] == list(range(1_100, 0, -1))
    with reading() as session:
        (line,) = entries(session, AUDITOR, limit=1)
    assert (line.action, line.actor_name) == ("audit.exported", "Aras")


def test_pages_of_the_log_follow_each_other(store: str, now: datetime) -> None:
    acts(now, 5)
    with reading() as session:
        first = entries(session, AUDITOR, limit=2)
        second = entries(session, AUDITOR, before_id=first[-1].id, limit=2)
        assert [line.id for line in first + second] == [5, 4, 3, 2]
        assert entry(session, AUDITOR, entry_id=3).id == 3
        with pytest.raises(NotFound):
            entry(session, AUDITOR, entry_id=9)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (AuditFilter(action="stock.adjusted"), 2),
        (AuditFilter(action="contact.changed"), 1),
        (AuditFilter(actor_id=3), 0),
        (AuditFilter(contact_id=5), 1),
        (AuditFilter(object_type="stock_item"), 0),
        (AuditFilter(), 3),
    ],
)
def test_an_auditor_filters_the_log(
    *, store: str, now: datetime, wanted: AuditFilter, found: int
) -> None:
    acts(now, 2)
    with transaction() as session:
        personal_act(session, now)
    with reading() as session:
        assert len(entries(session, AUDITOR, wanted=wanted)) == found
        past = replace(wanted, until=now)
        assert entries(session, AUDITOR, wanted=past) == []
        assert len(entries(session, AUDITOR, wanted=replace(wanted, since=now))) == found


@pytest.mark.parametrize("role", set(ROLES) - {Role.AUDITOR, Role.ADMINISTRATOR})
@pytest.mark.parametrize("read", [entries, export])
def test_nobody_else_may_read_the_log(
    store: str, now: datetime, role: Role, *, read: Callable[..., object]
) -> None:
    actor = Actor(kind="user", id=9, name="x", grants=(Grant(1, DepartmentKind.SALES, role),))
    acts(now)
    more = {"now": now} if read is export else {}
    with transaction() as session, pytest.raises(Forbidden):
        read(session, actor, **more)
    with reading() as session:
        assert queries.entry_count(session) == 1
