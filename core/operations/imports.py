"""What the imports of operations share: cells by field, refusals, and the end of a job."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from core import clock
from core.errors import Invalid
from core.events import service as events
from core.jobs.models import Job
from core.jobs.terms import ImportField, Record, Refusal
from core.operations.facts import IMPORTED, SOURCE
from core.operations.shelf import batch_of


class Cells:
    """The cells of a row by field."""

    def __init__(self, record: Record, mapping: Mapping[str, int], width: int) -> None:
        """Refuse a row that is wider than the head: its cells have slipped."""
        if any(cell.strip() for cell in record.cells[width:]):
            raise Invalid("import.row_too_long", limit=width)
        self._record, self._mapping = record, mapping

    def text(self, field: str) -> str:
        """Return the text of a field; empty where the file or the row has no cell for it."""
        column = self._mapping.get(field, -1)
        cells = self._record.cells
        return cells[column] if 0 <= column < len(cells) else ""


def refusal(record: Record, error: Invalid, fields: Sequence[ImportField], *added: str) -> Refusal:
    """Return the row as refused, with the label of the field at fault. added: cells in front."""
    label = next((field.label for field in fields if field.name == error.field), "")
    return Refusal(record.line, (*added, *record.cells), error.code, label, error.params)


def release(session: Session, job: Job) -> None:
    """Tell that the import is over and let its events be reacted to, in the order of its rows.

    The rows it took are true even when it failed or was abandoned half-way.
    """
    batch = batch_of(job.id)
    over = events.Fact(
        name=IMPORTED,
        source=SOURCE,
        dedup_key=batch,
        occurred_at=clock.now(),
        subject_type="job",
        subject_id=job.id,
        department_id=job.department_id,
        batch=batch,
        is_held=True,
    )
    events.record(session, over)
    events.release(session, batch=batch)


def began(job: Job) -> datetime:
    """Return when the job was first taken up: the moment its rows are dated by."""
    return job.started_at or clock.now()
