"""Who belongs to a segment: asked of the store, compared with what is kept, and told as events."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.errors import ChaparError
from core.events import service as events
from core.events.models import Event
from core.filters import registry
from core.filters.checking import check_tree, parsed
from core.filters.dialects import Dialect, dialect_of
from core.filters.fields import Catalogue, Expression
from core.filters.sql import Reading, Shape
from core.filters.terms import Frame, Group, Scene
from core.organisation import queries as organisation
from core.segments import queries
from core.segments.models import Segment
from core.segments.rules import is_moved, whole_tree
from core.segments.terms import ENTERED, LEFT, SUBJECT, Shift

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lens:
    """With which fields, when and in which store trees are read."""

    catalogue: Catalogue
    frame: Frame
    dialect: Dialect

    @property
    def scene(self) -> Scene:
        """What the reading in memory needs."""
        return Scene(self.catalogue.infos, self.frame)

    def clause(self, tree: Group, shape: Shape) -> Expression:
        """Return whether the tree holds for a person."""
        reading = Reading(self.catalogue, self.frame, dialect=self.dialect, shape=shape)
        return reading.clause(tree)


def lens(session: Session, *, now: datetime) -> Lens:
    """Return how trees are read now, in the organisation's zone and calendar."""
    house = organisation.organisation(session)
    frame = Frame(now, house.time_zone, house.calendar)
    return Lens(registry.catalogue(session), frame, dialect_of(session))


def tree_of(segment: Segment) -> Group:
    """Return everything that is asked of a member of this segment."""
    own = parsed(segment.tree)
    return whole_tree(own, audience=segment.audience, excludes=segment.excludes)


def touch(
    session: Session,
    contact_ids: Collection[int],
    *,
    now: datetime,
    names: Collection[str] | None = None,
) -> None:
    """Bring the membership of these people in step, in every segment that may be concerned.

    names: the events after which it is asked; None after any change. To be called by whoever
    changes people without an event.
    """
    if not contact_ids:
        return
    segments = queries.kept_up(session)
    if not segments:
        return
    seen = lens(session, now=now)
    for segment in segments:
        try:
            tree = tree_of(segment)
            check_tree(parsed(segment.tree), seen.catalogue.infos)
        except ChaparError as error:
            log.warning("segment %s cannot be read: %s", segment.id, error.code)
            continue
        if names is None or is_moved(tree, names, seen.catalogue.infos):
            settle(session, segment, seen.clause(tree, Shape.FEW), contact_ids=contact_ids, now=now)


def react(session: Session, found: Sequence[Event], *, now: datetime) -> None:
    """Bring in step whom these events are about. They were claimed in this transaction."""
    mine = [event for event in found if event.contact_id is not None]
    names = {
        f"{SUBJECT}:{event.subject_id}" if event.name in {ENTERED, LEFT} else event.name
        for event in mine
    }
    ids = {event.contact_id for event in mine if event.contact_id is not None}
    touch(session, sorted(ids), now=now, names=names)


def settle(
    session: Session,
    segment: Segment,
    clause: Expression,
    *,
    contact_ids: Collection[int],
    now: datetime,
) -> Shift:
    """Let these people enter or leave as the conditions say; who did is told by events.

    clause: of the whole tree, for a few. While a segment is filled for the first time nobody
    enters it: they were there.
    """
    differing = queries.differing(session, segment.id, clause, contact_ids=contact_ids)
    entering = [one for one, holds in differing if holds]
    leaving = [one for one, holds in differing if not holds]
    return shift(session, segment, entering=entering, leaving=leaving, now=now)


def shift(
    session: Session,
    segment: Segment,
    *,
    entering: Sequence[int],
    leaving: Collection[int],
    now: datetime,
) -> Shift:
    """Let people in and out; who really came or went is counted and told by events."""
    entered = queries.enter(session, segment.id, entering, now=now)
    left = queries.leave(session, segment.id, leaving, now=now)
    if entered or left:
        queries.add_to_count(session, segment.id, len(entered) - len(left))
    if segment.computed_at is not None:
        facts = [_fact(segment, ENTERED, one, now=now) for one in entered]
        facts += [_fact(segment, LEFT, one, now=now) for one in left]
        for start in range(0, len(facts), queries.PIECE):
            events.record_many(session, facts[start : start + queries.PIECE])
    return Shift(tuple(one for _, one in entered), tuple(one for _, one in left))


def _fact(segment: Segment, name: str, stay: tuple[int, int], *, now: datetime) -> events.Fact:
    member_id, contact_id = stay
    return events.Fact(
        name=name,
        source="segments",
        dedup_key=f"{name}:{member_id}",
        occurred_at=now,
        subject_type=SUBJECT,
        subject_id=segment.id,
        contact_id=contact_id,
        department_id=segment.department_id,
        properties={"segment": segment.public_id, "name": segment.name},
    )
