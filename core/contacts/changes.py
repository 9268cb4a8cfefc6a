"""Change many people at once, and take it back.

One act is one change set. Each person it touched keeps, in a row of it, what they were before: the
value of a column by its name, of a custom field by `attributes.<key>`, of a tag by `tag.<id>`
(whether it was on). Taking back puts exactly that back, so that the act leaves no trace.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, update
from sqlmodel import Session, col, select

from core import clock
from core.access.service import require, verb
from core.access.terms import Actor, Permission
from core.accounts.models import User
from core.audit import service as audit
from core.contacts import (
    attributes,
    catalogue,
    companies,
    listing,
    reach,
    service,
    tagging,
    telling,
)
from core.contacts.catalogue import Place
from core.contacts.models import Attribute, ChangeRow, ChangeSet, Contact, Tag
from core.contacts.terms import ChangeKind, ContactFilter, ContactKind, ContactStatus
from core.errors import Conflict, Invalid, NotFound
from core.i18n.terms import Calendar

MOST = 20_000
"""More at once would keep other writers waiting for longer than they do without a word."""

STEP = 500
ATTRIBUTE, TAG = "attributes.", "tag."


class BulkField(StrEnum):
    """What can be set for many people at once."""

    OWNER = "owner_id"
    KIND = "kind"
    STATUS = "status"
    SOURCE = "source"
    CITY = "city"
    COUNTRY = "country"
    LANGUAGE = "language"
    COMPANY = "company_id"
    ADD_TAG = "add_tag"
    REMOVE_TAG = "remove_tag"
    ATTRIBUTE = "attribute"


@dataclass(frozen=True, kw_only=True)
class BulkEdit:
    """One field and its new value, as typed. key: of the custom field."""

    field: BulkField
    value: str = ""
    key: str = ""
    calendar: Calendar = Calendar.GREGORIAN


@verb(Permission.CONTACT_EDIT, audit=None)
def count_reached(session: Session, actor: Actor, *, where: ContactFilter) -> int:
    """Return how many people an edit of all who match would change; never more than can be."""
    return len(_matching(session, actor, where))


@verb(Permission.CONTACT_EDIT, audit="contacts.changed")
def edit_chosen(
    session: Session,
    actor: Actor,
    *,
    public_ids: Collection[str],
    edit: BulkEdit,
    now: datetime,
) -> ChangeSet:
    """Return the change of these people; those out of the actor's reach stay as they are."""
    chosen = [
        col(Contact.public_id).in_(list(public_ids)[:MOST]),
        col(Contact.status).not_in(reach.GONE),
        *reach.conditions(actor, Permission.CONTACT_EDIT),
    ]
    staff = reach.kinds(actor, Permission.CONTACT_EDIT, kind=ContactKind.EMPLOYEE)
    outside = reach.kinds(actor, Permission.CONTACT_EDIT)
    kinds = col(Contact.kind).in_([*outside, *staff])
    ids = session.exec(select(Contact.id).where(*chosen, kinds)).all()
    return _edit(session, actor, ids, edit=edit, now=now)


@verb(Permission.CONTACT_EDIT, audit="contacts.changed")
def edit_matching(
    session: Session, actor: Actor, *, where: ContactFilter, edit: BulkEdit, now: datetime
) -> ChangeSet:
    """Return the change of everybody the filter shows to this actor.

    Raises:
        Invalid: "contacts.too_many", where they are more than 20,000.
    """
    return _edit(session, actor, _matching(session, actor, where), edit=edit, now=now)


@verb(Permission.CONTACT_EDIT, audit="contacts.change_undone")
def undo(session: Session, actor: Actor, *, change_set_id: int, now: datetime) -> ChangeSet:
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
    touched = restore(session, found.id)
    telling.tell_many(session, touched, telling.CHANGED, key=f"undo:{found.id}", now=now)
    found.undone_at = now
    session.add(found)
    audit.record(session, actor, "contacts.change_undone", now=now, subject=found,
                 name=found.title, after={"count": found.count})  # fmt: skip
    return found


@verb(Permission.CONTACT_VIEW, audit=None)
def latest_changes(session: Session, _actor: Actor, *, limit: int = 10) -> list[ChangeSet]:
    """Return the newest bulk edits that can still be taken back."""
    statement = select(ChangeSet).where(
        ChangeSet.kind == ChangeKind.BULK_EDIT, col(ChangeSet.undone_at).is_(None)
    )
    return list(session.exec(statement.order_by(col(ChangeSet.id).desc()).limit(limit)).all())


def restore(session: Session, change_set_id: int) -> list[int]:
    """Put back what every row of a change set holds and return whom it touched."""
    touched: list[int] = []
    for rows in _chunks(session, change_set_id):
        people = _people(session, [row.contact_id for row in rows])
        for row in rows:
            if row.contact_id in people:
                _put_back(session, people[row.contact_id], row.before)
        session.flush()
        for person in people.values():
            service.renew_search(session, person)
        touched += people
    return touched


def _put_back(session: Session, contact: Contact, before: Mapping[str, object]) -> None:
    values = dict(contact.attributes)
    for name, old in before.items():
        if name.startswith(TAG):
            tag_id = int(name.removeprefix(TAG))
            if old:
                tagging.put(session, [contact.id], [tag_id])
            else:
                tagging.take(session, [contact.id], tag_id)
        elif name.startswith(ATTRIBUTE):
            values.pop(name.removeprefix(ATTRIBUTE), None)
            if old is not None:
                values[name.removeprefix(ATTRIBUTE)] = old
        else:
            setattr(contact, name, _column(name, old))
    if values != contact.attributes:
        contact.attributes = values
    contact.version += 1
    session.add(contact)


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
    """Return the value of a column as a row of a change set keeps it."""
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def _matching(session: Session, actor: Actor, where: ContactFilter) -> Sequence[int]:
    found = listing.narrowed(session, actor, where, permission=Permission.CONTACT_EDIT)
    ids = session.exec(select(Contact.id).where(*found.conditions).limit(MOST + 1)).all()
    if len(ids) > MOST:
        raise Invalid("contacts.too_many", limit=MOST)
    return ids


def _edit(
    session: Session, actor: Actor, ids: Sequence[int], *, edit: BulkEdit, now: datetime
) -> ChangeSet:
    value = _checked(session, edit)
    made = ChangeSet(
        kind=ChangeKind.BULK_EDIT,
        title=f"{edit.field.value}:{edit.key or edit.value}"[:255],
        by_id=actor.id if actor.kind == "user" else None,
    )
    session.add(made)
    session.flush()
    for start in range(0, len(ids), STEP):
        touched = _set(session, made.id, ids[start : start + STEP], edit=edit, value=value)
        telling.tell_many(session, touched, telling.CHANGED, key=f"set:{made.id}", now=now)
        made.count += len(touched)
    session.flush()
    audit.record(session, actor, "contacts.changed", now=now, subject=made, name=made.title,
                 after={"count": made.count, "field": edit.field.value})  # fmt: skip
    return made


def _checked(session: Session, edit: BulkEdit) -> Any:
    """Return the value as it is stored, refused before anything is written."""
    if edit.field is BulkField.ATTRIBUTE:
        return _attribute(session, edit)
    if edit.field in _READERS:
        return _READERS[edit.field](session, edit.value)
    found = catalogue.clean(edit.field.value, edit.value, Place())
    return "" if found is None and edit.field is BulkField.SOURCE else found


def _owner(session: Session, typed: str) -> int | None:
    if not typed.strip():
        return None
    owner = session.get(User, int(typed)) if typed.isdecimal() else None
    if owner is None or not owner.is_active:
        raise NotFound("contact.owner_missing", field="value")
    return owner.id


def _kind(_session: Session, typed: str) -> ContactKind:
    found = catalogue.clean("kind", typed, Place())
    if found is None:
        raise Invalid("contact.field_choice", field="value", typed=typed)
    return ContactKind(str(found))


def _status(_session: Session, typed: str) -> ContactStatus:
    found = next((one for one in listing.LIVE if one.value == typed), None)
    if found is None:
        raise Invalid("contact.status_invalid", field="value")
    return found


def _tag(session: Session, typed: str) -> Tag:
    found = tagging.ensure(session, [typed])
    if not found:
        raise Invalid("tag.missing", field="value")
    return found[0]


_READERS: Mapping[BulkField, Callable[[Session, str], Any]] = {
    BulkField.OWNER: _owner,
    BulkField.KIND: _kind,
    BulkField.STATUS: _status,
    BulkField.COMPANY: companies.ensure,
    BulkField.ADD_TAG: _tag,
    BulkField.REMOVE_TAG: _tag,
}


def _attribute(session: Session, edit: BulkEdit) -> object:
    known = {one.key: one for one in attributes.active(session)}
    row: Attribute | None = known.get(edit.key)
    if row is None:
        raise Invalid("attribute.unknown", field="key", key=edit.key)
    found = attributes.typed_value(row, edit.value, calendar=edit.calendar)
    if found is None and row.is_required:
        raise Invalid("attribute.required", field="value")
    return found


def _set(
    session: Session, change_set_id: int, ids: Sequence[int], *, edit: BulkEdit, value: Any
) -> list[int]:
    """Set the value for these people, keep what was there, and return whom it changed."""
    match edit.field:
        case BulkField.ADD_TAG | BulkField.REMOVE_TAG:
            before = _tagged(session, ids, field=edit.field, tag_id=value.id)
        case BulkField.ATTRIBUTE:
            before = _valued(session, ids, key=edit.key, value=value)
        case column:
            before = _columned(session, ids, name=column.value, value=value)
    rows = [_row(change_set_id, one, was) for one, was in before.items()]
    if rows:
        session.execute(insert(ChangeRow), rows)
        touched = update(Contact).where(col(Contact.id).in_(list(before)))
        session.execute(touched.values(version=col(Contact.version) + 1))
        session.expire_all()
    return list(before)


def _tagged(
    session: Session, ids: Sequence[int], *, field: BulkField, tag_id: int
) -> dict[int, dict[str, object]]:
    carrying = tagging.carriers(session, ids, tag_id)
    is_adding = field is BulkField.ADD_TAG
    touched = [one for one in ids if (one in carrying) is not is_adding]
    if is_adding:
        tagging.put(session, touched, [tag_id])
    else:
        tagging.take(session, touched, tag_id)
    return {one: {f"{TAG}{tag_id}": not is_adding} for one in touched}


def _valued(
    session: Session, ids: Sequence[int], *, key: str, value: object
) -> dict[int, dict[str, object]]:
    found: dict[int, dict[str, object]] = {}
    for person in _people(session, ids).values():
        values = dict(person.attributes)
        old = values.pop(key, None)
        if old == value:
            continue
        person.attributes = values if value is None else {**values, key: value}
        found[person.id] = {f"{ATTRIBUTE}{key}": old}
    session.flush()
    return found


def _columned(
    session: Session, ids: Sequence[int], *, name: str, value: object
) -> dict[int, dict[str, object]]:
    people = _people(session, ids)
    touched = {key: one for key, one in people.items() if getattr(one, name) != value}
    found: dict[int, dict[str, object]] = {
        key: {name: plain(getattr(one, name))} for key, one in touched.items()
    }
    column = getattr(Contact, name)
    session.execute(
        update(Contact).where(col(Contact.id).in_(list(touched))).values({column: value})
    )
    session.expire_all()
    if name == BulkField.COMPANY:
        for person in _people(session, list(touched)).values():
            service.renew_search(session, person)
    return found


def _row(change_set_id: int, contact_id: int, before: dict[str, object]) -> dict[str, object]:
    stamp = clock.now()
    return {"change_set_id": change_set_id, "contact_id": contact_id, "before": before,
            "created_at": stamp, "updated_at": stamp}  # fmt: skip


def _people(session: Session, ids: Sequence[int]) -> dict[int, Contact]:
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
