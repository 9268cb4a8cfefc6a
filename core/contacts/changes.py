"""Change many people at once.

One act is one change set. Each person it touched keeps, in a row of it, what they were before and
after, so that it can be taken back (`restoring`).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, update
from sqlmodel import Session, col, select

from core import clock
from core.access.service import verb
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
from core.contacts.restoring import ATTRIBUTE, STEP, TAG, locked, plain
from core.contacts.terms import ChangeKind, ContactFilter, ContactKind, ContactStatus
from core.errors import Invalid, NotFound
from core.i18n.terms import Calendar

MOST = 20_000
"""More at once would keep other writers waiting for longer than they do without a word."""


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


@verb(Permission.CONTACT_VIEW, audit=None)
def latest_changes(session: Session, _actor: Actor, *, limit: int = 10) -> list[ChangeSet]:
    """Return the newest bulk edits that can still be taken back."""
    statement = select(ChangeSet).where(
        ChangeSet.kind == ChangeKind.BULK_EDIT, col(ChangeSet.undone_at).is_(None)
    )
    return list(session.exec(statement.order_by(col(ChangeSet.id).desc()).limit(limit)).all())


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
    if edit.field is BulkField.KIND:
        ids = _without_staff(session, ids)
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


def _without_staff(session: Session, ids: Sequence[int]) -> list[int]:
    """Return those who do not work here: staff stop being staff on their own page alone."""
    found: list[int] = []
    for start in range(0, len(ids), STEP):
        part = col(Contact.id).in_(ids[start : start + STEP])
        others = select(Contact.id).where(part, Contact.kind != ContactKind.EMPLOYEE)
        found += session.exec(others).all()
    return found


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
    left = _left(edit, value)
    rows = [_row(change_set_id, one, before=was, after=left) for one, was in before.items()]
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
    for person in locked(session, ids).values():
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
    people = locked(session, ids)
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
        for person in locked(session, list(touched)).values():
            service.renew_search(session, person)
    return found


def _left(edit: BulkEdit, value: Any) -> dict[str, object]:
    """Return what the field is at afterwards, by the name it has in the rows of the change."""
    match edit.field:
        case BulkField.ADD_TAG | BulkField.REMOVE_TAG:
            return {f"{TAG}{value.id}": edit.field is BulkField.ADD_TAG}
        case BulkField.ATTRIBUTE:
            return {f"{ATTRIBUTE}{edit.key}": value}
        case column:
            return {column.value: plain(value)}


def _row(
    change_set_id: int, contact_id: int, *, before: dict[str, object], after: dict[str, object]
) -> dict[str, object]:
    stamp = clock.now()
    return {"change_set_id": change_set_id, "contact_id": contact_id, "before": before,
            "after": after, "created_at": stamp, "updated_at": stamp}  # fmt: skip
