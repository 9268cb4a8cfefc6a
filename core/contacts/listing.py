"""Lists of people: a page in one of three orders, filtered and searched, at a million rows.

A search that few people answer is led by the index; one that many answer is found by walking the
list in its own order, for then a page of them is never far.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, assert_never

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import Session, col, select

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.accounts.models import User
from core.contacts import queries, reach, rules, search_index
from core.contacts.models import UNLISTED, Company, Contact, ContactIdentity, ContactTag, Tag
from core.contacts.terms import (
    ContactFilter,
    ContactKind,
    ContactLine,
    ContactOrder,
    ContactPage,
    ContactStatus,
    IdentityKind,
)
from core.db import is_sqlite

PAGE = 50
COUNTED = 10_000
EVERYBODY = ContactFilter()
LIVE = (ContactStatus.ENABLED, ContactStatus.DISABLED, ContactStatus.BLOCKLISTED)
_BY_NAME = (Contact.search_key, Contact.kind, Contact.status, Contact.id)
"""The columns of the index of the list, so that it is walked and nothing is sorted."""
_LAST_SIGN = "\U0010ffff"


@dataclass(frozen=True)
class Narrowed:
    """The conditions of a list, and what the search index said of it.

    is_led: they name the people one by one. is_many: more than 10,000 answer the search.
    """

    conditions: list[ColumnElement[bool]]
    words: tuple[str, ...] = ()
    is_led: bool = False
    is_many: bool = False


@verb(Permission.CONTACT_VIEW, audit=None)
def list_contacts(
    session: Session,
    actor: Actor,
    *,
    where: ContactFilter = EVERYBODY,
    order: ContactOrder = ContactOrder.NAME,
    page: int = 1,
) -> ContactPage:
    """Return a page of at most 50 people and how many there are.

    Everybody is counted exactly, whoever a filter or search shows up to 10,000. A search that more
    than that answer gives those first whose name begins so.
    """
    found = narrowed(session, actor, where, permission=Permission.CONTACT_VIEW)
    total, is_more = _total(session, actor, where, found=found)
    offset = (max(page, 1) - 1) * PAGE
    if order is ContactOrder.NAME and found.is_many:
        ids = _beginning_so_first(session, found, offset)
    elif order is ContactOrder.NAME and where == EVERYBODY:
        ids = _from_the_nearer_end(session, found, offset, total=total)
    else:
        ids = _ids(session, found.conditions, _ranks(order, is_led=found.is_led), offset=offset)
    return ContactPage(lines=tuple(lines(session, ids)), total=total, is_more=is_more)


@verb(Permission.CONTACT_VIEW, audit=None)
def lines_of(session: Session, actor: Actor, *, ids: Sequence[int]) -> list[ContactLine]:
    """Return those of these people whom the actor sees, in the order given."""
    permission = Permission.CONTACT_VIEW
    staff = reach.kinds(actor, permission, kind=ContactKind.EMPLOYEE)
    kinds = col(Contact.kind).in_([*reach.kinds(actor, permission), *staff])
    seen = select(Contact.id).where(
        col(Contact.id).in_(ids), kinds, *reach.conditions(actor, permission)
    )
    known = set(session.exec(seen).all())
    return lines(session, [one for one in ids if one in known])


@verb(Permission.CONTACT_VIEW, audit=None)
def contacts_after(
    session: Session, actor: Actor, *, where: ContactFilter, after_id: int, limit: int
) -> list[Contact]:
    """Return the next people. None is met twice or left out; new ones come at the end."""
    found = narrowed(session, actor, where, permission=Permission.CONTACT_VIEW)
    statement = select(Contact).where(*found.conditions, col(Contact.id) > after_id)
    return list(session.exec(statement.order_by(col(Contact.id)).limit(limit)).all())


def narrowed(
    session: Session, actor: Actor, where: ContactFilter, *, permission: Permission
) -> Narrowed:
    """Return what keeps a list to the people meant, helped by the search index."""
    statuses = (where.status,) if where.status in LIVE else LIVE
    words = tuple(rules.search_words(where.text))
    chosen = [
        col(Contact.kind).in_(reach.kinds(actor, permission, kind=where.kind)),
        col(Contact.status).in_(statuses),
        *reach.conditions(actor, permission),
        *_filters(where),
        *queries.matching(where.text),
    ]
    if not words or not is_sqlite(session):
        return Narrowed(chosen, words)
    chosen += [_begins(word) for word in words if len(word) == 1]
    pieces = rules.grams(words)
    ids = search_index.candidates(session, pieces, limit=COUNTED) if pieces else None
    if ids is None:
        return Narrowed(chosen, words, is_many=bool(pieces))
    return Narrowed([*chosen, col(Contact.id).in_(ids)], words, is_led=True)


def _begins(text: str) -> ColumnElement[bool]:
    """Return whether the search key begins so, as a range that the index of it can answer."""
    key = col(Contact.search_key)
    return and_(key >= text, key < f"{text}{_LAST_SIGN}")


def _beginning_so_first(session: Session, found: Narrowed, offset: int) -> Sequence[int]:
    """Return a page of many: a walk by name alone would only reach the late ones late."""
    begins = _begins(" ".join(found.words))
    ids = list(_ids(session, [*found.conditions, begins], _BY_NAME, offset=offset))
    if len(ids) == PAGE:
        return ids
    before = _capped(session, [*found.conditions, begins], limit=offset + PAGE)
    rest = _ids(session, [*found.conditions, ~begins], _BY_NAME, offset=max(offset - before, 0))
    return [*ids, *rest][:PAGE]


def _from_the_nearer_end(
    session: Session, found: Narrowed, offset: int, *, total: int
) -> Sequence[int]:
    """Return a page of everybody: OFFSET 900,000 of a million is walked from the other end."""
    behind = total - offset - PAGE
    if behind < 0 or offset <= behind:
        return _ids(session, found.conditions, _BY_NAME, offset=offset)
    backwards = [col(one).desc() for one in _BY_NAME]
    return _ids(session, found.conditions, backwards, offset=behind)[::-1]


def _ids(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    ranks: Sequence[Any],
    *,
    offset: int,
) -> Sequence[int]:
    statement = select(Contact.id).where(*conditions).order_by(*ranks)
    return session.exec(statement.limit(PAGE).offset(offset)).all()


def _total(
    session: Session, actor: Actor, where: ContactFilter, *, found: Narrowed
) -> tuple[int, bool]:
    """Return how many people the list has, and whether there are more than that."""
    if replace(where, text="") == EVERYBODY and not reach.conditions(
        actor, Permission.CONTACT_VIEW
    ):
        if not where.text:
            return _everybody(session), False
        if found.is_many:
            return COUNTED, True
    count = _capped(session, found.conditions, limit=COUNTED + 1)
    return min(count, COUNTED), count > COUNTED


def _everybody(session: Session) -> int:
    """Return how many people the list without a filter has: all but the few it leaves out."""
    every = session.exec(select(func.count()).select_from(Contact)).one()
    return every - session.exec(select(func.count()).select_from(Contact).where(UNLISTED)).one()


def _capped(session: Session, conditions: Sequence[ColumnElement[bool]], *, limit: int) -> int:
    some = select(Contact.id).where(*conditions).limit(limit).subquery()
    return session.exec(select(func.count()).select_from(some)).one()


def lines(session: Session, ids: Sequence[int]) -> list[ContactLine]:
    """Return these people as a list shows them, in the order given."""
    rows = {one.id: one for one in queries.contacts(session, ids)}
    emails = _primary(session, ids, IdentityKind.EMAIL)
    phones = _primary(session, ids, IdentityKind.PHONE)
    tags = tags_of(session, ids)
    companies = _names(session, Company, {one.company_id for one in rows.values()})
    owners = _names(session, User, {one.owner_id for one in rows.values()})
    return [
        ContactLine(
            id=row.id,
            public_id=row.public_id,
            name=name_of(row),
            kind=row.kind,
            status=row.status,
            email=emails.get(row.id, ""),
            phone=phones.get(row.id, ""),
            company=companies.get(row.company_id or 0, ""),
            position=row.position,
            city=row.city or "",
            owner=owners.get(row.owner_id or 0, ""),
            tags=tags.get(row.id, ()),
            created_at=row.created_at,
            engaged_at=row.engaged_at,
            version=row.version,
        )
        for row in (rows[one] for one in ids if one in rows)
    ]


def name_of(contact: Contact) -> str:
    """Return the full name; empty where nobody wrote one."""
    return f"{contact.first_name} {contact.last_name}".strip()


def tags_of(session: Session, ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Return the names of the tags of each person, in order."""
    statement = (
        select(ContactTag.contact_id, Tag.name)
        .join(Tag, col(Tag.id) == col(ContactTag.tag_id))
        .where(col(ContactTag.contact_id).in_(ids))
        .order_by(col(Tag.search_key))
    )
    found: dict[int, tuple[str, ...]] = {}
    for contact_id, name in session.exec(statement):
        found[contact_id] = (*found.get(contact_id, ()), name)
    return found


def _filters(where: ContactFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if where.owner_id is not None:
        found.append(col(Contact.owner_id).is_not_distinct_from(where.owner_id or None))
    if where.company_id is not None:
        found.append(col(Contact.company_id) == where.company_id)
    if where.source:
        found.append(col(Contact.source) == where.source)
    if where.lifecycle is not None:
        found.append(col(Contact.lifecycle) == where.lifecycle)
    if where.tag_id is not None:
        tagged = select(ContactTag.contact_id).where(ContactTag.tag_id == where.tag_id)
        found.append(col(Contact.id).in_(tagged))
    return found


def _ranks(order: ContactOrder, *, is_led: bool) -> Sequence[Any]:
    """Return what to sort by. Led by the index, the list's own order would only mislead SQLite."""
    newest = col(Contact.id).desc()
    match order:
        case ContactOrder.NAME:
            key = col(Contact.search_key)
            return [key.concat(""), col(Contact.id)] if is_led else _BY_NAME
        case ContactOrder.NEWEST:
            return [newest]
        case ContactOrder.ENGAGED:
            return [col(Contact.engaged_at).desc().nulls_last(), newest]
        case _:
            assert_never(order)


def _primary(session: Session, ids: Collection[int], kind: IdentityKind) -> dict[int, str]:
    statement = select(ContactIdentity.contact_id, ContactIdentity.normalised).where(
        ContactIdentity.kind == kind,
        col(ContactIdentity.is_primary).is_(True),
        col(ContactIdentity.contact_id).in_(ids),
    )
    return dict(session.exec(statement).all())


def _names(
    session: Session, table: type[Company] | type[User], ids: Collection[int | None]
) -> dict[int, str]:
    wanted = [one for one in ids if one is not None]
    if not wanted:
        return {}
    statement = select(table.id, table.name).where(col(table.id).in_(wanted))
    return dict(session.exec(statement).all())
