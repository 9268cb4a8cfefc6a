"""The part "caps": what a person may still receive, and which mails used it up."""

from sqlmodel import Session

from core.access.terms import Actor, Permission
from core.messages.metering import Gauge, meter
from core.profiles.parts import Look, Part
from core.profiles.terms import Line, Tone

OWN = "profile.cap.own"
"""The name of the limit a person set for themselves."""


def read(session: Session, actor: Actor, look: Look) -> list[Line]:
    """Return a line for each cap, the fullest first, each followed by what it counted."""
    found: list[Line] = []
    for gauge in meter(session, actor, contact_id=look.contact.id, now=look.now).gauges:
        found += [_cap(gauge), *_uses(gauge)]
    return found


def _cap(gauge: Gauge) -> Line:
    values = {
        "name": gauge.name if gauge.rule_id else OWN,
        "left": gauge.left_count,
        "used": gauge.used_count,
        "limit": gauge.limit,
    }
    if gauge.free_at is None:
        return Line(code="profile.cap.room", values=values, tone=Tone.GOOD, kind="caps")
    full = {**values, "free_at": gauge.free_at}
    return Line(code="profile.cap.full", values=full, tone=Tone.WARNING, kind="caps")


def _uses(gauge: Gauge) -> list[Line]:
    return [
        Line(
            code="" if use.subject else "profile.message.hidden",
            text=use.subject,
            note_code="profile.cap.use",
            at=use.counted_at,
            link=f"/messages?open={use.public_id}" if use.public_id else "",
            kind="uses",
            department_id=use.department_id,
        )
        for use in gauge.uses[::-1]
    ]


PART = Part(name="caps", permission=Permission.MESSAGE_VIEW, read=read)
