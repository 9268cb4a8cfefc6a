"""People who may be one and the same: the same name, or the same name in an address."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, islice, takewhile

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, select

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.contacts import reach
from core.contacts.listing import LIVE, lines, name_of
from core.contacts.models import Contact, ContactIdentity
from core.contacts.terms import ContactKind, ContactLine, IdentityKind
from core.db import is_sqlite
from core.i18n.text import search_key

MOST_GROUPS, MOST_LIKE = 50, 10
_SHARED = frozenset({"info", "sales", "office", "admin", "contact", "support", "mail", "hello",
                     "hr", "shop", "service", "team", "accounting"})  # fmt: skip
_SHORTEST = 4
_STEP = 5_000


class Likeness(StrEnum):
    """Why two people may be one."""

    NAME = "name"
    ADDRESS = "address"


@dataclass(frozen=True)
class Alike:
    """Somebody who may be the same person, and why."""

    line: ContactLine
    because: Likeness


@dataclass(frozen=True)
class Group:
    """People of one name in one company."""

    name: str
    lines: tuple[ContactLine, ...]


@verb(Permission.CONTACT_VIEW, audit=None)
def alike(session: Session, actor: Actor, *, public_id: str) -> list[Alike]:
    """Return up to ten people who may be this one, those of the same name first."""
    person = reach.person(session, actor, public_id, permission=Permission.CONTACT_VIEW)
    found = dict.fromkeys(_same_name(session, actor, person), Likeness.NAME)
    for one in _same_address(session, actor, person):
        found.setdefault(one, Likeness.ADDRESS)
    ids = list(found)[:MOST_LIKE]
    return [Alike(line, found[line.id]) for line in lines(session, ids)]


@verb(Permission.CONTACT_VIEW, audit=None)
def groups(session: Session, actor: Actor) -> list[Group]:
    """Return up to 50 names that several people of one company, or of none, go by.

    The list is walked in its own order, in which such people are neighbours, up to the fiftieth.
    """
    statement = (
        select(Contact.id, Contact.search_key)
        .where(*_reached(actor))
        .order_by(col(Contact.search_key), col(Contact.kind), col(Contact.status), col(Contact.id))
        .execution_options(yield_per=_STEP)
    )
    found: list[list[int]] = []
    for name, neighbours in groupby(session.exec(statement), key=lambda row: _named(row[1])):
        ids = [row[0] for row in islice(neighbours, MOST_LIKE)]
        if name and len(ids) > 1:
            found.append(ids)
        if len(found) == MOST_GROUPS:
            break
    people = [tuple(lines(session, ids)) for ids in found]
    return [Group(one[0].name, one) for one in people]


def _named(key: str) -> str:
    """Return the name and company of a search key: what stands before addresses and numbers."""
    words = takewhile(lambda word: "@" not in word and not word.startswith("+"), key.split(" "))
    return " ".join(words)


def _same_name(session: Session, actor: Actor, person: Contact) -> list[int]:
    """Search keys begin with the folded name: the index of them answers."""
    name = search_key(name_of(person))
    if not name:
        return []
    begins = _begins(session, col(Contact.search_key), name, end="!")
    statement = select(Contact).where(begins, col(Contact.id) != person.id, *_reached(actor))
    rows = session.exec(statement.limit(MOST_LIKE * 5)).all()
    return [one.id for one in rows if search_key(name_of(one)) == name]


def _same_address(session: Session, actor: Actor, person: Contact) -> list[int]:
    """Return people with the same word before the @ of another domain."""
    mine = session.exec(
        select(ContactIdentity.normalised).where(
            ContactIdentity.contact_id == person.id, ContactIdentity.kind == IdentityKind.EMAIL
        )
    ).all()
    found: list[int] = []
    for local in {address.partition("@")[0] for address in mine}:
        if len(local) < _SHORTEST or local in _SHARED:
            continue
        statement = (
            select(ContactIdentity.contact_id)
            .join(Contact, col(Contact.id) == col(ContactIdentity.contact_id))
            .where(
                ContactIdentity.kind == IdentityKind.EMAIL,
                ContactIdentity.source == "",
                _begins(session, col(ContactIdentity.normalised), f"{local}@", end=""),
                col(Contact.id) != person.id,
                *_reached(actor),
            )
        )
        found += session.exec(statement.limit(MOST_LIKE)).all()
    return found


def _begins(session: Session, column: Mapped[str], text: str, *, end: str) -> ColumnElement[bool]:
    """Return whether the column begins so: on SQLite as a range, which its indexes can answer."""
    if not is_sqlite(session):
        return column.startswith(text, autoescape=True)
    after = f"{text}{end}" if end else text[:-1] + chr(ord(text[-1]) + 1)
    return and_(column >= text, column < after)


def _reached(actor: Actor) -> list[ColumnElement[bool]]:
    kinds = (*reach.kinds(actor, Permission.CONTACT_VIEW),
             *reach.kinds(actor, Permission.CONTACT_VIEW, kind=ContactKind.EMPLOYEE))  # fmt: skip
    return [
        col(Contact.kind).in_(kinds),
        col(Contact.status).in_(LIVE),
        *reach.conditions(actor, Permission.CONTACT_VIEW),
    ]
