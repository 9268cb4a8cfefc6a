"""The part "segments": in which groups a person is, since when, and which they left."""

from sqlmodel import Session, col, select

from core.access.terms import Actor, Permission
from core.profiles.parts import Look, Part
from core.profiles.terms import Line, Tone
from core.segments import service as segments
from core.segments.models import Segment, SegmentMember


def read(session: Session, actor: Actor, look: Look) -> list[Line]:
    """Return the stays in segments the actor may see, those that last first."""
    statement = (
        select(SegmentMember, Segment)
        .join(Segment, col(Segment.id) == col(SegmentMember.segment_id))
        .where(SegmentMember.contact_id == look.contact.id)
        .order_by(col(SegmentMember.left_at).is_not(None), col(SegmentMember.entered_at).desc())
    )
    rows = session.exec(statement).all()
    seen = [_line(stay, segment) for stay, segment in rows if segments.sees(actor, segment)]
    return seen[: look.limit]


def _line(stay: SegmentMember, segment: Segment) -> Line:
    return Line(
        text=segment.name,
        note_code="profile.segment.left" if stay.left_at else "profile.segment.in",
        note_values={"since": stay.entered_at, "until": stay.left_at or stay.entered_at},
        at=stay.left_at or stay.entered_at,
        link=f"/segments?open={segment.public_id}",
        tone=Tone.MUTED if stay.left_at else Tone.GOOD,
    )


PART = Part(name="segments", permission=Permission.SEGMENT_VIEW, read=read)
