"""Take a change of many people back: what somebody changed since in the same fields stays.

A row of a change holds what the fields it touched were before, and what it left them at: columns
by their name, custom fields as `attributes.<key>`, tags as `tag.<id>` (whether they were on).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from core.access.service import require, verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.contacts import service, tagging, telling
from core.contacts.listing import name_of
from core.contacts.models import ChangeRow, ChangeSet, Contact
from core.contacts.terms import ChangeKind
from core.errors import Conflict, NotFound

STEP = 500
ATTRIBUTE, TAG = "attributes.", "tag."


@dataclass(frozen=True)
class Kept:
    """Somebody whose named fields stay as they are, for they were changed since."""

    contact_id: int
    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Restored:
    """Whom taking a change back touched, and where something stays."""

    touched: tuple[int, ...]
    kept: tuple[Kept, ...]


@verb(Permission.CONTACT_EDIT, audit="contacts.change_undone")
def undo(session: Session, actor: Actor, *, change_set_id: int, now: datetime) -> Restored:
    """Put back what a bulk edit changed. Only whoever made it, or an importer of people, may.

    Raises:
        Conflict: "contacts.undone_already".
    """
    found = session.get(ChangeSet, change_set_id, with_for_update=True, populate_existing=True)
    if found is None or found.kind is not ChangeKind.BULK_EDIT:
        raise NotFound("contacts.change_missing")
    if found.by_id is None or found.by_id != actor.id:
        require(actor, Permission.CONTACT_IMPORT)
    if found.undone_at is not None:
        raise Conflict("contacts.undone_already")
    done = restore(session, found, now=now)
    audit.record(session, actor, "contacts.change_undone", now=now, subject=found,
                 name=found.title,
                 after={"count": found.count, "kept": len(done.kept)})  # fmt: skip
    return done


def restore(session: Session, change: ChangeSet, *, now: datetime) -> Restored:
    """Put back what every row of the change holds, and tell it as an event."""
    touched, kept = list[int](), list[Kept]()
    for rows in _chunks(session, change.id):
        people = locked(session, [row.contact_id for row in rows])
        for row in rows:
            if person := people.get(row.contact_id):
                kept += put_back(session, person, row)
        session.flush()
        for person in people.values():
            service.renew_search(session, person)
        touched += people
    telling.tell_many(session, touched, telling.CHANGED, key=f"undo:{change.id}", now=now)
    change.undone_at = now
    session.add(change)
    session.flush()
    return Restored(tuple(touched), tuple(kept))


def put_back(session: Session, contact: Contact, row: ChangeRow) -> list[Kept]:
    """Give the person what they had; return them where a field was changed since and stays."""
    values, stays = dict(contact.attributes), list[str]()
    for name, old in row.before.items():
        if name.startswith(TAG):
            _retag(session, contact.id, int(name.removeprefix(TAG)), is_on=bool(old))
        elif _is_field(name):
            if _was_changed(contact, row, name):
                stays.append(name)
            elif name.startswith(ATTRIBUTE):
                key = name.removeprefix(ATTRIBUTE)
                values = {**values, key: old}
                if old is None:
                    del values[key]
            else:
                setattr(contact, name, _column(name, old))
    if values != contact.attributes:
        contact.attributes = values
    contact.version += 1
    session.add(contact)
    return [Kept(contact.id, name_of(contact), tuple(stays))] if stays else []


def _was_changed(contact: Contact, row: ChangeRow, name: str) -> bool:
    """Return whether the field holds neither what the change left it at nor what it was before."""
    if row.after is None or name not in row.after:
        return False
    held = _held(contact, name)
    return held != row.after[name] and held != row.before[name]


def note_left(contact: Contact, row: ChangeRow) -> None:
    """Keep what the fields of the row are now, for the change that wrote it is through."""
    row.after = {name: _held(contact, name) for name in row.before if _is_field(name)}


def _is_field(name: str) -> bool:
    return name in Contact.model_fields or name.startswith(ATTRIBUTE)


def _held(contact: Contact, name: str) -> object:
    if name.startswith(ATTRIBUTE):
        return contact.attributes.get(name.removeprefix(ATTRIBUTE))
    return plain(getattr(contact, name))


def _retag(session: Session, contact_id: int, tag_id: int, *, is_on: bool) -> None:
    if is_on:
        tagging.put(session, [contact_id], [tag_id])
    else:
        tagging.take(session, [contact_id], tag_id)


def _column(name: str, old: object) -> object:
    """Return the value of a column from what JSON kept of it."""
    kind = Contact.model_fields[name].annotation
    if old is None or not isinstance(old, str):
        return old
    for one in getattr(kind, "__args__", (kind,)):
        if isinstance(one, type) and issubclass(one, StrEnum):
            return one(old)
        if one in {date, datetime}:
            return one.fromisoformat(old)
    return old


def plain(value: object) -> object:
    """Return the value of a column as a row of a change keeps it."""
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def locked(session: Session, ids: Sequence[int]) -> dict[int, Contact]:
    """Return these people by id; nobody else changes them until the transaction ends."""
    statement = select(Contact).where(col(Contact.id).in_(ids)).order_by(col(Contact.id))
    return {one.id: one for one in session.exec(statement.with_for_update()).all()}


def _chunks(session: Session, change_set_id: int) -> Iterator[Sequence[ChangeRow]]:
    after = 0
    while True:
        rows = session.exec(
            select(ChangeRow)
            .where(ChangeRow.change_set_id == change_set_id, col(ChangeRow.id) > after)
            .order_by(col(ChangeRow.id))
            .limit(STEP)
        ).all()
        if not rows:
            return
        yield rows
        after = rows[-1].id
