"""Verbs of the profile: which parts there are for this reader, and what one of them says."""

from datetime import datetime

from sqlmodel import Session

from core.access.service import may, require, verb
from core.access.terms import Actor, Permission
from core.contacts import reach
from core.errors import NotFound
from core.profiles import registry
from core.profiles.parts import Look, Part
from core.profiles.terms import Asked, Line


@verb(Permission.CONTACT_VIEW, audit=None)
def parts_for(_session: Session, actor: Actor) -> list[Part]:
    """Return the parts the actor may see, in order."""
    return [one for one in registry.parts() if may(actor, one.permission)]


@verb(Permission.CONTACT_VIEW, audit=None)
def read_part(session: Session, actor: Actor, *, asked: Asked, now: datetime) -> list[Line]:
    """Return what a part says of a person, the newest first where it has moments.

    Raises:
        NotFound: "profile.part_missing".
        Forbidden: Where the person or the part is not for the actor.
    """
    person = reach.person(session, actor, asked.public_id, permission=Permission.CONTACT_VIEW)
    found = next((one for one in registry.parts() if one.name == asked.part), None)
    if found is None:
        raise NotFound("profile.part_missing")
    require(actor, found.permission)
    look = Look(
        contact=person,
        now=now,
        before=asked.before,
        kind=asked.kind,
        department_id=asked.department_id,
    )
    return found.read(session, actor, look)
