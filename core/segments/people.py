"""Verbs that look at the people of a segment: how many, who, since when, and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, not_
from sqlmodel import Session

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.contacts import queries as contacts
from core.contacts.terms import Audience
from core.errors import NotFound
from core.filters import registry, rules
from core.filters.checking import check_tree, parsed
from core.filters.gathering import gather, wanted
from core.filters.sql import Shape
from core.filters.terms import FieldInfo, Group, Option
from core.segments import queries
from core.segments.membership import Lens, lens, tree_of
from core.segments.models import Segment
from core.segments.rules import turned, whole_tree
from core.segments.service import readable, theirs
from core.segments.terms import Near, Person, Preview, SegmentDraft, SegmentKind, Stay, Why

SAMPLE = 10
MOST_LINES = 8
FEW = 5
P = Permission


@verb(P.SEGMENT_VIEW, audit=None)
def preview(session: Session, actor: Actor, *, draft: SegmentDraft, now: datetime) -> Preview:
    """Return how many people a segment would have now, and the first ten.

    Raises:
        Invalid: At the path of a line that means nothing.
    """
    seen = lens(session, now=now)
    tree = _checked(draft.tree, seen)
    whole = whole_tree(tree, audience=draft.audience, excludes=draft.excludes)
    where = and_(seen.clause(whole, Shape.WHOLE), theirs(actor))
    count, first = queries.counted(session, where, limit=SAMPLE)
    return Preview(count, tuple(first))


@verb(P.SEGMENT_VIEW, audit=None)
def members(
    session: Session,
    actor: Actor,
    *,
    segment_id: int,
    after_id: int = 0,
    limit: int = queries.PIECE,
) -> list[Stay]:
    """Return who is in, in the order in which they came; go on after the id of the last stay."""
    segment = readable(session, actor, segment_id)
    where = and_(queries.of_segment(segment.id, is_open=True), theirs(actor))
    return queries.stays(session, where, after_id=after_id, limit=limit)


@verb(P.SEGMENT_VIEW, audit=None)
def history(session: Session, actor: Actor, *, segment_id: int, limit: int = 50) -> list[Stay]:
    """Return the latest stays, those that are over too."""
    segment = readable(session, actor, segment_id)
    where = and_(queries.of_segment(segment.id, is_open=False), theirs(actor))
    return queries.stays(session, where, limit=limit, latest_first=True)


@verb(P.SEGMENT_VIEW, audit=None)
def is_member(
    session: Session, actor: Actor, *, segment_id: int, contact_id: int, now: datetime
) -> bool:
    """Return whether one person belongs to the segment at this moment."""
    segment = readable(session, actor, segment_id)
    if segment.kind is not SegmentKind.DYNAMIC:
        return queries.is_in(session, segment.id, contact_id)
    clause = lens(session, now=now).clause(tree_of(segment), Shape.FEW)
    return queries.holds(session, clause, contact_id)


@verb(P.SEGMENT_VIEW, audit=None)
def explain(
    session: Session, actor: Actor, *, segment_id: int, contact_id: int, now: datetime
) -> Why:
    """Return why somebody is in or not: each line, and the ones that keep them out."""
    segment = readable(session, actor, segment_id)
    found = queries.people(session, and_(contact_id == queries.ID, theirs(actor)), limit=1)
    if not found:
        raise NotFound("contact.missing")
    seen, tree = lens(session, now=now), tree_of(segment)
    check_tree(parsed(segment.tree), seen.catalogue.infos)
    facts = gather(session, seen.catalogue, wanted(tree), contact_ids=[contact_id])[contact_id]
    stay = queries.of_person(segment.id, contact_id)
    return Why(
        person=found[0],
        tree=tree,
        explanation=rules.explain(tree, facts, seen.scene),
        is_member=queries.is_in(session, segment.id, contact_id),
        stays=tuple(queries.stays(session, stay, latest_first=True, limit=SAMPLE)),
    )


@verb(P.SEGMENT_VIEW, audit=None)
def nearly(session: Session, actor: Actor, *, segment_id: int, now: datetime) -> list[Near]:
    """Return people who would be in if one line were otherwise: a few for each line."""
    segment = readable(session, actor, segment_id)
    seen, own = lens(session, now=now), parsed(segment.tree)
    check_tree(own, seen.catalogue.infos)
    is_out = not_(seen.clause(own, Shape.WHOLE))
    found: list[Near] = []
    for path, tree in list(turned(own))[:MOST_LINES]:
        whole = whole_tree(tree, audience=segment.audience, excludes=segment.excludes)
        where = and_(seen.clause(whole, Shape.WHOLE), is_out, theirs(actor))
        found += [Near(one, path) for one in queries.people(session, where, limit=FEW)]
    return found


@verb(P.SEGMENT_VIEW, audit=None)
def find_people(session: Session, actor: Actor, *, text: str) -> list[Person]:
    """Return the first ten people whom a search means."""
    where = [*contacts.matching(text), theirs(actor)]
    return queries.found_by(session, where, limit=SAMPLE) if text.strip() else []


@verb(P.SEGMENT_VIEW, audit=None)
def fields(session: Session, _actor: Actor) -> Mapping[str, FieldInfo]:
    """Return what can be asked, by key."""
    infos = registry.catalogue(session).infos
    return {key: info for key, info in infos.items() if not info.is_hidden}


@verb(P.SEGMENT_VIEW, audit=None)
def choices(session: Session, _actor: Actor) -> Mapping[str, Sequence[Option]]:
    """Return what can be chosen where that is kept in the store, by field."""
    return registry.options(session)


@verb(P.SEGMENT_VIEW, audit=None)
def event_names(session: Session, _actor: Actor) -> list[str]:
    """Return the names of events that have been seen."""
    return list(queries.event_names(session))


def _checked(data: object, seen: Lens) -> Group:
    tree = parsed(data)
    check_tree(tree, seen.catalogue.infos)
    return tree


__all__ = ["Audience", "Segment", "choices", "event_names", "explain", "fields", "find_people",
           "history", "is_member", "members", "nearly", "preview"]  # fmt: skip
