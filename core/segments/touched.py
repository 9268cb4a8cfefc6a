"""Whom a row or a statement is about: people, or companies and addresses that lead to them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Delete, Insert, Table, Update, select
from sqlalchemy.orm import ORMExecuteState

MOST = 1_000
"""So many people are brought in step at once; beyond that everybody is asked anew."""

_KEYS: Mapping[str, Mapping[str, str]] = {
    "contact": {"contacts": "id"},
    "company": {"companies": "id"},
    "contact_tag": {"contacts": "contact_id"},
    "contact_identity": {"contacts": "contact_id"},
    "subscription": {"contacts": "contact_id"},
    "suppression": {"contacts": "contact_id", "addresses": "address_id"},
    "order": {"contacts": "contact_id"},
}
"""Tables that conditions look at, and the columns that lead to people. Events have their lane."""


@dataclass
class People:
    """Ids of people, and of companies and addresses whose people are meant."""

    contacts: set[int] = field(default_factory=set)
    companies: set[int] = field(default_factory=set)
    addresses: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.contacts or self.companies or self.addresses)

    def add(self, other: "People") -> None:
        """Mean those of the other too."""
        self.contacts |= other.contacts
        self.companies |= other.companies
        self.addresses |= other.addresses


def of_row(row: object) -> People:
    """Return whom a row is about; nobody for a row that no condition looks at."""
    keys = _KEYS.get(str(getattr(row, "__tablename__", "")), {})
    return _people({name: [getattr(row, column, None)] for name, column in keys.items()})


def of_statement(state: ORMExecuteState) -> People | None:
    """Return whom a statement that is about to run is about; None for more than can be named."""
    mapper = state.bind_mapper
    table: Any = None if mapper is None else mapper.local_table
    keys = _KEYS.get(table.name, {}) if isinstance(table, Table) else {}
    if not keys:
        return People()
    if table.name == "contact" and isinstance(state.statement, Delete):
        return None  # their stays go with them, and have to be counted anew
    wanted = set(keys.values())
    rows = _given(state, wanted)
    if rows is None and isinstance(state.statement, Update | Delete):
        rows = _meant(state, table, wanted)
    if rows is None or len(rows) > MOST or any(wanted.isdisjoint(row) for row in rows):
        return None
    return _people({name: [row.get(column) for row in rows] for name, column in keys.items()})


def _given(state: ORMExecuteState, columns: Collection[str]) -> list[Mapping[str, Any]] | None:
    """Return the rows a statement brings along, where it brings any."""
    if isinstance(state.parameters, list):
        return state.parameters
    if not isinstance(state.statement, Insert):
        return None
    if isinstance(state.parameters, Mapping):
        return [state.parameters]
    compiled = state.statement.compile(dialect=state.session.get_bind().dialect)
    rows: dict[str, dict[str, Any]] = {}
    for name, value in compiled.params.items():
        column, _, number = name.rpartition("_m")  # as in contact_id_m0
        if column in columns:
            rows.setdefault(number, {})[column] = value
    return list(rows.values()) or None


def _meant(
    state: ORMExecuteState, table: Table, columns: Iterable[str]
) -> list[Mapping[str, Any]] | None:
    """Return whom the condition of a statement means, as it is before."""
    where = state.statement.whereclause  # type: ignore[attr-defined]
    if where is None:
        return None
    chosen = select(*(table.c[name] for name in columns)).where(where).distinct().limit(MOST + 1)
    found = state.session.execute(chosen, state.parameters)
    return [dict(row) for row in found.mappings()]


def _people(found: Mapping[str, Iterable[int | None]]) -> People:
    return People(**{name: {one for one in ids if one is not None} for name, ids in found.items()})
