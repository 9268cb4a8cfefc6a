"""Pure decisions about jobs."""

from collections.abc import Mapping
from typing import Any

from core.jobs.terms import Encoding, FileFormat, Layout, Sample, Separator

MOST_REFUSED = 300_000
"""How many refused rows are kept for the download; as many as a page upload may have."""

MOST_ATTEMPTS = 3
"""How often in a row a job may be taken up without moving on."""


def added(result: Mapping[str, object], counts: Mapping[str, int]) -> dict[str, object]:
    """Return the figures with these added to them."""
    known = {name: value for name, value in result.items() if isinstance(value, int)}
    return {**result, **{name: known.get(name, 0) + count for name, count in counts.items()}}


def stalled_count(options: Mapping[str, object]) -> int:
    """Return how often in a row the job was taken up without moving on."""
    count = options.get("stalled", 0)
    return count if isinstance(count, int) else 0


def layout_of(options: Mapping[str, object]) -> Layout:
    """Return how the file of a job is read, from its options."""
    kept: Any = options["layout"]
    return Layout(
        format=FileFormat(kept["format"]),
        encoding=Encoding(kept["encoding"]),
        separator=Separator(kept["separator"]),
        has_header=bool(kept["has_header"]),
    )


def mapping_of(options: Mapping[str, object]) -> dict[str, int]:
    """Return the column of each field, from the options of a job."""
    kept: Any = options["mapping"]
    return {str(name): int(column) for name, column in kept.items()}


def chosen(options: Mapping[str, object]) -> dict[str, object]:
    """Return what was chosen in the form, from the options of a job."""
    kept: Any = options.get("chosen", {})
    return dict(kept)


def sample_of(kept: Mapping[str, object]) -> Sample:
    """Return a sample from what JSON made of it."""
    parts: Any = kept
    shown = tuple(tuple(row) for row in parts["rows"])
    return Sample(layout_of(kept), tuple(parts["headers"]), shown, int(parts["row_count"]))


def sample_in(options: Mapping[str, object]) -> Sample:
    """Return what the file of a job looks like, from its options."""
    kept: Any = options["sample"]
    return sample_of(kept)


def reach_of(options: Mapping[str, object]) -> frozenset[int] | None:
    """Return the departments whose rows the owner of the job may touch, None for all."""
    kept: Any = options.get("reach")
    return None if kept is None else frozenset(kept)
