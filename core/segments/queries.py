"""Statements over segments, their members and personas."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, exists, func, insert, literal, not_, update
from sqlalchemy import select as choose
from sqlmodel import Session, col, select

from core.contacts.models import Contact
from core.contacts.terms import Audience, ContactKind
from core.db import insert_or_skip
from core.events.models import EventName
from core.filters.dialects import dialect_of
from core.filters.fields import Expression
from core.segments.models import Persona, Segment, SegmentMember
from core.segments.terms import Person, SegmentKind, SegmentState, Stay

PIECE = 1_000
ID: Any = col(Contact.id)
PERSON: tuple[Any, ...] = (
    ID,
    col(Contact.public_id),
    col(Contact.first_name),
    col(Contact.last_name),
    col(Contact.kind),
    col(Contact.city),
)
STAY: tuple[Any, ...] = (col(SegmentMember.id), col(SegmentMember.entered_at),
                         col(SegmentMember.left_at))  # fmt: skip


def segment(session: Session, segment_id: int) -> Segment | None:
    """Return the segment."""
    return session.get(Segment, segment_id)


def for_update(session: Session, segment_id: int) -> Segment | None:
    """Return the segment as it is now, locked until the end of this transaction."""
    return session.get(Segment, segment_id, with_for_update=True, populate_existing=True)


def of_public_id(session: Session, public_id: str) -> Segment | None:
    """Return the segment with this public id."""
    return session.exec(select(Segment).where(Segment.public_id == public_id)).first()


def segments(session: Session) -> Sequence[Segment]:
    """Return the segments in use, by name."""
    statement = select(Segment).where(col(Segment.archived_at).is_(None))
    return session.exec(statement.order_by(col(Segment.name), col(Segment.id))).all()


def kept_up(session: Session) -> Sequence[Segment]:
    """Return the segments whose membership follows their conditions."""
    statement = select(Segment).where(
        Segment.kind == SegmentKind.DYNAMIC,
        Segment.state != SegmentState.FAILED,
        col(Segment.archived_at).is_(None),
    )
    return session.exec(statement.order_by(col(Segment.id))).all()


def due(session: Session) -> Sequence[int]:
    """Return the segments that are to be computed, the longest waiting first."""
    statement = select(Segment.id).where(
        Segment.state == SegmentState.DUE,
        Segment.kind != SegmentKind.STATIC,
        col(Segment.archived_at).is_(None),
    )
    return session.exec(statement.order_by(col(Segment.updated_at), col(Segment.id))).all()


def make_due(session: Session, *, now: datetime) -> int:
    """Mark those whose conditions look at time and whose day has come; return how many."""
    done = session.execute(
        update(Segment)
        .where(col(Segment.next_at) <= now, col(Segment.state) == SegmentState.READY)
        .values(state=SegmentState.DUE)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def mark_due(session: Session, segment_ids: Collection[int] | None = None) -> None:
    """Mark these segments, or all, as to be computed."""
    statement = update(Segment).where(col(Segment.kind) == SegmentKind.DYNAMIC)
    if segment_ids is not None:
        statement = statement.where(col(Segment.id).in_(segment_ids))
    session.execute(statement.values(state=SegmentState.DUE, due_count=col(Segment.due_count) + 1))


def _open(segment_id: int) -> Expression:
    return (col(SegmentMember.segment_id) == segment_id) & col(SegmentMember.left_at).is_(None)


def _is_open_member(segment_id: int) -> Expression:
    mine = select(literal(1)).where(_open(segment_id), col(SegmentMember.contact_id) == ID)
    return exists(mine.correlate(Contact))


def differing(
    session: Session, segment_id: int, clause: Expression, *, contact_ids: Collection[int]
) -> list[tuple[int, bool]]:
    """Return those of these people for whom the conditions say something else than is kept."""
    asked = (
        choose(
            ID.label("id"),
            case((clause, 1), else_=0).label("holds"),
            case((_is_open_member(segment_id), 1), else_=0).label("kept"),
        )
        .where(dialect_of(session).among(ID, contact_ids))
        .subquery()
    )
    statement = choose(asked.c.id, asked.c.holds).where(asked.c.holds != asked.c.kept)
    return [(row[0], bool(row[1])) for row in session.connection().execute(statement)]


def entering(session: Session, segment_id: int, clause: Expression) -> Sequence[int]:
    """Return who should be in and is not."""
    statement = select(ID).where(clause, not_(_is_open_member(segment_id)))
    return session.execute(statement).scalars().all()


def leaving(session: Session, segment_id: int, clause: Expression) -> Sequence[int]:
    """Return who is in and should not be."""
    found = select(ID).where(clause)
    statement = select(col(SegmentMember.contact_id)).where(
        _open(segment_id), col(SegmentMember.contact_id).not_in(found)
    )
    return session.execute(statement).scalars().all()


def enter(
    session: Session, segment_id: int, contact_ids: Sequence[int], *, now: datetime
) -> list[tuple[int, int]]:
    """Let these people in; return the new stays as (id, contact). Who is in already stays."""
    made: list[tuple[int, int]] = []
    for start in range(0, len(contact_ids), PIECE):
        rows = [
            {"segment_id": segment_id, "contact_id": one, "entered_at": now}
            for one in contact_ids[start : start + PIECE]
        ]
        statement = insert_or_skip(session, SegmentMember, rows).returning(
            col(SegmentMember.id), col(SegmentMember.contact_id)
        )
        made += [(row[0], row[1]) for row in session.execute(statement)]
    return made


def leave(
    session: Session, segment_id: int, contact_ids: Collection[int], *, now: datetime
) -> list[tuple[int, int]]:
    """End the stays of these people; return them as (id, contact)."""
    if not contact_ids:
        return []
    statement = (
        update(SegmentMember)
        .where(
            _open(segment_id),
            dialect_of(session).among(col(SegmentMember.contact_id), contact_ids),
        )
        .values(left_at=now)
        .returning(col(SegmentMember.id), col(SegmentMember.contact_id))
    )
    found = session.execute(statement, execution_options={"synchronize_session": False})
    return [(row[0], row[1]) for row in found]


def add_to_count(session: Session, segment_id: int, count: int) -> None:
    """Move the number of members by so many."""
    session.execute(
        update(Segment)
        .where(col(Segment.id) == segment_id)
        .values(member_count=col(Segment.member_count) + count)
    )


def member_count(session: Session, segment_id: int) -> int:
    """Return how many people are in."""
    statement = select(func.count()).select_from(SegmentMember).where(_open(segment_id))
    return session.exec(statement).one()


def segments_of(session: Session, contact_id: int) -> Sequence[int]:
    """Return the segments this person is in."""
    statement = select(SegmentMember.segment_id).where(
        SegmentMember.contact_id == contact_id, col(SegmentMember.left_at).is_(None)
    )
    return session.exec(statement).all()


def recount(session: Session, segment_ids: Collection[int]) -> None:
    """Count the members of these segments anew."""
    held = (
        choose(func.count())
        .select_from(SegmentMember)
        .where(
            col(SegmentMember.segment_id) == col(Segment.id), col(SegmentMember.left_at).is_(None)
        )
        .correlate(Segment)
        .scalar_subquery()
    )
    session.execute(
        update(Segment).where(col(Segment.id).in_(segment_ids)).values(member_count=held)
    )


def counted(session: Session, where: Expression, *, limit: int) -> tuple[int, list[Person]]:
    """Return how many people fit and the first of them, looking once."""
    found = choose(ID.label("id"), func.count().over().label("count")).where(where).subquery()
    statement = choose(found).order_by(found.c.id).limit(limit)
    rows = session.execute(statement).all()
    if not rows:
        return 0, []
    return rows[0][1], people(session, ID.in_([row[0] for row in rows]), limit=limit)


def people(session: Session, where: Expression, *, limit: int) -> list[Person]:
    """Return the first of those who fit."""
    statement = choose(*PERSON).where(where).order_by(ID).limit(limit)
    return [person(*row) for row in session.execute(statement)]


def person(*row: object) -> Person:
    """Return the columns of PERSON as one."""
    id_, public_id, first, last, kind, city = row
    name = f"{first} {last}".strip()
    return Person(id_, public_id, name, kind, city or "")  # type: ignore[arg-type]


def holds(session: Session, where: Expression, contact_id: int) -> bool:
    """Return whether one person fits."""
    return session.execute(select(ID).where(contact_id == ID, where)).first() is not None


def stays(
    session: Session,
    where: Expression,
    *,
    after_id: int = 0,
    limit: int = PIECE,
    latest_first: bool = False,
) -> list[Stay]:
    """Return stays with their people in the order of their ids, from the one after `after_id`."""
    order = col(SegmentMember.id).desc() if latest_first else col(SegmentMember.id)
    statement = (
        choose(*STAY, *PERSON)
        .join(Contact, col(SegmentMember.contact_id) == ID)
        .where(where, col(SegmentMember.id) > after_id)
        .order_by(order)
        .limit(limit)
    )
    return [
        Stay(id_, person(*rest), entered_at, left_at)
        for id_, entered_at, left_at, *rest in session.execute(statement)
    ]


def of_segment(segment_id: int, *, is_open: bool) -> Expression:
    """Return the condition of stays in a segment, or of those that last."""
    return _open(segment_id) if is_open else col(SegmentMember.segment_id) == segment_id


def found_by(session: Session, conditions: Sequence[Expression], *, limit: int) -> list[Person]:
    """Return the first people who fit all of these."""
    return people(session, and_(*conditions), limit=limit)


def personas(session: Session) -> Sequence[Persona]:
    """Return the personas, by name."""
    return session.exec(select(Persona).order_by(col(Persona.name), col(Persona.id))).all()


def named(session: Session, name: str) -> Segment | None:
    """Return the segment in use with this name."""
    statement = select(Segment).where(Segment.name == name, col(Segment.archived_at).is_(None))
    return session.exec(statement).first()


def copy_members(session: Session, source_id: int, segment_id: int, *, now: datetime) -> int:
    """Let everybody who is in the one segment into the other; return how many came."""
    columns = ["segment_id", "contact_id", "entered_at", "created_at", "updated_at"]
    rows = select(
        literal(segment_id),
        col(SegmentMember.contact_id),
        *(literal(now, SegmentMember.entered_at.type) for _ in range(3)),  # type: ignore[attr-defined]
    ).where(_open(source_id))
    session.execute(insert(SegmentMember).from_select(columns, rows))
    return member_count(session, segment_id)


def among_people(
    session: Session, contact_ids: Collection[int], conditions: Sequence[Expression]
) -> Sequence[int]:
    """Return those of these people who fit all of these."""
    statement = select(ID).where(dialect_of(session).among(ID, contact_ids), *conditions)
    return session.execute(statement).scalars().all()


def is_of(audience: Audience) -> Expression:
    """Return the condition of people whom the audience means."""
    is_staff = col(Contact.kind) == ContactKind.EMPLOYEE
    return is_staff if audience is Audience.INTERNAL else not_(is_staff)


def is_in(session: Session, segment_id: int, contact_id: int) -> bool:
    """Return whether the person is kept as a member."""
    mine = _open(segment_id) & (col(SegmentMember.contact_id) == contact_id)
    return session.execute(select(literal(1)).where(mine)).first() is not None


def of_person(segment_id: int, contact_id: int) -> Expression:
    """Return the condition of the stays of one person in a segment."""
    mine = col(SegmentMember.contact_id) == contact_id
    return (col(SegmentMember.segment_id) == segment_id) & mine


def event_names(session: Session) -> Sequence[str]:
    """Return the names of events that have been seen, in order."""
    return session.exec(select(EventName.name).order_by(EventName.name)).all()
