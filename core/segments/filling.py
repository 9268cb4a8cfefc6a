"""Fill a segment from its conditions: found in one look, then brought in step piece by piece.

Every piece is asked again in its own short transaction, so that what changes meanwhile is not
overwritten, and nobody who sends waits.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.db import reading, transaction
from core.errors import ChaparError
from core.filters.checking import check_tree, parsed
from core.filters.rules import moves_with_time, needed, next_midnight
from core.filters.sql import Shape
from core.segments import queries
from core.segments.membership import lens, settle, tree_of
from core.segments.models import Segment
from core.segments.terms import SegmentKind, SegmentState

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Seen:
    """The segment as it was when it was looked at."""

    version: int
    due_count: int


def fill_due(*, now: datetime, budget_s: float) -> bool:
    """Fill what is due, for about this long; return whether all of it was."""
    deadline = time.monotonic() + budget_s
    with transaction() as session:
        queries.make_due(session, now=now)
    with reading() as session:
        due = queries.due(session)
    for segment_id in due:
        if time.monotonic() > deadline or not fill(segment_id, now=now, deadline=deadline):
            return False
    return True


def fill(segment_id: int, *, now: datetime, deadline: float = float("inf")) -> bool:
    """Bring the membership of a segment in step with its conditions; return whether it is.

    What is done when the deadline (of the monotonic clock) passes stays done.
    """
    with reading() as session:
        segment = queries.segment(session, segment_id)
        if segment is None or segment.archived_at is not None:
            return True
        seen = _Seen(segment.version, segment.due_count)
        try:
            wrong = _differing(session, segment, now=now)
        except ChaparError as error:
            log.warning("segment %s cannot be read: %s", segment_id, error.code)
            wrong = None
    if wrong is None:
        _finish(segment_id, seen, state=SegmentState.FAILED, now=now)
        return True
    for start in range(0, len(wrong), queries.PIECE):
        if time.monotonic() > deadline:
            return False
        if not _settle(segment_id, seen, wrong[start : start + queries.PIECE], now=now):
            return True  # somebody changed it: it is due anew
    _finish(segment_id, seen, state=SegmentState.READY, now=now)
    return True


def _differing(session: Session, segment: Segment, *, now: datetime) -> list[int]:
    seen = lens(session, now=now)
    check_tree(parsed(segment.tree), seen.catalogue.infos)
    clause = seen.clause(tree_of(segment), Shape.WHOLE)
    found = [*queries.entering(session, segment.id, clause)]
    if segment.member_count or segment.computed_at is not None:
        found += queries.leaving(session, segment.id, clause)
    return found


def _settle(segment_id: int, seen: _Seen, ids: Sequence[int], *, now: datetime) -> bool:
    """Return whether the piece was settled; not where the segment was changed meanwhile."""
    with transaction() as session:
        segment = queries.for_update(session, segment_id)
        if segment is None or segment.version != seen.version:
            return False
        clause = lens(session, now=now).clause(tree_of(segment), Shape.FEW)
        settle(session, segment, clause, contact_ids=ids, now=now)
    return True


def _finish(segment_id: int, seen: _Seen, *, state: SegmentState, now: datetime) -> None:
    """Keep how it ended; a segment that was to be computed anew meanwhile stays due."""
    with transaction() as session:
        segment = queries.for_update(session, segment_id)
        if segment is None or segment.version != seen.version:
            return
        if segment.computed_at is None:  # nobody was told who came in: others ask anew
            queries.mark_due(session, _dependents(session, segment_id))
        segment.state = state if segment.due_count == seen.due_count else SegmentState.DUE
        segment.member_count = queries.member_count(session, segment_id)
        segment.computed_at = now
        segment.next_at = _next(session, segment, now=now)
        session.add(segment)


def _next(session: Session, segment: Segment, *, now: datetime) -> datetime | None:
    """Return when days alone may change who is in; never where conditions do not look at them."""
    if segment.kind is not SegmentKind.DYNAMIC or segment.state is SegmentState.FAILED:
        return None
    seen = lens(session, now=now)
    moves = moves_with_time(tree_of(segment), seen.catalogue.infos)
    return next_midnight(seen.frame) if moves else None


def _dependents(session: Session, segment_id: int) -> list[int]:
    return [
        one.id for one in queries.kept_up(session)
        if one.id != segment_id
        and (segment_id in one.excludes or segment_id in needed(parsed(one.tree))[2])
    ]  # fmt: skip
