"""All rows about one person, found by walking the tables themselves: none can be forgotten.

A row is about a person when it has a key of theirs, or when it cannot be without such a row
(the lines of an order, the attempts of a message); and so is the address they are known by.
"""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, Enum, String, Table, Text, false, or_, select
from sqlmodel import Session, SQLModel
from sqlmodel.sql.sqltypes import AutoString

from core.contacts.models import Contact

OWN = "contact"
ADDRESSED = ("address", "suppression")


def table(name: str) -> Table:
    """Return the table of this name."""
    return SQLModel.metadata.tables[name]


def names() -> list[str]:
    """Return every table with rows about a person, those referred to first."""
    return [one.name for one in SQLModel.metadata.sorted_tables if _links(one)]


def keys(rows: Table) -> list[Column[Any]]:
    """Return the columns of a table that name a person."""
    if rows.name == OWN:
        return [rows.c.id]
    return [one for one in rows.columns
            if one.name == "contact_id" or _leads_to(one, OWN)]  # fmt: skip


def texts(rows: Table) -> list[Column[Any]]:
    """Return the columns of a table that hold free text or documents."""
    return [one for one in rows.columns if is_document(one) or is_text(one)]


def is_document(column: Column[Any]) -> bool:
    """Return whether the column holds JSON."""
    return isinstance(column.type, JSON)


def is_text(column: Column[Any]) -> bool:
    """Return whether the column holds text that is none of a few words."""
    plain = isinstance(column.type, String | Text | AutoString)
    return plain and not isinstance(column.type, Enum)


def people(session: Session, person: Contact) -> list[int]:
    """Return the numbers of the person and of everybody who was merged into them."""
    found, rows = [person.id], table(OWN)
    fresh = found
    while fresh:
        merged = select(rows.c.id).where(rows.c.merged_into_id.in_(fresh), rows.c.id.not_in(found))
        fresh = list(session.execute(merged).scalars())
        found = found + fresh
    return found


def about(rows: Table, person_ids: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that keeps a table to the rows about these people."""
    found = [one.in_(person_ids) for one in keys(rows)]
    for key in _owners(rows):
        parent = key.column.table
        mine = or_(*(one.in_(person_ids) for one in keys(parent)))
        found.append(key.parent.in_(select(key.column).where(mine)))
    if rows.name in ADDRESSED:
        known = table("contact_identity")
        addresses = select(known.c.address_id).where(
            known.c.contact_id.in_(person_ids), known.c.address_id.is_not(None)
        )
        found.append((rows.c.id if rows.name == "address" else rows.c.address_id).in_(addresses))
    return or_(false(), *found)


def _links(rows: Table) -> bool:
    return bool(keys(rows)) or rows.name in ADDRESSED or any(True for _ in _owners(rows))


def _owners(rows: Table) -> Iterator[Any]:
    """Yield the foreign keys by which a row goes with a row that has a person's key."""
    for key in rows.foreign_keys:
        parent = key.column.table
        is_own = key.ondelete == "CASCADE" and parent.name != OWN
        if is_own and any(one.name == "contact_id" for one in parent.columns):
            yield key


def _leads_to(column: Column[Any], name: str) -> bool:
    return any(key.column.table.name == name for key in column.foreign_keys)
