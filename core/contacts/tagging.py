"""Tags: free words on people, found by their folded form, made by using them."""

from collections.abc import Collection, Sequence

from sqlmodel import Session, col, delete, func, select

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.contacts.models import ContactTag, Tag
from core.db import insert_or_skip
from core.errors import Invalid
from core.i18n.text import search_key, stored_line

LONGEST, MOST_ON_ONE = 80, 50


@verb(Permission.CONTACT_VIEW, audit=None)
def list_tags(session: Session, _actor: Actor) -> list[tuple[Tag, int]]:
    """Return every tag with how many people carry it, by name."""
    count = func.count(col(ContactTag.id))
    statement = (
        select(Tag, count)
        .outerjoin(ContactTag, col(ContactTag.tag_id) == col(Tag.id))
        .group_by(col(Tag.id))
        .order_by(col(Tag.search_key))
    )
    return list(session.exec(statement).all())


@verb(Permission.CONTACT_VIEW, audit=None)
def tag_names(session: Session, _actor: Actor) -> dict[int, str]:
    """Return the names of all tags by id, in order."""
    return dict(session.exec(select(Tag.id, Tag.name).order_by(col(Tag.search_key))).all())


def ensure(session: Session, names: Collection[str]) -> Sequence[Tag]:
    """Return the tags of these names, made where they are new. Two spellings are one tag.

    Raises:
        Invalid: "tag.long" or "tag.too_many".
    """
    wanted = {search_key(name): stored_line(name) for name in names if search_key(name)}
    if any(len(name) > LONGEST for name in wanted.values()):
        raise Invalid("tag.long", field="tags", limit=LONGEST)
    if len(wanted) > MOST_ON_ONE:
        raise Invalid("tag.too_many", field="tags", limit=MOST_ON_ONE)
    if not wanted:
        return []
    rows = [{"name": name, "search_key": key[:120]} for key, name in wanted.items()]
    session.execute(insert_or_skip(session, Tag, rows))
    keys = [row["search_key"] for row in rows]
    return session.exec(
        select(Tag).where(col(Tag.search_key).in_(keys)).order_by(col(Tag.search_key))
    ).all()


def tags_on(session: Session, contact_id: int) -> Sequence[Tag]:
    """Return the tags of one person, by name."""
    return session.exec(
        select(Tag)
        .join(ContactTag, col(ContactTag.tag_id) == col(Tag.id))
        .where(ContactTag.contact_id == contact_id)
        .order_by(col(Tag.search_key))
    ).all()


def put_exactly(session: Session, contact_id: int, tag_ids: Collection[int]) -> None:
    """Leave the person with these tags and no other."""
    session.exec(
        delete(ContactTag).where(
            col(ContactTag.contact_id) == contact_id, col(ContactTag.tag_id).not_in(tag_ids)
        )
    )
    put(session, [contact_id], tag_ids)


def put(session: Session, contact_ids: Collection[int], tag_ids: Collection[int]) -> None:
    """Mark all these people with all these tags; whoever has one keeps it.

    A tag that is gone stays gone: a change that is taken back may still know of it.
    """
    known = session.exec(select(Tag.id).where(col(Tag.id).in_(tag_ids))).all()
    rows = [{"contact_id": one, "tag_id": tag} for one in contact_ids for tag in known]
    if rows:
        session.execute(insert_or_skip(session, ContactTag, rows))


def take(session: Session, contact_ids: Collection[int], tag_id: int) -> None:
    """Take the tag off these people."""
    session.exec(
        delete(ContactTag).where(
            col(ContactTag.tag_id) == tag_id, col(ContactTag.contact_id).in_(contact_ids)
        )
    )


def carriers(session: Session, contact_ids: Collection[int], tag_id: int) -> set[int]:
    """Return those of the people who carry the tag."""
    statement = select(ContactTag.contact_id).where(
        ContactTag.tag_id == tag_id, col(ContactTag.contact_id).in_(contact_ids)
    )
    return set(session.exec(statement).all())
