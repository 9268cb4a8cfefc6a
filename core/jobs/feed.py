"""Feeds the rows of a file to whoever takes them, chunk by chunk, resumable at every chunk."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from sqlmodel import Session

from core import clock
from core.db import reading, transaction
from core.jobs import runs
from core.jobs.models import Job
from core.jobs.terms import OnProgress, Outcome, Refusal, Run

CHUNK = 500
"""Rows per transaction: few enough that nobody waits long for the one writer of SQLite."""

Row = TypeVar("Row")


def feed(
    run: Run,
    rows: Iterable[Row | Refusal],
    take: Callable[[Session, Job, Sequence[Row]], Outcome],
    *,
    on_progress: OnProgress | None = None,
) -> None:
    """Have every row taken that was not taken before; each chunk is all or nothing.

    rows: one element for each row of the file, from its first row, in the same order each time.
    Rows already taken are passed over, so an iterator that remembers what it saw (codes, numbers
    of lines) knows them too. on_progress is told rows done and rows in all, after each commit.

    Raises:
        Conflict: "job.lost" when another attempt took the job over, or it was abandoned.
    """
    with reading() as session:
        done_count = runs.continued(session, run).done_count
    for chunk in _chunks(islice(rows, done_count, None)):
        with transaction() as session:
            job = runs.continued(session, run)
            good = [row for row in chunk if not isinstance(row, Refusal)]
            outcome = take(session, job, good)
            refused = [row for row in chunk if isinstance(row, Refusal)]
            whole = Outcome(outcome.counts, in_file_order([*refused, *outcome.refused]))
            runs.note_progress(session, job, done_count=len(chunk), outcome=whole, now=clock.now())
        if on_progress:
            on_progress(job.done_count, job.total_count)


def job_of(run: Run) -> Job:
    """Return the job as it stands."""
    with reading() as session:
        return runs.continued(session, run)


def in_file_order(refused: Iterable[Refusal]) -> list[Refusal]:
    """Return the refusals in the order of their rows."""
    return sorted(refused, key=lambda refusal: refusal.line)


def _chunks(rows: Iterator[Row | Refusal]) -> Iterator[list[Row | Refusal]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


__all__ = ["CHUNK", "OnProgress", "feed", "in_file_order", "job_of"]
