"""Turns the rows of a people file into columns of what they say, block by block. Knows no store."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import compress, islice, repeat
from pathlib import Path
from typing import Any

from core.audience import cells, columns
from core.audience.fields import CUSTOM, FIELDS, TOPIC
from core.audience.terms import Block, ReadingPlan
from core.errors import Invalid
from core.jobs import tables
from core.jobs.rules import layout_of
from core.jobs.terms import Limits, Record, Refusal

BLOCK = 10_000
"""Rows taken in one transaction: with these nobody waits a second for the one writer of SQLite."""

Reader = Callable[[Sequence[str]], list[object]]
LABELS = {field.name: field.label for field in FIELDS}
Columns = dict[str, list[object]]


def blocks(plan: ReadingPlan) -> Iterator[Block]:
    """Yield the file, from the first row that was not taken yet, in pieces of equal length."""
    limits = Limits(**plan.limits)
    records = tables.records(Path(plan.path), layout_of({"layout": plan.layout}), limits)
    left = islice(records, plan.skip, None)
    readers = _readers(plan)
    while rows := list(islice(left, BLOCK)):
        yield _block(rows, plan, readers)


def _block(rows: Sequence[Record], plan: ReadingPlan, readers: Mapping[str, Reader]) -> Block:
    found: Columns = {
        name: readers[name](_column(rows, place)) for name, place in plan.columns.items()
    }
    refused = _refused(rows, found, plan)
    if refused:
        is_good = [place not in refused for place in range(len(rows))]
        rows = list(compress(rows, is_good))
        found = {name: list(compress(column, is_good)) for name, column in found.items()}
    keys = _keys(found, len(rows))
    return Block(
        len(rows) + len(refused), [row.line for row in rows], [row.cells for row in rows],
        found, keys, list(refused.values()),
    )  # fmt: skip


def _column(rows: Sequence[Record], place: int) -> list[str]:
    return columns.cleaned([row.cells[place] if place < len(row.cells) else "" for row in rows])


def _refused(rows: Sequence[Record], found: Columns, plan: ReadingPlan) -> dict[int, Refusal]:
    """Return why rows cannot be taken, by place: the first thing wrong with each."""
    refused: dict[int, Refusal] = {}
    for name, column in found.items():
        for place, value in enumerate(column):
            if isinstance(value, Invalid):
                refused.setdefault(place, refusal(rows[place], value, name))
    for place in _blocked(found, plan.blocked):
        fault = Invalid("contact_import.domain_blocked")
        refused.setdefault(place, refusal(rows[place], fault, "email"))
    for place in _unknowable(found, len(rows)):
        fault = Invalid("contact_import.nobody")
        refused.setdefault(place, refusal(rows[place], fault, ""))
    return dict(sorted(refused.items()))


def _blocked(found: Columns, blocked: frozenset[str]) -> Iterator[int]:
    for place, value in enumerate(found.get("email", ()) if blocked else ()):
        if isinstance(value, tuple) and _is_blocked(value[0], blocked):
            yield place


def _unknowable(found: Columns, count: int) -> Iterator[int]:
    """Yield the rows by which nobody could be known again."""
    known = [found[name] for name in ("email", "phone", "external_id") if name in found]
    for place, values in enumerate(zip(*known, strict=True) if known else repeat((), count)):
        if not any(values):
            yield place


def _readers(plan: ReadingPlan) -> dict[str, Reader]:
    """Return how the column of each field is read."""
    single = cells.readers(plan)
    many = {name: partial(columns.mapped, read=read) for name, read in single.items()}
    return {"email": columns.mailboxes, **many}


def _keys(found: Columns, count: int) -> list[str]:
    """Return what each person is searched by, were nothing else known about them."""
    names = ("first_name", "last_name", "company", "email", "phone")
    parts: list[Iterable[Any]] = [found.get(name) or repeat(None, count) for name in names]
    return [
        cells.person_key(
            first or "",
            last or "",
            company=company or "",
            email=email[0] if email else "",
            number=phone[0] if phone else "",
        )
        for first, last, company, email, phone in zip(*parts, strict=True)
    ]


def _is_blocked(address: str, blocked: frozenset[str]) -> bool:
    """Return whether the domain, or one above it, is blocked."""
    labels = address.rpartition("@")[2].split(".")
    return any(".".join(labels[place:]) in blocked for place in range(len(labels)))


def refusal(row: Record, fault: Invalid, name: str) -> Refusal:
    """Return why a row was not taken, at its field."""
    is_custom = name.startswith((CUSTOM, TOPIC))
    label = "contact_import.field.custom" if is_custom else LABELS.get(name, "")
    return Refusal(row.line, row.cells, fault.code, label=label, params=fault.params)
