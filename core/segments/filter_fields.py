"""Where the tree finds who is in a segment now."""

from sqlmodel import SQLModel, col

from core.filters.fields import FilterField, MemberSource
from core.segments.models import SegmentMember

FIELDS: tuple[FilterField, ...] = ()
_MODEL: type[SQLModel] = SegmentMember
MEMBERS = MemberSource(
    rows=_MODEL.__table__,  # type: ignore[attr-defined]
    owner=col(SegmentMember.contact_id),
    segment_id=col(SegmentMember.segment_id),
    is_open=col(SegmentMember.left_at).is_(None),
)
