"""People files of every dialect in, and out again; real orders find their customers."""

import csv
import io
import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from sqlmodel import col, func, select

from core import clock
from core.audience import contact_import, exports
from core.audience.contact_import import import_contacts
from core.cli import commands
from core.commerce.models import Order, OrderLine
from core.contacts.addresses import parse_address
from core.contacts.models import Attribute, ChangeSet, Contact, ContactIdentity
from core.contacts.terms import AttributeKind, IdentityKind
from core.db import reading, transaction
from core.errors import Invalid
from core.events.models import Event
from core.i18n.text import stored_line
from core.jobs.cells import guarded, unguarded
from core.jobs.terms import JobKind, JobState
from core.operations.order_import import import_orders
from tests.support.cast import administrator
from tests.support.imports import found_organisation, queued, refused, run, table
from tests.support.people_files import read_here
from tests.support.stores import forget_process_state

ADMIN = administrator()
HEADS = ["کد مشتری", "نام", "نام خانوادگی", "ایمیل", "موبایل", "شهر", "تاریخ تولد"]
SHARE = 10


@pytest.fixture(autouse=True)
def house(store: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(contact_import, "blocks_ahead", read_here(10_000))
    found_organisation()
    return store


def thousand(*, is_plain: bool) -> list[list[str]]:
    """The same people; in the plain spelling with the letters cp1256 has."""
    digits = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
    rows = [[head.replace("ی", "ي") for head in HEADS] if is_plain else HEADS]
    for n in range(1000):
        number, phone, day = f"{n}", f"0912{n:07}", f"1360/{n % 12 + 1:02}/{n % 28 + 1:02}"
        if not is_plain:
            phone, day = phone.translate(digits), day.translate(digits)
        rows.append([number, "علي" if n % 2 else "سارا", f"كاظمي {n}", f"p{n}@example.com", phone,
                     "القاهرة", day])  # fmt: skip
    return rows


def everybody() -> list[tuple[object, ...]]:
    columns = (Contact.first_name, Contact.last_name, Contact.city, Contact.birth_date,
               Contact.search_key)  # fmt: skip
    with reading() as session:
        people = session.execute(select(*columns).order_by(col(Contact.id))).all()  # type: ignore[call-overload]
        known = session.execute(
            select(ContactIdentity.kind, ContactIdentity.normalised).order_by(
                col(ContactIdentity.contact_id), col(ContactIdentity.kind)
            )
        )
        return [*map(tuple, people), *map(tuple, known)]


@pytest.mark.spec("T38")
@pytest.mark.sqlite_only("files are read alike for either store")
def test_a_thousand_people_are_the_same_in_every_dialect(tmp_path: Path) -> None:
    first: list[tuple[object, ...]] = []
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1256"):
        for separator in ",;\t":
            for end in ("\n", "\r\n", "\r"):
                text = io.StringIO()
                rows = thousand(is_plain=encoding == "cp1256")
                csv.writer(text, delimiter=separator, lineterminator=end).writerows(rows)
                path = tmp_path / "people.csv"
                path.write_bytes(text.getvalue().encode(encoding))
                job = import_contacts(ADMIN, path, options={"rule": "overwrite"})
                assert job.refused_count == 0, (encoding, separator, end)
                seen = everybody()
                first = first or seen
                assert seen == first, (encoding, separator, end)
                assert job.result["people_new"] == (1000 if job.id == 1 else 0)
                assert job.result.get("people_changed", 0) == 0
    assert len(first) == 4000


@pytest.mark.sqlite_only("files are read alike for either store")
def test_every_row_of_strange_files_is_taken_or_refused(tmp_path: Path, corpora: Path) -> None:
    strings = json.loads((corpora / "attacks" / "naughty_strings.json").read_text("utf-8"))
    addresses = [
        line
        for name in ("flanker_valid.txt", "flanker_invalid.txt")
        for line in (corpora / "addresses" / name).read_text("utf-8").splitlines()
    ]
    heads = ["email", "name", "id", "city", "tags"]
    rows = [[text, text, f"{n}", text, text] for n, text in enumerate([*strings, *addresses])]
    job = run(queued(table(tmp_path / "a.csv", [heads, *rows]), JobKind.IMPORT_CONTACTS))
    assert job.state is JobState.DONE
    taken = sum(value for value in job.result.values() if isinstance(value, int))
    assert taken + job.refused_count == job.done_count == len(rows)
    for path in sorted((corpora / "csv_spectrum" / "csvs").glob("*.csv")):
        job = run(queued(path, JobKind.IMPORT_CONTACTS, mapping={"external_id": 0, "city": 1}))
        taken = sum(value for value in job.result.values() if isinstance(value, int))
        assert (job.state, taken + job.refused_count) == (JobState.DONE, job.done_count)


@pytest.mark.sqlite_only("files are read alike for either store")
def test_addresses_of_the_corpus_are_taken_or_refused_exactly_as_an_address_is(
    tmp_path: Path, corpora: Path
) -> None:
    folder = corpora / "addresses"
    texts = [one["address"] for one in json.loads((folder / "isemail.json").read_text("utf-8"))]
    for name in ("flanker_valid.txt", "flanker_invalid.txt"):
        texts += (folder / name).read_text("utf-8").splitlines()
    texts = [text for text in dict.fromkeys(texts) if text.strip()]
    meant: dict[int, str] = {}
    for line, text in enumerate(texts, start=2):
        with suppress(Invalid):
            meant[line] = parse_address(stored_line(unguarded(text))).normalised
    path = table(
        tmp_path / "a.csv", [["email", "id"], *([text, n] for n, text in enumerate(texts))]
    )
    job = run(queued(path, JobKind.IMPORT_CONTACTS, options={"rule": "skip"}))
    with reading() as session:
        lines = {line for line, _, _ in refused(session, job.id)}
        known = session.exec(
            select(ContactIdentity.normalised).where(ContactIdentity.kind == IdentityKind.EMAIL)
        ).all()
    assert len(meant) > 40
    assert set(known) == set(meant.values())
    unmeant = set(range(2, len(texts) + 2)) - meant.keys()
    assert unmeant <= lines
    twice = [line for line in lines - unmeant if list(meant.values()).count(meant[line]) == 1]
    assert twice == []


FULL_WIDTH = "\N{FULLWIDTH EQUALS SIGN}"
FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    "'=x",
    f"{FULL_WIDTH}1",
    "+98",
    "-سارا",
]


@pytest.mark.spec("T36")
def test_what_is_exported_is_no_formula_and_comes_back_as_it_was(tmp_path: Path) -> None:
    with transaction() as session:
        session.add(Attribute(key="note", names={"fa": "یاد"}, kind=AttributeKind.TEXT))
    heads = ["id", "email", "phone", "first name", "last name", "city", "company", "tags", "note"]
    rows = [
        [f"{n}", f"f{n}@example.com", f"0912000000{n}", *[guarded(text)] * 4, "a|b", guarded(text)]
        for n, text in enumerate(FORMULAS)
    ]
    import_contacts(ADMIN, table(tmp_path / "in.csv", [heads, *rows]), options={})
    with transaction() as session:
        found = exports.begin_export(session, ADMIN, now=clock.now())
        people, after_id = exports.export_page(session, ADMIN)
    assert (len(people), after_id) == (len(FORMULAS), 0)
    out = [[guarded(cell) for cell in row] for row in (found, *people)]
    assert not [
        cell for row in out for cell in row if cell.startswith(("=", "+", "-", "@", FULL_WIDTH))
    ]
    before = everybody()
    job = import_contacts(ADMIN, table(tmp_path / "out.csv", out), options={"rule": "overwrite"})
    assert (job.result.get("people_changed"), job.refused_count) == (0, 0)
    assert everybody() == before
    with reading() as session:
        names = session.exec(select(Contact.first_name).order_by(col(Contact.id))).all()
        assert [name for name in names if name] == FORMULAS


@pytest.fixture
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CHAPAR_DEFAULT_LANGUAGE", "en")
    forget_process_state()
    yield
    forget_process_state()


def test_the_command_line_tries_takes_and_gives_out(
    english: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    path = table(tmp_path / "p.csv", [["email", "name"], ["a@example.com", "A"], ["bad", "B"]])

    def typed(*arguments: str) -> object:
        monkeypatch.setattr(sys, "argv", ["chapar", *arguments])
        with pytest.raises(SystemExit) as left:
            commands.main()
        return left.value.code or 0

    assert typed("import", "contacts", str(path), "--trial") == 0
    assert "New contacts: 1" in capsys.readouterr().out
    assert typed("import", "contacts", str(path), "--source", "fair", "--tag", "x") == 0
    told = capsys.readouterr()
    assert "New contacts: 1" in told.out
    assert "1 row was refused" in told.out
    with reading() as session:
        assert session.exec(select(Contact.source)).all() == ["fair"]
        assert session.exec(select(ChangeSet.count)).one() == 1
    assert typed("export", "contacts", str(tmp_path / "out.csv")) == 0
    (row,) = csv.DictReader((tmp_path / "out.csv").read_text("utf-8-sig").splitlines())
    assert (row["email"], row["first_name"], row["tags"]) == ("a@example.com", "A", "x")


@pytest.mark.sqlite_only("the sums are the same arithmetic")
def test_real_orders_and_their_customers_agree_with_an_independent_reckoning(
    tmp_path: Path, corpora: Path
) -> None:
    whole = (corpora / "retail" / "orders.csv").read_text("utf-8").splitlines()
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(whole[: len(whole) // SHARE]) + "\n", encoding="utf-8")
    frame = pl.read_csv(path, infer_schema=False).with_columns(
        pl.col("CustomerID").str.replace(r"\.0$", "").alias("who"),
        (pl.col("Quantity").cast(pl.Int64) * (pl.col("UnitPrice").cast(pl.Decimal(18, 2)) * 100)
         .cast(pl.Int64)).alias("pence"),
    )  # fmt: skip
    import_orders(ADMIN, path, options={"currency": "GBP"})
    numbers = sorted(set(frame["who"].drop_nulls()) - {""})
    people = [["customer id", "email"], *([n, f"c{n}@example.com"] for n in numbers)]
    job = import_contacts(ADMIN, table(tmp_path / "people.csv", people), options={})
    assert (job.result["people_changed"], job.refused_count) == (len(numbers), 0)
    named = frame.filter(pl.col("who").is_in(numbers))
    orders = named.group_by("InvoiceNo", maintain_order=True).agg(
        pl.col("who").first(), pl.col("InvoiceDate").first(), pl.col("pence").sum(),
        (pl.col("Quantity").first().cast(pl.Int64) > 0).alias("is_order"),
    )  # fmt: skip
    wanted = {
        who: (count, last, spend)
        for who, count, last, spend in orders.group_by("who").agg(
            pl.col("is_order").sum(), pl.col("InvoiceDate").filter(pl.col("is_order")).max(),
            pl.col("pence").sum(),
        ).iter_rows()
    }  # fmt: skip
    assert _reckoned() == wanted


def _reckoned() -> dict[str, tuple[int, str | None, int]]:
    """Orders placed, the newest of them, and what was spent in pence, by customer number."""
    numbers = select(ContactIdentity.contact_id, ContactIdentity.normalised).where(
        ContactIdentity.kind == IdentityKind.EXTERNAL
    )
    placed = (
        select(Event.contact_id, func.count(), func.max(Order.placed_at))
        .join(Order, col(Order.id) == col(Event.subject_id))
        .where(Event.name == "order.placed")
        .group_by(col(Event.contact_id))
    )
    spent = (
        select(Order.contact_id, func.sum(OrderLine.quantity * OrderLine.unit_price_minor))
        .join(OrderLine, col(OrderLine.order_id) == col(Order.id))
        .group_by(col(Order.contact_id))
    )
    with reading() as session:
        facts = {who: (count, last) for who, count, last in session.execute(placed)}
        sums = dict(session.execute(spent).all())  # type: ignore[arg-type]
        known = dict(session.execute(numbers).all())  # type: ignore[arg-type]
    found = {}
    for who, number in known.items():
        count, last = facts.get(who, (0, None))
        found[number] = (count, _told(last), sums.get(who, 0))
    return found


def _told(at: object) -> str | None:
    """The moment as the file writes it: in the zone of the organisation."""
    if at is None:
        return None
    moment = datetime.fromisoformat(str(at))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(ZoneInfo("Asia/Tehran")).strftime("%Y-%m-%d %H:%M:%S")
