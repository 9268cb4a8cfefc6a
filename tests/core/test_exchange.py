"""Files at the command line may be larger than a page takes."""

import csv
import sys
from pathlib import Path

import pytest
from sqlmodel import func, select

from core.cli import commands
from core.db import reading, transaction
from core.jobs.models import Job
from core.jobs.terms import PAGE_LIMITS, JobState
from core.operations.models import StockItem
from core.people.models import Employee
from tests.support.cast import make_organisation
from tests.support.stores import forget_process_state

CELL = "x" * 30_000
WIDTH = 190
HEADS = {
    "stock": ["code", "name", "on hand", "reorder point"],
    "employees": ["first name", "last name", "private email", "start date"],
}
ROWS = {
    "stock": [f"A{number},Box,12,5" for number in range(10)],
    "employees": [f"Sara,Day,sara{number}@example.com,2027-01-02" for number in range(10)],
}
TABLES = {"stock": StockItem, "employees": Employee}


def large_file(path: Path, kind: str) -> Path:
    """Ten rows, with so much beside them that no page would take the file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*HEADS[kind], *(f"note {number}" for number in range(WIDTH))])
        for row in ROWS[kind]:
            writer.writerow([*row.split(","), *[CELL] * WIDTH])
    assert path.stat().st_size > PAGE_LIMITS.size
    return path


@pytest.mark.sqlite_only("the size of a file is no matter of the store")
@pytest.mark.parametrize("kind", HEADS)
def test_a_file_too_large_for_a_page_goes_in_by_command(
    store: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
) -> None:
    monkeypatch.setenv("CHAPAR_DEFAULT_LANGUAGE", "en")
    forget_process_state()
    with transaction() as session:
        make_organisation(session)
    source = large_file(tmp_path / "large.csv", kind)
    monkeypatch.setattr(sys, "argv", ["chapar", "import", kind, str(source)])
    with pytest.raises(SystemExit) as left:
        commands.main()
    said = capsys.readouterr()
    assert not left.value.code, said.err
    assert "10 of 10 rows" in said.err
    with reading() as session:
        assert session.exec(select(func.count()).select_from(TABLES[kind])).one() == 10
        assert session.exec(select(Job.state)).all() == [JobState.DONE]
    assert list((tmp_path / "uploads").iterdir()) == []
