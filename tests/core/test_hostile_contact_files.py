"""People files made to do harm are refused with a reason, at no cost, and nobody is kept."""

import resource
import time
from pathlib import Path

import pytest
from sqlmodel import select

from core.audience.contact_import import import_contacts
from core.contacts.models import Address, ChangeSet, Contact, ContactIdentity
from core.db import reading
from core.errors import Invalid
from core.jobs.look import MEMORY
from core.jobs.models import Job
from core.jobs.terms import JobKind, JobState, Layout, Separator
from tests.support.cast import administrator
from tests.support.hostile_files import hostile
from tests.support.imports import claimed, found_organisation, job_now, queued, run_here, table

ADMIN = administrator()
CODES = {
    "gigabyte": {"file.not_a_table"},
    "line": {"file.line_too_long", "file.cell_too_long"},
    "columns": {"file.too_many_columns"},
    "quotes": {"file.cell_too_long", "file.line_too_long"},
    "zip": {"file.swells"},
}
pytestmark = [
    pytest.mark.sqlite_only("files are read alike for either store"),
    pytest.mark.usefixtures("store"),
]


def kept() -> list[object]:
    with reading() as session:
        return [one for table in (Job, Contact, ContactIdentity, Address, ChangeSet)
                for one in session.exec(select(table)).all()]  # fmt: skip


@pytest.mark.spec("T37")
def test_a_hostile_file_is_refused_before_anything_is_kept(tmp_path: Path) -> None:
    found_organisation()
    was = len(kept())
    for name, path in hostile(tmp_path).items():
        before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
        with pytest.raises(Invalid) as error:
            import_contacts(ADMIN, path, options={})
        assert error.value.code in CODES[name], name
        assert time.monotonic() - start < 30, name  # 5 s on a machine of its own
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 80 * 1024, name
    assert len(kept()) == was


@pytest.mark.spec("T37")
def test_a_file_that_turns_hostile_when_read_anew_ends_its_job_alone(tmp_path: Path) -> None:
    """Cut by another separator than the one found, a decent row is one of a million cells."""
    found_organisation()
    was = len(kept())
    rows = [["email", "name"], ["a@example.com", "x|" * 15_000]]
    path = table(tmp_path / "people.csv", rows)
    job_id = queued(path, JobKind.IMPORT_CONTACTS, layout=Layout(separator=Separator.BAR),
                    mapping={"email": 0})  # fmt: skip
    run_here(claimed(job_id), memory=MEMORY)
    job = job_now(job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "file.too_many_columns")
    assert len(kept()) <= was + 2  # the job, and the change it was to be
    with reading() as session:
        assert session.exec(select(ContactIdentity)).all() == []
