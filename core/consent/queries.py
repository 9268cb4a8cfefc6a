"""Statements over topics, consent and suppressions."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, insert, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col, select

from core.consent import erased
from core.consent.models import (
    ConsentEvent,
    ConsentText,
    Preference,
    Subscription,
    Suppression,
    Topic,
)
from core.consent.terms import ConsentState, ConsentStep, SuppressionReason
from core.contacts.models import Contact
from core.db import is_sqlite

_TABLES = {
    table: SQLModel.metadata.tables[str(table.__tablename__)]
    for table in (ConsentEvent, Subscription)
}


def active_suppressions(
    session: Session, *, contact_ids: Collection[int], address_ids: Collection[int]
) -> list[Suppression]:
    """Return the suppressions in force on any of these people or addresses."""
    mine = or_(
        col(Suppression.contact_id).in_(contact_ids), col(Suppression.address_id).in_(address_ids)
    )
    found = session.exec(select(Suppression).where(mine, col(Suppression.lifted_at).is_(None)))
    return [*found, *erased.on_addresses(session, address_ids)]


def find_active(
    session: Session, *, reason: SuppressionReason, contact_id: int | None, address_id: int | None
) -> Suppression | None:
    """Return the suppression in force with this reason, if there is one."""
    statement = select(Suppression).where(
        Suppression.reason == reason,
        Suppression.contact_id == contact_id,
        Suppression.address_id == address_id,
        col(Suppression.lifted_at).is_(None),
    )
    return session.exec(statement).first()


def consent_states(
    session: Session, pairs: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], ConsentState]:
    """Return where each (contact, topic) stands; pairs without any step are left out."""
    wanted = set(pairs)
    if not wanted:
        return {}
    statement = select(Subscription.contact_id, Subscription.topic_id, Subscription.state).where(
        col(Subscription.contact_id).in_({contact for contact, _ in wanted}),
        col(Subscription.topic_id).in_({topic for _, topic in wanted}),
    )
    found = session.exec(statement).all()
    states = {(contact, topic): ConsentState(state) for contact, topic, state in found}
    return {pair: states[pair] for pair in wanted if pair in states}


def never_confirmed(session: Session, contact_ids: Collection[int]) -> set[int]:
    """Return those who stand unconfirmed somewhere and said yes to nothing."""
    statement = select(Subscription.contact_id, Subscription.state).where(
        col(Subscription.contact_id).in_(contact_ids)
    )
    found: dict[int, set[ConsentState]] = {}
    for contact_id, state in session.exec(statement):
        found.setdefault(contact_id, set()).add(ConsentState(state))
    return {
        one for one, states in found.items()
        if ConsentState.UNCONFIRMED in states and ConsentState.CONFIRMED not in states
    }  # fmt: skip


def preferences(session: Session, contact_ids: Collection[int]) -> dict[int, Preference]:
    """Return what these people asked of us for all mail, by contact id."""
    statement = select(Preference).where(col(Preference.contact_id).in_(contact_ids))
    return {row.contact_id: row for row in session.exec(statement)}


def topics(session: Session, topic_ids: Collection[int]) -> dict[int, Topic]:
    """Return the topics with these ids."""
    rows = session.exec(select(Topic).where(col(Topic.id).in_(topic_ids))).all()
    return {row.id: row for row in rows}


def all_topics(session: Session) -> Sequence[Topic]:
    """Return every topic, those in use first, oldest first."""
    order = (col(Topic.is_active).desc(), col(Topic.id))
    return session.exec(select(Topic).order_by(*order)).all()


def offered_topics(session: Session) -> Sequence[Topic]:
    """Return the topics that people see in their preferences."""
    statement = select(Topic).where(col(Topic.is_active).is_(True), col(Topic.is_visible).is_(True))
    return session.exec(statement.order_by(col(Topic.id))).all()


def subscriptions(session: Session, contact_id: int) -> dict[int, Subscription]:
    """Return where this person stands, by topic."""
    statement = select(Subscription).where(Subscription.contact_id == contact_id)
    return {row.topic_id: row for row in session.exec(statement)}


def newest_steps(session: Session, contact_id: int) -> dict[int, ConsentEvent]:
    """Return the newest step of this person for each topic."""
    statement = select(ConsentEvent).where(ConsentEvent.contact_id == contact_id)
    return {row.topic_id: row for row in session.exec(statement.order_by(col(ConsentEvent.id)))}


def subscriber_counts(session: Session) -> dict[tuple[int, ConsentState], int]:
    """Return how many people stand where, by topic and state."""
    statement = select(Subscription.topic_id, Subscription.state, func.count())
    grouped = statement.group_by(col(Subscription.topic_id), col(Subscription.state))
    return {(topic, ConsentState(state)): count for topic, state, count in session.exec(grouped)}


def text_of(session: Session, topic_id: int, number: int) -> ConsentText | None:
    """Return the words of a topic in this version."""
    statement = select(ConsentText).where(
        ConsentText.topic_id == topic_id, ConsentText.number == number
    )
    return session.exec(statement).first()


def texts_of(session: Session, topic_ids: Collection[int]) -> dict[tuple[int, str], ConsentText]:
    """Return every version of the words of these topics, by topic and number as text."""
    statement = select(ConsentText).where(col(ConsentText.topic_id).in_(topic_ids))
    return {(row.topic_id, str(row.number)): row for row in session.exec(statement)}


def lock_people(session: Session, contact_ids: Collection[int]) -> None:
    """Let nobody else add to these people's ledgers until this transaction ends; sorted."""
    if is_sqlite(session):
        return
    statement = select(Contact.id).where(col(Contact.id).in_(contact_ids)).order_by(col(Contact.id))
    session.execute(statement.with_for_update(key_share=True)).all()


def last_seals(session: Session, contact_ids: Collection[int]) -> dict[int, str]:
    """Return the seal of the newest step of each of these people who has one."""
    newest = (
        select(func.max(ConsentEvent.id))
        .where(col(ConsentEvent.contact_id).in_(contact_ids))
        .group_by(col(ConsentEvent.contact_id))
    )
    statement = select(ConsentEvent.contact_id, ConsentEvent.seal)
    return dict(session.exec(statement.where(col(ConsentEvent.id).in_(newest))).all())


def insert_steps(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert the steps in this order: past the ORM, which took ten times as long at 1 M people."""
    session.connection().execute(insert(_TABLES[ConsentEvent]), list(rows))


def newest_id(session: Session, contact_id: int) -> int:
    """Return the id of this person's newest step."""
    statement = select(func.max(ConsentEvent.id)).where(ConsentEvent.contact_id == contact_id)
    return session.exec(statement).one() or 0


def keep_standing(session: Session, steps: Sequence[ConsentStep], *, now: datetime) -> None:
    """Make each (contact, topic) stand as its last step says."""
    dialect = sqlite if is_sqlite(session) else postgresql
    rows = [
        {"contact_id": one.contact_id, "topic_id": one.topic_id, "state": one.state,
         "since": one.at, "created_at": now, "updated_at": now}
        for one in steps
    ]  # fmt: skip
    given = dialect.insert(_TABLES[Subscription])
    changed = {name: given.excluded[name] for name in ("state", "since", "updated_at")}
    upsert = given.on_conflict_do_update(index_elements=["contact_id", "topic_id"], set_=changed)
    session.connection().execute(upsert, rows)
    for row in [one for one in session.identity_map.values() if isinstance(one, Subscription)]:
        session.expire(row)


def last_person(session: Session) -> int:
    """Return the highest contact id that the ledger or the standings know, else 0."""
    highest = (
        session.exec(select(func.max(ConsentEvent.contact_id))).one(),
        session.exec(select(func.max(Subscription.contact_id))).one(),
    )
    return max(one or 0 for one in highest)


def ledger(session: Session, *, first: int, last: int) -> Sequence[ConsentEvent]:
    """Return the steps of the people with these ids, person by person, oldest first."""
    statement = select(ConsentEvent).where(
        col(ConsentEvent.contact_id) >= first, col(ConsentEvent.contact_id) <= last
    )
    order = (col(ConsentEvent.contact_id), col(ConsentEvent.id))
    return session.exec(statement.order_by(*order)).all()


def standings(session: Session, *, first: int, last: int) -> dict[int, dict[int, ConsentState]]:
    """Return where the people with these ids stand, by person and topic."""
    statement = select(Subscription.contact_id, Subscription.topic_id, Subscription.state).where(
        col(Subscription.contact_id) >= first, col(Subscription.contact_id) <= last
    )
    found: dict[int, dict[int, ConsentState]] = {}
    for contact_id, topic_id, state in session.exec(statement):
        found.setdefault(contact_id, {})[topic_id] = ConsentState(state)
    return found
