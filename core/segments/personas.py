"""Verbs of personas: people one writes for, each beside the segment that finds them."""

from datetime import datetime

from sqlmodel import Session

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.errors import Conflict, Invalid, NotFound
from core.i18n.text import stored, stored_line
from core.segments import queries
from core.segments.models import Persona
from core.segments.service import readable
from core.segments.terms import PersonaDraft

CHANNELS = ("email", "phone", "visit", "social")
LONGEST = 1_000
P = Permission


@verb(P.SEGMENT_VIEW, audit=None)
def list_personas(session: Session, _actor: Actor) -> list[Persona]:
    """Return the personas, by name."""
    return list(queries.personas(session))


@verb(P.SEGMENT_EDIT, audit="persona.saved")
def save_persona(
    session: Session,
    actor: Actor,
    *,
    draft: PersonaDraft,
    now: datetime,
    persona_id: int | None = None,
    seen_version: int = 1,
) -> Persona:
    """Return the persona as now described; a new one without an id.

    Raises:
        Invalid: At "name", "channel", or a text that is too long.
        Conflict: "persona.changed_meanwhile".
    """
    persona = Persona(name="") if persona_id is None else _found(session, persona_id)
    if persona_id is not None and persona.version != seen_version:
        raise Conflict("persona.changed_meanwhile")
    for name in ("goals", "pains", "motives"):
        text = stored(getattr(draft, name))
        if len(text) > LONGEST:
            raise Invalid("persona.text_too_long", field=name, limit=LONGEST)
        setattr(persona, name, text)
    persona.name = stored_line(draft.name)[:120]
    if not persona.name:
        raise Invalid("persona.empty_name", field="name")
    if draft.channel not in CHANNELS:
        raise Invalid("persona.unknown_channel", field="channel")
    if draft.segment_id is not None:
        readable(session, actor, draft.segment_id)
    persona.channel, persona.segment_id = draft.channel, draft.segment_id
    persona.template_ids = list(draft.template_ids)
    persona.version += persona_id is not None
    session.add(persona)
    session.flush()
    audit.record(session, actor, "persona.saved", now=now, subject=persona, name=persona.name)
    return persona


@verb(P.SEGMENT_EDIT, audit="persona.removed")
def remove_persona(session: Session, actor: Actor, *, persona_id: int, now: datetime) -> None:
    """Remove a persona; its segment stays."""
    persona = _found(session, persona_id)
    audit.record(session, actor, "persona.removed", now=now, subject=persona, name=persona.name)
    session.delete(persona)


def _found(session: Session, persona_id: int) -> Persona:
    persona = session.get(Persona, persona_id)
    if persona is None:
        raise NotFound("persona.missing")
    return persona
