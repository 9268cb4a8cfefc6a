"""The job row and the rows it refused."""

from datetime import datetime

from sqlmodel import Field

from core.db import Row, choice, document, maybe_ref, ref
from core.jobs.terms import JobKind, JobState


class Job(Row, table=True):
    """Long work. options: what was chosen in the form; result: counts, filled at the end."""

    __tablename__ = "job"

    kind: JobKind = choice(JobKind)
    state: JobState = choice(JobState, default=JobState.DRAFT)
    owner_id: int | None = maybe_ref("user")
    department_id: int | None = maybe_ref("department")
    file_name: str = Field(default="", max_length=255)
    upload: str = Field(default="", max_length=255)
    options: dict[str, object] = document()
    result: dict[str, object] = document()
    done_count: int = 0
    total_count: int = 0
    refused_count: int = 0
    started_at: datetime | None = None
    beat_at: datetime | None = None
    ended_at: datetime | None = None
    error_code: str = Field(default="", max_length=80)
    attempt_count: int = 0


class RefusedRow(Row, table=True):
    """A row of a file that was not taken, with its reason, for the download."""

    __tablename__ = "refused_row"

    job_id: int = ref("job")
    line: int
    code: str = Field(max_length=80)
    params: dict[str, object] = document()
    cells: list[str] = document(factory=list)
