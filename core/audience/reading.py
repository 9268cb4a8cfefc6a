"""Turns the rows of a people file into columns of what they say, block by block. Knows no store."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import compress, islice, repeat
from pathlib import Path
from typing import Any

from core import clock, ids
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
Columns = Mapping[str, Sequence[Any]]
_LONG = 1_000
PREFIX = "con"
_KNOWN_BY = ("email", "phone", "external_id")
_SEARCHED = ("first_name", "last_name", "company", "email", "phone")


def blocks(plan: ReadingPlan) -> Iterator[Block]:
    """Yield the file, from the first row that was not taken yet, in pieces of equal length."""
    limits = Limits(**plan.limits)
    records = tables.records(Path(plan.path), layout_of({"layout": plan.layout}), limits)
    left = islice(records, plan.skip, None)
    readers = _readers(plan)
    while rows := list(islice(left, BLOCK)):
        yield _block(rows, plan, readers)


def _block(rows: Sequence[Record], plan: ReadingPlan, readers: Mapping[str, Reader]) -> Block:
    wide = list(zip(*_even(rows, plan), strict=True))
    found: Columns = {
        name: readers[name](columns.cleaned(wide[place])) for name, place in plan.columns.items()
    }
    refused = _refused(rows, found, plan)
    if refused:
        is_good = [place not in refused for place in range(len(rows))]
        rows = list(compress(rows, is_good))
        found = {name: list(compress(column, is_good)) for name, column in found.items()}
    return _arranged(rows, found, refused=list(refused.values()))


def _even(rows: Sequence[Record], plan: ReadingPlan) -> Iterator[Sequence[str]]:
    """Yield the cells of each row, so many that every column of the plan has one."""
    width = max(plan.columns.values(), default=0) + 1
    for row in rows:
        cells_of_it = row.cells
        short = width - len(cells_of_it)
        yield cells_of_it[:width] if short <= 0 else (*cells_of_it, *repeat("", short))


def _arranged(rows: Sequence[Record], found: Columns, *, refused: Sequence[Refusal]) -> Block:
    """Return the block; a long one in the order of the search keys: so the store is quickest."""
    keys = _keys(found, len(rows))
    order: Sequence[int] = range(len(rows))
    if len(order) > _LONG:
        order = sorted(order, key=keys.__getitem__)
    lines, texts = [row.line for row in rows], [row.cells for row in rows]
    arranged = {name: [column[place] for place in order] for name, column in found.items()}
    return Block(
        row_count=len(rows) + len(refused),
        lines=[lines[place] for place in order],
        cells=[texts[place] for place in order],
        columns=arranged,
        keys=[keys[place] for place in order],
        attributes=_documents(arranged, len(rows)),
        public_ids=ids.public_ids(PREFIX, clock.now(), len(rows)),
        by_email=_ordered(arranged.get("email", ())),
        by_phone=_ordered(arranged.get("phone", ())),
        repeated=_repeated(arranged),
        refused=refused,
    )


def _ordered(column: Sequence[Any]) -> list[int]:
    """Return the places where something stands, in the order of what it is."""
    there = [place for place, one in enumerate(column) if one]
    return sorted(there, key=lambda place: column[place][0])


def _refused(rows: Sequence[Record], found: Columns, plan: ReadingPlan) -> dict[int, Refusal]:
    """Return why rows cannot be taken, by place: the first thing wrong with each."""
    refused: dict[int, Refusal] = {}
    for name, column in found.items():
        if Invalid in set(map(type, column)):
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
    known = [found[name] for name in _KNOWN_BY if name in found]
    for place, values in enumerate(zip(*known, strict=True) if known else repeat((), count)):
        if not any(values):
            yield place


def _readers(plan: ReadingPlan) -> dict[str, Reader]:
    """Return how the column of each field is read."""
    single = cells.readers(plan)
    many = {name: partial(columns.mapped, read=read, known={}) for name, read in single.items()}
    return {"email": columns.mailboxes, **many}


def _keys(found: Columns, count: int) -> list[str]:
    """Return what each person is searched by, were nothing else known about them."""
    parts: list[Iterable[Any]] = [found.get(name) or repeat(None, count) for name in _SEARCHED]
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


def _documents(found: Columns, count: int) -> Sequence[str]:
    """Return the custom fields of each person as the store keeps them."""
    names = [name for name in found if name.startswith(CUSTOM)]
    if not names:
        return ["{}"] * count
    short = [name.removeprefix(CUSTOM) for name in names]
    return [
        cells.document({name: value for name, value in zip(short, row, strict=True)
                        if value is not None})
        for row in zip(*(found[name] for name in names), strict=True)
    ]  # fmt: skip


def _repeated(found: Columns) -> frozenset[int]:
    """Return the places of rows that have their address, phone or number from another row too."""
    again: set[int] = set()
    for name in _KNOWN_BY:
        keys = [one if one is None or type(one) is str else one[0] for one in found.get(name, ())]
        first: dict[str, int] = {}
        for place, key in enumerate(keys):
            if key is not None and first.setdefault(key, place) != place:
                again |= {first[key], place}
    return frozenset(again)


def _is_blocked(address: str, blocked: frozenset[str]) -> bool:
    """Return whether the domain, or one above it, is blocked."""
    labels = address.rpartition("@")[2].split(".")
    return any(".".join(labels[place:]) in blocked for place in range(len(labels)))


def refusal(row: Record, fault: Invalid, name: str) -> Refusal:
    """Return why a row was not taken, at its field."""
    is_custom = name.startswith((CUSTOM, TOPIC))
    label = "contact_import.field.custom" if is_custom else LABELS.get(name, "")
    return Refusal(row.line, row.cells, fault.code, label=label, params=fault.params)
