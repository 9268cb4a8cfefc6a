"""Statements over many people at once."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    any_,
    bindparam,
    func,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from core.commerce.facts import SUBJECT
from core.commerce.models import Order
from core.consent.models import Subscription, Topic
from core.consent.terms import ConsentState
from core.contacts.models import (
    Address,
    Attribute,
    ChangeRow,
    ChangeSet,
    Company,
    Contact,
    ContactIdentity,
    ContactTag,
    Tag,
)
from core.contacts.terms import IdentityKind
from core.db import is_sqlite
from core.events.models import Event

Keys = Collection[str]
KEPT = (
    "kind", "first_name", "last_name", "language", "time_zone", "country", "city", "birth_date",
    "gender", "position", "postal_address", "source", "sub_source", "company_id", "attributes",
)  # fmt: skip
"""The columns of a person that a file may change."""


class Known(NamedTuple):
    """One thing somebody is known by."""

    id: int
    contact_id: int
    kind: IdentityKind
    normalised: str
    is_primary: bool


def among(session: Session, column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """Return that the column has one of these values, however many: they are one parameter."""
    given = list(values)
    if is_sqlite(session):
        each = func.json_each(json.dumps(given, ensure_ascii=False)).table_valued("value")
        return col(column).in_(select(each.c.value))
    kind = BigInteger() if isinstance(column.type, Integer) else Text()
    return col(column) == any_(bindparam(None, given, type_=ARRAY(kind)))


def owners(session: Session, kind: IdentityKind, *, source: str = "", keys: Keys) -> dict[str, int]:
    """Return whose these addresses or numbers are."""
    if not keys:
        return {}
    statement = select(ContactIdentity.normalised, ContactIdentity.contact_id).where(
        ContactIdentity.kind == kind,
        ContactIdentity.source == source,
        among(session, ContactIdentity.normalised, keys),
    )
    return dict(session.execute(statement).all())


def addresses(session: Session, keys: Keys) -> dict[str, int]:
    """Return the ids of the addresses that are known, by key."""
    if not keys:
        return {}
    statement = select(Address.normalised, Address.id).where(
        among(session, Address.normalised, keys)
    )
    return dict(session.execute(statement).all())


def people(session: Session, contact_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return what a file may change of these people, and which change made them, by id."""
    if not contact_ids:
        return {}
    names = ("id", "change_set_id", "search_key", "version", *KEPT)
    columns = [getattr(Contact, name) for name in names]
    statement = select(*columns).where(among(session, Contact.id, contact_ids))
    return {row.id: dict(zip(names, row, strict=True)) for row in session.execute(statement)}


def identities(session: Session, contact_ids: Collection[int]) -> list[Known]:
    """Return all that these people are known by, oldest first."""
    names = (ContactIdentity.id, ContactIdentity.contact_id, ContactIdentity.kind,
             ContactIdentity.normalised, ContactIdentity.is_primary)  # fmt: skip
    statement = select(*names).where(among(session, ContactIdentity.contact_id, contact_ids))  # type: ignore[call-overload]
    rows = session.execute(statement.order_by(col(ContactIdentity.id)))
    return [Known(*row) for row in rows]


def standing(
    session: Session, contact_ids: Collection[int], topic_ids: Collection[int]
) -> dict[tuple[int, int], ConsentState]:
    """Return where these people stand with these topics, by person and topic."""
    if not contact_ids or not topic_ids:
        return {}
    statement = select(Subscription.contact_id, Subscription.topic_id, Subscription.state).where(
        among(session, Subscription.contact_id, contact_ids),
        col(Subscription.topic_id).in_(topic_ids),
    )
    return {(who, topic): ConsentState(state) for who, topic, state in session.exec(statement)}


def tagged(session: Session, contact_ids: Collection[int]) -> set[tuple[int, int]]:
    """Return person and tag of every mark these people have."""
    if not contact_ids:
        return set()
    statement = select(ContactTag.contact_id, ContactTag.tag_id).where(
        among(session, ContactTag.contact_id, contact_ids)
    )
    return {(person, tag) for person, tag in session.exec(statement)}


def tags(session: Session, keys: Keys) -> dict[str, int]:
    """Return the ids of the tags with these search keys."""
    if not keys:
        return {}
    found = session.execute(
        select(Tag.search_key, Tag.id).where(among(session, Tag.search_key, keys))
    )
    return dict(found.all())


def companies(session: Session, keys: Keys) -> dict[str, int]:
    """Return the ids of the companies with these search keys."""
    if not keys:
        return {}
    statement = select(Company.search_key, Company.id).where(
        among(session, Company.search_key, keys)
    )
    return dict(session.execute(statement).all())


def add_named(
    session: Session, table: type[Tag] | type[Company], rows: Sequence[Mapping[str, object]]
) -> None:
    """Add tags or companies; those whose search key is known already are left as they are."""
    dialect = sqlite if is_sqlite(session) else postgresql
    target: Any = table.__table__  # type: ignore[union-attr]
    session.connection().execute(dialect.insert(target).on_conflict_do_nothing(), list(rows))


def topics(session: Session) -> Sequence[Topic]:
    """Return the topics in use."""
    statement = select(Topic).where(col(Topic.is_active).is_(True)).order_by(col(Topic.id))
    return session.exec(statement).all()


def attributes(session: Session) -> Sequence[Attribute]:
    """Return the custom fields in use, in their order."""
    statement = select(Attribute).where(col(Attribute.is_active).is_(True))
    return session.exec(statement.order_by(col(Attribute.position), col(Attribute.id))).all()


def change_set_of(session: Session, job_id: int) -> ChangeSet | None:
    """Return the change a job makes."""
    return session.exec(select(ChangeSet).where(ChangeSet.job_id == job_id)).first()


def change_rows(
    session: Session, change_set_id: int, contact_ids: Collection[int]
) -> dict[int, ChangeRow]:
    """Return what these people were before a change, by person."""
    if not contact_ids:
        return {}
    statement = select(ChangeRow).where(
        ChangeRow.change_set_id == change_set_id, among(session, ChangeRow.contact_id, contact_ids)
    )
    return {row.contact_id: row for row in session.exec(statement)}


def update_people(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Change people, each by its id."""
    if rows:
        session.execute(update(Contact), rows)


def is_waiting(session: Session) -> bool:
    """Return whether some order or event names a person nobody knew yet."""
    orders = select(Order.id).where(col(Order.contact_id).is_(None), Order.customer_ref != "")
    facts = select(Event.id).where(
        col(Event.contact_id).is_(None), col(Event.anonymous_id).is_not(None)
    )
    return any(session.exec(statement.limit(1)).first() for statement in (orders, facts))


def give_orders(session: Session, source: str, numbers: Mapping[str, int]) -> list[int]:
    """Give the orders of nobody that name these numbers, and their events, to the people.

    Returns whose they are.
    """
    statement = select(Order.id, Order.customer_ref).where(
        col(Order.contact_id).is_(None),
        Order.source == source,
        among(session, Order.customer_ref, numbers),
    )
    rows = [{"id": one, "contact_id": numbers[ref]} for one, ref in session.exec(statement)]
    if rows:
        session.execute(update(Order), rows)
        given = {row["id"]: row["contact_id"] for row in rows}
        told = select(Event.id, Event.subject_id).where(
            Event.subject_type == SUBJECT,
            among(session, Event.subject_id, given),
            col(Event.contact_id).is_(None),
        )
        facts = [{"id": one, "contact_id": given[order]} for one, order in session.exec(told)
                 if order is not None]  # fmt: skip
        if facts:
            session.execute(update(Event), facts)
    return [row["contact_id"] for row in rows]


def give_events(session: Session, people_of: Mapping[str, int]) -> None:
    """Give the events of nobody that wait under these keys to the people they are of."""
    waiting = select(Event.id, Event.anonymous_id).where(
        col(Event.contact_id).is_(None), among(session, Event.anonymous_id, people_of)
    )
    rows = [{"id": one, "contact_id": people_of[key]} for one, key in session.exec(waiting) if key]
    if rows:
        session.execute(update(Event), rows)
