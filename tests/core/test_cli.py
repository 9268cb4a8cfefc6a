"""The command line as it is typed: exit codes, one clear line, and what each command leaves."""

import csv
import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import dns.exception
import dns.resolver
import pytest
from sqlalchemy import text
from sqlmodel import select

from core import clock
from core.access.terms import SYSTEM
from core.accounts.models import ApiKey, User
from core.accounts.queries import has_administrator
from core.accounts.terms import LinkPurpose
from core.audit import sealing
from core.audit.service import record
from core.cli import commands, doctor, exchange, processes, running
from core.cli.dns_checks import of_domain
from core.db import engine, reading, transaction
from core.operations.models import StockItem
from core.settings import settings
from tasks.queue import open_queue
from tests.support.cast import make_contact, make_organisation
from tests.support.stores import forget_process_state

Chapar = Callable[..., int]


@pytest.fixture
def chapar(store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chapar]:
    """Type a command; returns its exit code."""
    monkeypatch.setenv("CHAPAR_DEFAULT_LANGUAGE", "en")
    forget_process_state()
    open_queue.cache_clear()
    usual = os.umask(0o022)

    def typed(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["chapar", *arguments])
        with pytest.raises(SystemExit) as left:
            commands.main()
        code = left.value.code
        return code if isinstance(code, int) else 0

    yield typed
    os.umask(usual)
    open_queue.cache_clear()


@pytest.fixture
def house(store: str) -> None:
    with transaction() as session:
        make_organisation(session)


CONTRACT = (
    "run", "web", "worker", "public", "migrate", "demo", "admin", "api-key", "import", "export",
    "backup", "restore", "verify-backup", "audit", "doctor", "bench",
)  # fmt: skip


@pytest.mark.sqlite_only
def test_help_names_every_command_of_the_contract(
    chapar: Chapar, capsys: pytest.CaptureFixture[str]
) -> None:
    assert chapar("--help") == 0
    shown = capsys.readouterr().out
    assert [name for name in CONTRACT if f"\n  {name} " not in shown] == []


@pytest.mark.parametrize(
    "typed", [["nonsense"], ["import", "cats", "f.csv"], ["backup"], ["run", "--fast"]]
)
def test_wrong_use_ends_with_two(chapar: Chapar, typed: list[str]) -> None:
    assert chapar(*typed) == 2


def test_a_refusal_is_one_translated_line_and_ends_with_one(
    chapar: Chapar, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert chapar("verify-backup", str(tmp_path / "absent.tar")) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "The file absent.tar was not found.\n"


@pytest.mark.sqlite_only
def test_bad_settings_are_named_and_not_traced(
    chapar: Chapar, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHAPAR_PORT", "99999")
    settings.cache_clear()
    assert chapar("migrate") == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "port" in said
    monkeypatch.delenv("CHAPAR_PORT")
    settings.cache_clear()


@pytest.mark.sqlite_only
def test_a_store_that_does_not_answer_is_said_in_one_line(
    chapar: Chapar, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHAPAR_DATABASE_URL", "postgresql+psycopg://a:secret@127.0.0.1:9/b")
    forget_process_state()
    assert chapar("audit", "verify") == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "secret" not in said


@pytest.mark.sqlite_only
def test_a_fresh_directory_is_migrated_once_and_every_command_asks_for_it(
    *,
    chapar: Chapar,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CHAPAR_DATA_DIR", str(tmp_path / "fresh"))
    forget_process_state()
    for command in ("run", "web", "worker", "public"):
        (tmp_path / "fresh").mkdir(exist_ok=True)
        assert chapar(command) == 1
        assert "chapar migrate" in capsys.readouterr().err
    assert chapar("migrate") == 0
    assert chapar("migrate") == 0
    assert "up to date" in capsys.readouterr().out
    assert not (tmp_path / "fresh" / "backups").exists() or not any(
        (tmp_path / "fresh" / "backups").iterdir()
    )


@pytest.mark.sqlite_only
def test_an_upgrade_is_saved_first_and_refused_while_chapar_runs(
    chapar: Chapar, house: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    upgraded: list[str] = []
    monkeypatch.setattr(commands.keeping.migrations, "pending", lambda _url: ["2"])
    monkeypatch.setattr(commands.keeping.migrations, "upgrade", upgraded.append)
    running_one = os.fork()
    if running_one == 0:
        processes.hold_running_lock()
        (tmp_path / "held").touch()
        os.read(os.pipe()[0], 1)  # until it is killed
    try:
        wait_until((tmp_path / "held").exists)
        assert processes.is_running()
        assert chapar("migrate") == 1
        assert upgraded == []
    finally:
        os.kill(running_one, 9)
        os.waitpid(running_one, 0)
    assert chapar("migrate") == 0
    assert len(upgraded) == 1
    assert len(list((settings().data_dir / "backups").glob("before-upgrade-*.tar"))) == 1


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline = clock.now() + timedelta(seconds=10)
    while not is_true():
        assert clock.now() < deadline


def test_run_prints_the_address_and_a_link_until_there_is_an_administrator(
    chapar: Chapar, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    become: list[list[str]] = []
    monkeypatch.setattr(processes, "become", become.append)
    assert chapar("run") == 0
    shown = capsys.readouterr().out
    assert "http://localhost:8501\n" in shown
    assert "/auth/setup/" in shown
    (command,) = become
    names = [child["name"] for child in json.loads(command[-1])]
    assert names == ["web", "worker"]


def test_each_process_is_started_by_the_command_of_its_name(
    chapar: Chapar, monkeypatch: pytest.MonkeyPatch
) -> None:
    become: list[list[str]] = []
    monkeypatch.setattr(running.processes, "become", become.append)
    for name in ("web", "worker", "public"):
        assert chapar(name) == 0
    web, worker, public = (" ".join(command) for command in become)
    assert "streamlit run" in web
    assert "huey_consumer tasks.consumer.huey -k thread" in worker
    assert "uvicorn tasks.asgi:app" in public


def test_an_administrator_chooses_the_password_by_the_printed_link(
    chapar: Chapar, capsys: pytest.CaptureFixture[str]
) -> None:
    assert chapar("admin", "link") == 0
    assert "/auth/setup/" in capsys.readouterr().out
    assert chapar("admin", "create", "sara@example.com", "--first-name", "سارا") == 0
    assert f"/auth/{LinkPurpose.INVITATION}/" in capsys.readouterr().out
    with reading() as session:
        (user,) = session.exec(select(User)).all()
        assert user.login == "sara@example.com"
        assert not has_administrator(session)  # not before a password was chosen
    assert chapar("admin", "create", "sara@example.com", "--first-name", "Sara") == 1


def test_a_key_is_printed_once_and_kept_hashed(
    house: None, chapar: Chapar, capsys: pytest.CaptureFixture[str]
) -> None:
    assert chapar("api-key", "create", "shop", "--scope", "stock:edit") == 0
    key = capsys.readouterr().out.strip()
    assert key.startswith("chp_")
    with reading() as session:
        (row,) = session.exec(select(ApiKey)).all()
    assert row.scopes == ["stock:edit"]
    assert key not in str(row)
    assert chapar("api-key", "create", "shop", "--scope", "everything") == 1


STOCK = "code,name,on hand,reorder point\nA1,کارتن,۱۲,5\nB2,=1+1,3,4\n,nameless,1,1\n"


@pytest.mark.spec("T36")
def test_stock_goes_in_and_comes_out_with_refusals_counted_and_no_formula(
    house: None, chapar: Chapar, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "stock.csv", tmp_path / "out.csv"
    source.write_text(STOCK, encoding="utf-8")
    assert chapar("import", "stock", str(source)) == 0
    assert "1 row was refused" in capsys.readouterr().out
    with reading() as session:
        assert len(session.exec(select(StockItem)).all()) == 2
    assert chapar("export", "stock", str(target)) == 0
    assert target.stat().st_mode & 0o777 == 0o600
    with target.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["code"], row["name"], row["on_hand"]) for row in rows] == [
        ("A1", "کارتن", "12"),
        ("B2", "'=1+1", "3"),
    ]
    assert chapar("export", "stock", str(target)) == 1


ORDERS = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1001,85123A,Lantern,6,2010-12-01 08:26:00,2.55,17850,United Kingdom
1002,85123A,Lantern,90,2010-12-02 08:26:00,2.55,17850,United Kingdom
"""


def test_orders_lower_the_stock_they_open_with_progress_on_stderr(
    house: None, chapar: Chapar, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "orders.csv"
    source.write_text(ORDERS, encoding="utf-8")
    typed = ("import", "orders", str(source), "--opening-stock", "100", "--reorder-point", "20")
    for _ in range(2):  # the second time changes nothing
        assert chapar(*typed, "--currency", "GBP") == 0
        assert "2 of 2 rows" in capsys.readouterr().err
        with reading() as session:
            (item,) = session.exec(select(StockItem)).all()
        assert (item.code, item.on_hand, item.reorder_point) == ("85123A", 4, 20)


@pytest.mark.parametrize("kind", [kind.value for kind in exchange.ExportKind])
def test_every_kind_can_be_exported_from_an_empty_store(
    *, house: None, chapar: Chapar, tmp_path: Path, kind: str
) -> None:
    assert chapar("export", kind, str(tmp_path / "out.csv")) == 0
    assert (tmp_path / "out.csv").read_text(encoding="utf-8-sig").count("\n") >= 1


def test_a_missing_file_is_named(chapar: Chapar, capsys: pytest.CaptureFixture[str]) -> None:
    assert chapar("import", "stock", "absent.csv") == 1
    assert "absent.csv" in capsys.readouterr().err


def test_the_audit_log_is_verified_by_command(
    house: None, chapar: Chapar, capsys: pytest.CaptureFixture[str]
) -> None:
    now = clock.now()
    with transaction() as session:
        for _ in range(30):
            record(session, SYSTEM, "x.y", now=now)
    with transaction() as session:
        sealing.seal(session, now=now)
    assert chapar("audit", "verify") == 0
    assert "untouched" in capsys.readouterr().out
    with engine().connect() as connection:
        connection.execute(
            text(
                "INSERT INTO audit_seal (position, entry_id, hash, sealed_at) "
                "SELECT position + 1000, entry_id + 1000, hash, sealed_at FROM audit_seal"
            )
        )
        connection.commit()
    assert chapar("audit", "verify") == 1
    said = capsys.readouterr().out
    assert "removed" in said
    assert "more finding" in said


def test_the_doctor_finds_a_sound_installation_sound(
    house: None, chapar: Chapar, capsys: pytest.CaptureFixture[str]
) -> None:
    assert chapar("doctor", "--smtp") == 0
    said = capsys.readouterr().out
    assert "Danger" not in said
    assert "capture mailbox" in said


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("CHAPAR_BASE_URL", "http://mail.example.com", "doctor.plain_http"),
        ("CHAPAR_SECRET_KEY", "short", "doctor.key_short"),
        ("CHAPAR_DEFAULT_LANGUAGE", "xx", "doctor.language_unknown"),
        ("CHAPAR_TIME_ZONE", "Asia/Nowhere", "time_zone.unknown"),
        ("CHAPAR_DATABASE_URL", "postgresql+psycopg://a@127.0.0.1:9/b", "doctor.store_silent"),
        ("CHAPAR_QUEUE_URL", "redis://127.0.0.1:9/0", "doctor.queue_silent"),
        ("CHAPAR_DATA_DIR", "/proc/nowhere", "doctor.data_unwritable"),
    ],
)
def test_the_doctor_names_what_is_wrong(
    *, house: None, monkeypatch: pytest.MonkeyPatch, name: str, value: str, code: str
) -> None:
    monkeypatch.setenv(name, value)
    forget_process_state()
    doctor.import_module("tasks.queue").open_queue.cache_clear()
    found = [*doctor.configuration(), *doctor.clock_and_store()]
    found += doctor.queue() if "QUEUE" in name else []
    assert code in [finding.code for finding in found]
    monkeypatch.delenv(name)
    forget_process_state()


def test_the_doctor_sees_a_clock_that_went_back(house: None) -> None:
    with transaction() as session:
        make_contact(session)
        record(session, SYSTEM, "x.y", now=clock.now() + timedelta(hours=1))
    found = [finding.code for finding in doctor.clock_and_store()]
    assert ("doctor.clock_behind" in found) == settings().store_url.startswith("sqlite")


RECORDS = {
    ("example.com", "MX"): ["10 mail.example.com."],
    ("example.com", "TXT"): ['"other"', '"v=spf1 include:" "a.example -all"'],
}


class Record(str):
    to_text = str.__str__


def test_dns_tells_who_may_send_and_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(name: str, kind: str, lifetime: float) -> list[Record]:
        found = RECORDS.get((name, kind))
        if found is None:
            raise dns.resolver.NXDOMAIN
        return [Record(text) for text in found]

    monkeypatch.setattr("dns.resolver.resolve", resolve)
    found = {finding.code: finding.params.get("text") for finding in of_domain("example.com")}
    assert found == {
        "doctor.dns_mx": "10 mail.example.com.",
        "doctor.dns_spf": "v=spf1 include:a.example -all",
        "doctor.dns_no_dmarc": None,
    }


def test_dns_that_does_not_answer_is_a_finding_and_not_a_crash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def silent(*_: object, **__: object) -> None:
        raise dns.exception.Timeout

    monkeypatch.setattr("dns.resolver.resolve", silent)
    assert [finding.code for finding in of_domain("example.com")] == ["doctor.dns_silent"]


@pytest.mark.sqlite_only
def test_backup_verify_and_restore_by_command(
    house: None, chapar: Chapar, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "b.tar"
    assert chapar("backup", str(target)) == 0
    assert chapar("verify-backup", str(target)) == 0
    assert "sound" in capsys.readouterr().out
    assert chapar("restore", str(target)) == 1
    engine().dispose()
    assert chapar("restore", str(target), "--replace") == 0
    assert "confirm-sending" in capsys.readouterr().err
    forget_process_state()
    assert chapar("admin", "confirm-sending") == 0
