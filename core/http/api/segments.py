"""Calls about segments: list them, count them, walk through their members."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from core.db import reading
from core.http.api import cursors
from core.http.api.callers import Reads
from core.segments import people
from core.segments import service as segments
from core.segments.models import Segment
from core.segments.terms import SegmentKind, SegmentState, Stay

router = APIRouter(tags=["segments"])
Limit = Annotated[int, Query(ge=1, le=cursors.MOST)]


class SegmentOut(BaseModel):
    """A segment. state: due while its members are being brought in step."""

    id: str
    name: str
    description: str
    kind: SegmentKind
    state: SegmentState
    count: int
    computed_at: datetime | None

    @classmethod
    def of(cls, segment: Segment) -> "SegmentOut":
        """Return the segment as programs see it."""
        return cls(
            id=segment.public_id,
            name=segment.name,
            description=segment.description,
            kind=segment.kind,
            state=segment.state,
            count=segment.member_count,
            computed_at=segment.computed_at,
        )


class SegmentPage(BaseModel):
    """Some segments, and the cursor that leads on; null at the end."""

    items: list[SegmentOut]
    next_cursor: str | None


class MemberOut(BaseModel):
    """A member: the contact's public id, and since when."""

    contact: str
    entered_at: datetime

    @classmethod
    def of(cls, stay: Stay) -> "MemberOut":
        """Return the member as programs see it."""
        return cls(contact=stay.person.public_id, entered_at=stay.entered_at)


class MemberPage(BaseModel):
    """Some members, and the cursor that leads on; null at the end."""

    items: list[MemberOut]
    next_cursor: str | None


@router.get("/segments", operation_id="segment_list")
def list_segments(who: Reads, cursor: str = "", limit: Limit = cursors.USUAL) -> SegmentPage:
    """List the segments."""
    after = cursors.after(cursor)
    with reading() as session:
        seen = segments.list_segments(session, who.actor)
    found = sorted((one for one in seen if one.id > after), key=lambda one: one.id)
    page = found[:limit]
    more = cursors.cursor(page[-1].id) if len(found) > limit else None
    return SegmentPage(items=[SegmentOut.of(one) for one in page], next_cursor=more)


@router.get("/segments/{public_id}", operation_id="segment_read")
def read_segment(public_id: str, who: Reads) -> SegmentOut:
    """Read a segment with its count."""
    with reading() as session:
        return SegmentOut.of(segments.read(session, who.actor, public_id=public_id))


@router.get("/segments/{public_id}/members", operation_id="segment_members")
def list_members(
    public_id: str, who: Reads, *, cursor: str = "", limit: Limit = cursors.USUAL
) -> MemberPage:
    """List the members in the order in which they came."""
    after = cursors.after(cursor)
    with reading() as session:
        segment = segments.read(session, who.actor, public_id=public_id)
        found = people.members(
            session, who.actor, segment_id=segment.id, after_id=after, limit=limit + 1
        )
    page = found[:limit]
    more = cursors.cursor(page[-1].id) if len(found) > limit else None
    return MemberPage(items=[MemberOut.of(one) for one in page], next_cursor=more)
