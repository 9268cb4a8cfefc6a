"""Tags as a whole: what each is used for, renamed, made one with another, taken away.

A segment that asks for a tag goes on asking for it under its new name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, delete, select

from core import outbox
from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.contacts import tagging
from core.contacts.models import ContactTag, Tag
from core.errors import Conflict, Invalid, NotFound
from core.filters.checking import parsed
from core.i18n.text import search_key, stored_line
from core.segments import queries as segments
from core.segments import rules
from core.segments.models import Segment
from core.segments.service import LANE, sees

FIELD = "contact.tags"


@dataclass(frozen=True)
class TagLine:
    """A tag, how many people carry it, and the segments that ask for it, as far as one sees."""

    tag: Tag
    person_count: int
    segments: tuple[str, ...]


@verb(Permission.CONTACT_VIEW, audit=None)
def list_lines(session: Session, actor: Actor) -> list[TagLine]:
    """Return every tag with what it is used for, by name."""
    seen = [one for one in segments.segments(session) if sees(actor, one)]
    return [
        TagLine(tag, count, tuple(one.name for one in _asking(seen, tag)))
        for tag, count in tagging.list_tags(session, actor)
    ]


@verb(Permission.CONTACT_IMPORT, audit="tag.renamed")
def rename(session: Session, actor: Actor, *, tag_id: int, name: str, now: datetime) -> Tag:
    """Return the tag under its new name.

    Raises:
        Invalid: "tag.missing" or "tag.long".
        Conflict: "tag.known" where another tag has that name: the two can be merged.
    """
    tag = _found(session, tag_id)
    clean, key = _named(name)
    if session.exec(select(Tag.id).where(Tag.search_key == key, Tag.id != tag_id)).first():
        raise Conflict("tag.known", field="name")
    before = tag.name
    _follow(session, tag, key)
    tag.name, tag.search_key = clean, key
    session.add(tag)
    session.flush()
    audit.record(session, actor, "tag.renamed", now=now, subject=tag, name=clean,
                 before={"name": before}, after={"name": clean})  # fmt: skip
    return tag


@verb(Permission.CONTACT_IMPORT, audit="tag.merged")
def merge(session: Session, actor: Actor, *, tag_id: int, into_id: int, now: datetime) -> Tag:
    """Return the tag that is left; whoever carried the first one carries it now."""
    gone, kept = _found(session, tag_id), _found(session, into_id)
    if gone.id == kept.id:
        raise Invalid("tag.same", field="into")
    _follow(session, gone, kept.search_key)
    twin = aliased(ContactTag)
    has_both = exists().where(
        col(twin.tag_id) == kept.id, col(twin.contact_id) == col(ContactTag.contact_id)
    )
    moving = update(ContactTag).where(col(ContactTag.tag_id) == gone.id, ~has_both)
    session.execute(moving.values(tag_id=kept.id))
    _drop(session, gone)
    audit.record(session, actor, "tag.merged", now=now, subject=kept, name=kept.name,
                 before={"name": gone.name})  # fmt: skip
    return kept


@verb(Permission.CONTACT_IMPORT, audit="tag.removed")
def remove(session: Session, actor: Actor, *, tag_id: int, now: datetime) -> None:
    """Take the tag off everybody, for good.

    Raises:
        Conflict: "tag.asked_for" where a segment asks for it: nobody would be in it any more.
    """
    tag = _found(session, tag_id)
    asking = _asking(segments.segments(session), tag)
    if asking:
        raise Conflict("tag.asked_for", count=len(asking))
    audit.record(session, actor, "tag.removed", now=now, subject=tag, name=tag.name)
    _drop(session, tag)


def _found(session: Session, tag_id: int) -> Tag:
    found = session.get(Tag, tag_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound("tag.gone")
    return found


def _named(name: str) -> tuple[str, str]:
    clean = stored_line(name)
    if not search_key(clean):
        raise Invalid("tag.missing", field="name")
    if len(clean) > tagging.LONGEST:
        raise Invalid("tag.long", field="name", limit=tagging.LONGEST)
    return clean, search_key(clean)[:120]


def _asking(among: Sequence[Segment], tag: Tag) -> list[Segment]:
    return [one for one in among if rules.names(parsed(one.tree), field=FIELD, key=tag.search_key)]


def _follow(session: Session, tag: Tag, key: str) -> None:
    """Have every segment that asks for the tag ask for this key; whoever has it open is told."""
    asking = _asking(segments.segments(session), tag)
    for one in asking:
        tree = rules.renamed(parsed(one.tree), field=FIELD, old=tag.search_key, new=key)
        one.tree = tree.model_dump(mode="json")
        one.version += 1
        session.add(one)
    if asking:
        session.flush()
        segments.mark_due(session, [one.id for one in asking])
        outbox.poke(session, LANE)


def _drop(session: Session, tag: Tag) -> None:
    session.exec(delete(ContactTag).where(col(ContactTag.tag_id) == tag.id))
    session.exec(delete(Tag).where(col(Tag.id) == tag.id))
