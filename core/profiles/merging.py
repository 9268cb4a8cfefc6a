"""Two records of one person become one: first as a preview, then for good.

Everything that names the second person moves to the first, over every table that has a column for
a person: the walk reads the tables themselves, so that a new one cannot be forgotten. Some stay
behind on purpose, each for its reason; the consent the second person gave or withdrew is noted
anew for the first, for the sealed proof cannot be rewritten.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    and_,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlmodel import Session, SQLModel, col
from sqlmodel import select as choose

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.accounts.models import User
from core.audit import service as audit
from core.consent.models import ConsentEvent, Subscription
from core.consent.noting import note_consent
from core.consent.terms import ConsentState
from core.contacts import card, listing, queries, reach, service, telling
from core.contacts.models import Company, Contact
from core.contacts.terms import ContactKind, ContactLine, ContactStatus, IdentityKind
from core.errors import Conflict, Invalid
from core.segments import service as segments

FIELDS = ("first_name", "last_name", "kind", "company_id", "position", "country", "city",
          "postal_address", "language", "time_zone", "birth_date", "gender", "source",
          "sub_source", "owner_id")  # fmt: skip
STAYS = {
    "audit_entry": "the log is append-only; its encrypted values open with the person's own key",
    "audit_key": "opens what the log says of the second record",
    "change_row": "says what the second record was before; it is taken back with it",
    "consent_event": "the sealed proof; what holds is noted anew for the first record",
    "subscription": "the state of that proof",
    "user": "an account belongs to one person; two people with accounts are not merged",
    "employee": "so does an employment",
}
"""Tables whose rows keep naming the second record, and why."""

KEYS = (UniqueConstraint, PrimaryKeyConstraint)


@dataclass(frozen=True)
class Choice:
    """A field the two differ in, as text; the first one wins unless chosen otherwise."""

    name: str
    first: str
    second: str
    is_second_better: bool


@dataclass(frozen=True)
class Preview:
    """What a merge would do: the choices, what is joined, and how many rows move by table."""

    first: ContactLine
    second: ContactLine
    choices: tuple[Choice, ...]
    addresses: tuple[str, ...]
    tags: tuple[str, ...]
    moved: Mapping[str, int]


@verb(Permission.CONTACT_EDIT, audit=None)
def preview_merge(session: Session, actor: Actor, *, first: str, second: str) -> Preview:
    """Return what becomes of two people, named by their public ids, when they become the first.

    Raises:
        Invalid, Conflict: Where they cannot be merged.
    """
    kept, gone = _both(session, actor, first=first, second=second)
    shown = listing.lines(session, [kept.id, gone.id])
    counts = {key.table.name: _count(session, key, gone.id) for key in person_columns()}
    return Preview(
        first=shown[0],
        second=shown[1],
        choices=tuple(_choices(session, kept, gone)),
        addresses=_addresses(session, kept) + _addresses(session, gone),
        tags=tuple(dict.fromkeys(shown[0].tags + shown[1].tags)),
        moved={name: count for name, count in counts.items() if count},
    )


@verb(Permission.CONTACT_EDIT, audit="contact.merged")
def merge(
    session: Session,
    actor: Actor,
    *,
    first: str,
    second: str,
    from_second: frozenset[str],
    now: datetime,
) -> Contact:
    """Return the first person, who now is both; the second leads to them from now on.

    from_second: the fields whose value is taken from the second one; elsewhere the first one's
    counts, and the second one's only where the first has none.
    """
    kept, gone = _both(session, actor, first=first, second=second)
    card.locked(session, actor, kept.public_id)
    card.locked(session, actor, gone.public_id)
    if from_second - set(FIELDS):
        raise Invalid("contact.merge_field", field="from_second")
    before = {"first": card.snapshot(kept), "second": card.snapshot(gone)}
    _take_values(kept, gone, from_second)
    _demote(session, kept.id, gone.id)
    was_in = segments.stays_of(session, gone.id)
    for column in person_columns():
        _move(session, column, kept_id=kept.id, gone_id=gone.id)
    segments.recount(session, was_in)
    _join_consent(session, kept, gone, now=now)
    _close(kept, gone)
    session.add_all([kept, gone])
    session.flush()
    service.renew_search(session, kept)
    service.renew_search(session, gone)
    for one in (kept, gone):
        telling.tell(session, one, telling.MERGED, now=now)
    audit.record(session, actor, "contact.merged", now=now, subject=kept,
                 name=listing.name_of(kept), contact_id=kept.id, before=before,
                 after={"merged": gone.public_id, "from_second": sorted(from_second)})  # fmt: skip
    return kept


def person_columns() -> Iterator[Column[Any]]:
    """Return every column that names a person and moves in a merge, over all tables there are."""
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            names = any(key.column.table.name == "contact" for key in column.foreign_keys)
            if (names or column.name == "contact_id") and table.name not in {*STAYS, "contact"}:
                yield column


def _both(session: Session, actor: Actor, *, first: str, second: str) -> tuple[Contact, Contact]:
    kept = reach.person(session, actor, first, permission=Permission.CONTACT_EDIT)
    gone = reach.person(session, actor, second, permission=Permission.CONTACT_EDIT)
    if kept.id == gone.id:
        raise Invalid("contact.merge_same", field="second")
    if ContactKind.EMPLOYEE in {kept.kind, gone.kind}:
        raise Conflict("contact.merge_staff")
    return kept, gone


def _choices(session: Session, kept: Contact, gone: Contact) -> Iterator[Choice]:
    for name in FIELDS:
        one, other = getattr(kept, name), getattr(gone, name)
        if one != other and other not in (None, ""):
            shown = (_shown(session, name, one), _shown(session, name, other))
            yield Choice(name, *shown, is_second_better=one in (None, ""))


def _shown(session: Session, name: str, value: object) -> str:
    if value in (None, ""):
        return ""
    if name == "company_id":
        found = session.get(Company, value)
        return found.name if found else ""
    if name == "owner_id":
        owner = session.get(User, value)
        return owner.name if owner else ""
    return str(getattr(value, "value", value))


def _addresses(session: Session, person: Contact) -> tuple[str, ...]:
    known = queries.searched_by(session, person.id)
    return (*known.emails, *known.phones)


def _count(session: Session, column: Column[Any], contact_id: int) -> int:
    counting = select(func.count()).select_from(column.table).where(column == contact_id)
    return int(session.execute(counting).scalar_one())


def _take_values(kept: Contact, gone: Contact, from_second: frozenset[str]) -> None:
    for name in FIELDS:
        mine, theirs = getattr(kept, name), getattr(gone, name)
        if theirs not in (None, "") and (name in from_second or mine in (None, "")):
            setattr(kept, name, theirs)
    kept.attributes = {**gone.attributes, **kept.attributes}
    kept.is_tracked = kept.is_tracked and gone.is_tracked
    kept.engaged_at = max(filter(None, (kept.engaged_at, gone.engaged_at)), default=None)
    kept.first_touch_at = min(filter(None, (kept.first_touch_at, gone.first_touch_at)),
                              default=None)  # fmt: skip
    if gone.status is ContactStatus.BLOCKLISTED:
        kept.status = gone.status


def _demote(session: Session, kept_id: int, gone_id: int) -> None:
    """Have the first one's primary address and number stay so, where there are any."""
    for kind in (IdentityKind.EMAIL, IdentityKind.PHONE):
        if queries.has_primary(session, kept_id, kind):
            queries.demote(session, gone_id, kind)


def _move(session: Session, column: Column[Any], *, kept_id: int, gone_id: int) -> None:
    """Move the rows; those that the first person has already are left out, and then dropped."""
    table = SQLModel.metadata.tables[str(column.table.name)]
    keys = _unique_with(table, column)
    known = [_has_same(table, column, others=one, kept_id=kept_id) for one in keys]
    moving = update(table).where(column == gone_id, *(~one for one in known))
    session.execute(moving.values({column: kept_id}))
    if known:
        session.execute(delete(table).where(column == gone_id))


def _has_same(
    table: Table, column: Column[Any], *, others: tuple[Column[Any], ...], kept_id: int
) -> Any:
    twin = table.alias("twin")
    same = (twin.c[one.name] == one for one in others)
    return exists().where(and_(twin.c[column.name] == kept_id, *same))


def _unique_with(table: Table, column: Column[Any]) -> Iterator[tuple[Column[Any], ...]]:
    """Return for each unique key the column is part of its other columns."""
    keys = [tuple(one.columns) for one in table.constraints if isinstance(one, KEYS)]
    keys += [tuple(one.columns) for one in table.indexes if one.unique]
    for key in keys:
        if column in key:
            yield tuple(one for one in key if one is not column)


def _join_consent(session: Session, kept: Contact, gone: Contact, *, now: datetime) -> None:
    """Note for the first person what the second said of topics; a no of either counts."""
    mine = _standing(session, kept.id)
    for topic_id, state in _standing(session, gone.id).items():
        known = mine.get(topic_id)
        if known is state or known is ConsentState.UNSUBSCRIBED:
            continue
        if known is ConsentState.CONFIRMED and state is ConsentState.UNCONFIRMED:
            continue
        step = session.exec(
            choose(ConsentEvent)
            .where(ConsentEvent.contact_id == gone.id, ConsentEvent.topic_id == topic_id)
            .order_by(col(ConsentEvent.id).desc())
        ).first()
        note_consent(
            session,
            contact_id=kept.id,
            topic_id=topic_id,
            state=state,
            source=f"merge:{gone.public_id}",
            now=now,
            basis=step.basis if step else "",
            text_version=int(step.text_version) if step and step.text_version.isdecimal() else None,
        )


def _standing(session: Session, contact_id: int) -> dict[int, ConsentState]:
    statement = choose(Subscription).where(Subscription.contact_id == contact_id)
    return {one.topic_id: one.state for one in session.exec(statement).all()}


def _close(kept: Contact, gone: Contact) -> None:
    kept.version += 1
    gone.version += 1
    gone.status, gone.merged_into_id = ContactStatus.MERGED, kept.id
