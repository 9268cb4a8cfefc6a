"""Verbs of segments: make, change, archive and freeze them, and put people in by hand."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import false, true
from sqlmodel import Session, col

from core import ids, outbox
from core.access import rules as access
from core.access.service import require_on, verb
from core.access.terms import Actor, Level, Permission
from core.audit import service as audit
from core.contacts.models import Contact
from core.errors import Conflict, Invalid, NotFound
from core.filters import registry
from core.filters.checking import check_tree, parsed
from core.filters.fields import Expression
from core.filters.rules import needed
from core.i18n.text import search_key, stored, stored_line
from core.segments import queries
from core.segments.membership import react, shift, touch
from core.segments.models import Segment
from core.segments.rules import leads_to
from core.segments.terms import SegmentDraft, SegmentKind, SegmentState

LANE = "segments"
MOST_BY_HAND = 1_000
_LONGEST = 120
P = Permission


@verb(P.SEGMENT_EDIT, audit="segment.created")
def create(session: Session, actor: Actor, *, draft: SegmentDraft, now: datetime) -> Segment:
    """Return a new segment. A worker fills it at once; until then it is due.

    Raises:
        Invalid: At "name", or at the path of a line that means nothing.
        Conflict: "segment.name_taken".
    """
    require_on(actor, P.SEGMENT_EDIT, department_id=draft.department_id, owner_id=_me(actor))
    segment = Segment(public_id=ids.public_id("seg", now), name="", kind=draft.kind,
                      owner_id=_me(actor), department_id=draft.department_id)  # fmt: skip
    _take_over(session, segment, draft)
    segment.computed_at = now if draft.kind is SegmentKind.STATIC else None
    session.add(segment)
    session.flush()
    _told(session, actor, segment, act="segment.created", now=now)
    return segment


@verb(P.SEGMENT_EDIT, audit="segment.changed")
def change(
    session: Session,
    actor: Actor,
    *,
    segment_id: int,
    seen_version: int,
    draft: SegmentDraft,
    now: datetime,
) -> Segment:
    """Return the segment as now described; who no longer fits leaves, the kind stays.

    Raises:
        Invalid, Conflict: As `create`, and "segment.changed_meanwhile".
    """
    segment = _editable(session, actor, segment_id)
    if segment.version != seen_version:
        raise Conflict("segment.changed_meanwhile")
    before = {"name": segment.name, "tree": segment.tree}
    _take_over(session, segment, draft)
    segment.version += 1
    session.add(segment)
    session.flush()
    _told(session, actor, segment, act="segment.changed", now=now, before=before)
    return segment


@verb(P.SEGMENT_EDIT, audit="segment.archived")
def archive(session: Session, actor: Actor, *, segment_id: int, now: datetime) -> Segment:
    """Put a segment away: nobody enters or leaves it any more, its history stays.

    Raises:
        Conflict: "segment.in_use" while another one asks about it.
    """
    segment = _editable(session, actor, segment_id)
    for other in queries.segments(session):
        if other.id != segment.id and segment.id in _asked(other):
            raise Conflict("segment.in_use", name=other.name)
    segment.archived_at, segment.next_at = now, None
    segment.version += 1
    session.add(segment)
    audit.record(session, actor, "segment.archived", now=now, subject=segment, name=segment.name,
                 department_id=segment.department_id)  # fmt: skip
    return segment


@verb(P.SEGMENT_EDIT, audit="segment.frozen")
def snapshot(
    session: Session, actor: Actor, *, segment_id: int, name: str, now: datetime
) -> Segment:
    """Return a new segment that keeps who is in this one now, for good."""
    source = readable(session, actor, segment_id)
    require_on(actor, P.SEGMENT_EDIT, department_id=source.department_id, owner_id=_me(actor))
    made = Segment(
        public_id=ids.public_id("seg", now), name=_free_name(session, name, None),
        description=source.description, kind=SegmentKind.SNAPSHOT, audience=source.audience,
        tree=source.tree, excludes=source.excludes, department_id=source.department_id,
        owner_id=_me(actor), state=SegmentState.READY, computed_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    made.member_count = queries.copy_members(session, source.id, made.id, now=now)
    audit.record(session, actor, "segment.frozen", now=now, subject=made, name=made.name,
                 department_id=made.department_id, after={"of": source.name})  # fmt: skip
    return made


@verb(P.SEGMENT_EDIT, audit="segment.members_added")
def add_members(
    session: Session, actor: Actor, *, segment_id: int, contact_ids: Collection[int], now: datetime
) -> int:
    """Put these people, as far as the actor sees them, into a segment kept by hand.

    Return how many came in.
    """
    segment = _by_hand(session, actor, segment_id=segment_id, contact_ids=contact_ids)
    fitting = [theirs(actor), queries.is_of(segment.audience)]
    entering = queries.among_people(session, contact_ids, fitting)
    done = shift(session, segment, entering=entering, leaving=(), now=now)
    _moved(session, actor, segment, act="segment.members_added", count=len(done.entered), now=now)
    return len(done.entered)


@verb(P.SEGMENT_EDIT, audit="segment.members_removed")
def remove_members(
    session: Session, actor: Actor, *, segment_id: int, contact_ids: Collection[int], now: datetime
) -> int:
    """Take these people, as far as the actor sees them, out of a segment kept by hand.

    Return how many went.
    """
    segment = _by_hand(session, actor, segment_id=segment_id, contact_ids=contact_ids)
    leaving = queries.among_people(session, contact_ids, [theirs(actor)])
    done = shift(session, segment, entering=(), leaving=leaving, now=now)
    _moved(session, actor, segment, act="segment.members_removed", count=len(done.left), now=now)
    return len(done.left)


@verb(P.SEGMENT_VIEW, audit=None)
def list_segments(session: Session, actor: Actor, *, search: str = "") -> list[Segment]:
    """Return the segments in use that the actor may see and whose name holds the words."""
    key = search_key(search)
    return [
        one for one in queries.segments(session) if key in search_key(one.name) and sees(actor, one)
    ]


@verb(P.SEGMENT_VIEW, audit=None)
def read(session: Session, actor: Actor, *, public_id: str) -> Segment:
    """Return a segment the actor may see; raises NotFound "segment.missing"."""
    found = queries.of_public_id(session, public_id)
    if found is None or not sees(actor, found):
        raise NotFound("segment.missing")
    return found


def readable(session: Session, actor: Actor, segment_id: int) -> Segment:
    """Return the segment; raises NotFound where the actor may not see it. A building block."""
    found = queries.segment(session, segment_id)
    if found is None or not sees(actor, found):
        raise NotFound("segment.missing")
    return found


def sees(actor: Actor, segment: Segment) -> bool:
    """Return whether the actor may see a segment; one without a department is everybody's."""
    if access.level(actor, P.SEGMENT_VIEW) is Level.NO:
        return False
    is_shared = segment.department_id is None and segment.owner_id is None
    return is_shared or access.reaches(
        actor, P.SEGMENT_VIEW, department_id=segment.department_id, owner_id=segment.owner_id
    )


def theirs(actor: Actor) -> Expression:
    """Return which people the actor sees: a seller their own, everybody else all of them."""
    if access.level(actor, P.CONTACT_VIEW) is Level.OWN:
        is_person = actor.kind == "user" and actor.id is not None
        return col(Contact.owner_id) == actor.id if is_person else false()
    return true()


def stays_of(session: Session, contact_id: int) -> Collection[int]:
    """Return the segments a person is in; to be counted anew when their stays go with them."""
    return queries.segments_of(session, contact_id)


def recount(session: Session, segment_ids: Collection[int]) -> None:
    """Count the members of these segments anew: stays ended without anybody having left."""
    if segment_ids:
        queries.recount(session, segment_ids)


def recheck_all(session: Session) -> None:
    """Have every segment computed anew: after an import or another change of very many people."""
    queries.mark_due(session)
    outbox.poke(session, LANE)


def _take_over(session: Session, segment: Segment, draft: SegmentDraft) -> None:
    segment.name = _free_name(session, draft.name, segment.id)
    segment.description = stored(draft.description)[:500]
    if segment.kind is SegmentKind.SNAPSHOT and segment.computed_at is not None:
        return
    segment.audience = draft.audience
    tree = parsed(draft.tree)
    check_tree(tree, registry.catalogue(session).infos)
    segment.tree = tree.model_dump(mode="json")
    segment.excludes = sorted(set(draft.excludes))
    _refuse_circles(session, segment)
    if segment.kind is SegmentKind.STATIC:
        segment.state = SegmentState.READY
        return
    segment.state = SegmentState.DUE
    outbox.poke(session, LANE)


def _free_name(session: Session, name: str, segment_id: int | None) -> str:
    clean = stored_line(name)
    if not clean:
        raise Invalid("segment.empty_name", field="name")
    if len(clean) > _LONGEST:
        raise Invalid("segment.name_too_long", field="name", limit=_LONGEST)
    taken = queries.named(session, clean)
    if taken is not None and taken.id != segment_id:
        raise Conflict("segment.name_taken", field="name")
    return clean


def _refuse_circles(session: Session, segment: Segment) -> None:
    edges = {one.id: _asked(one) for one in queries.segments(session)}
    asked = _asked(segment)
    if not asked <= edges.keys():
        raise Invalid("filter.segment_missing", field="tree")
    if segment.id in leads_to(asked, edges):
        raise Invalid("segment.circle", field="tree")


def _asked(segment: Segment) -> frozenset[int]:
    """Return the segments that a segment asks about."""
    return needed(parsed(segment.tree))[2] | frozenset(segment.excludes)


def _editable(session: Session, actor: Actor, segment_id: int) -> Segment:
    segment = queries.for_update(session, segment_id)
    if segment is None or segment.archived_at is not None or not sees(actor, segment):
        raise NotFound("segment.missing")
    require_on(actor, P.SEGMENT_EDIT, department_id=segment.department_id,
               owner_id=segment.owner_id)  # fmt: skip
    return segment


def _by_hand(
    session: Session, actor: Actor, *, segment_id: int, contact_ids: Collection[int]
) -> Segment:
    segment = _editable(session, actor, segment_id)
    if segment.kind is not SegmentKind.STATIC:
        raise Invalid("segment.not_by_hand")
    if len(contact_ids) > MOST_BY_HAND:
        raise Invalid("segment.too_many", limit=MOST_BY_HAND)
    return segment


def _moved(
    session: Session, actor: Actor, segment: Segment, *, act: str, count: int, now: datetime
) -> None:
    audit.record(session, actor, act, now=now, subject=segment, name=segment.name,
                 department_id=segment.department_id, after={"count": count})  # fmt: skip


def _told(
    session: Session,
    actor: Actor,
    segment: Segment,
    *,
    act: str,
    now: datetime,
    before: Mapping[str, object] | None = None,
) -> None:
    after = {"name": segment.name, "tree": segment.tree}
    audit.record(session, actor, act, now=now, subject=segment, name=segment.name,
                 department_id=segment.department_id, before=before, after=after)  # fmt: skip


def _me(actor: Actor) -> int | None:
    return actor.id if actor.kind == "user" else None


__all__ = ["LANE", "add_members", "archive", "change", "create", "list_segments", "react", "read",
           "readable", "recheck_all", "recount", "remove_members", "sees", "snapshot", "stays_of",
           "theirs", "touch"]  # fmt: skip
