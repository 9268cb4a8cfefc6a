"""People as rows of a file that an import reads back as the same people."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core.access.rules import within
from core.access.service import require, verb
from core.access.terms import Actor, Permission
from core.audience import queries
from core.audience.queries import among
from core.audit import service as audit
from core.contacts import reach
from core.contacts.models import Company, Contact, ContactTag, Tag
from core.contacts.terms import ContactKind, IdentityKind

PAGE = 2_000
STANDARD = (
    "email", "phone", "external_id", "first_name", "last_name", "kind", "company", "position",
    "country", "city", "postal_address", "language", "time_zone", "birth_date", "gender", "source",
    "sub_source", "tags",
)  # fmt: skip
Cells = Sequence[str]


@verb(Permission.CONTACT_EXPORT, audit="contacts.exported")
def begin_export(session: Session, actor: Actor, *, now: datetime) -> list[str]:
    """Return the heads of the file: standard fields, then custom ones; the log tells of it."""
    require(within(actor, Permission.CONTACT_EXPORT), Permission.CONTACT_VIEW)
    audit.record(session, actor, "contacts.exported", now=now)
    return [*STANDARD, *(one.key for one in queries.attributes(session))]


@verb(Permission.CONTACT_EXPORT, audit=None)
def export_page(
    session: Session, actor: Actor, *, after_id: int = 0, limit: int = PAGE
) -> tuple[list[list[str]], int]:
    """Return the next people as rows under those heads, and the id to go on behind; 0 at the end.

    Staff are not among them, nor anybody erased or merged, nor whom the actor may not see.
    """
    narrowed = within(actor, Permission.CONTACT_EXPORT)
    chosen = [
        col(Contact.id) > after_id,
        col(Contact.kind) != ContactKind.EMPLOYEE,
        col(Contact.status).not_in(reach.GONE),
        *reach.conditions(narrowed, Permission.CONTACT_EXPORT),
    ]
    found = session.exec(select(Contact).where(*chosen).order_by(col(Contact.id)).limit(limit))
    people = found.all()
    rows = list(_rows(session, people))
    session.expunge_all()
    return rows, people[-1].id if len(people) == limit else 0


def _rows(session: Session, people: Sequence[Contact]) -> Iterator[list[str]]:
    ids = [one.id for one in people]
    known = _known_by(session, ids)
    tags = _tags(session, ids)
    companies = _companies(session, {one.company_id for one in people if one.company_id})
    keys = [one.key for one in queries.attributes(session)]
    for one in people:
        mine = known.get(one.id, {})
        special = {
            "email": mine.get(IdentityKind.EMAIL, ""),
            "phone": mine.get(IdentityKind.PHONE, ""),
            "external_id": mine.get(IdentityKind.EXTERNAL, ""),
            "company": companies.get(one.company_id or 0, ""),
            "tags": "|".join(tags.get(one.id, ())),
        }
        standard = [special[n] if n in special else _text(getattr(one, n)) for n in STANDARD]
        yield [*standard, *(_text(one.attributes.get(key)) for key in keys)]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "|".join(map(str, value))
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else str(value)


def _known_by(session: Session, ids: Sequence[int]) -> dict[int, dict[IdentityKind, str]]:
    """Return the primary address, phone and number of people; of several the oldest."""
    found: dict[int, dict[IdentityKind, str]] = {}
    for one in sorted(queries.identities(session, ids), key=lambda one: not one.is_primary):
        found.setdefault(one.contact_id, {}).setdefault(one.kind, one.normalised)
    return found


def _tags(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    statement = select(ContactTag.contact_id, Tag.name).join(Tag, col(Tag.id) == ContactTag.tag_id)
    chosen = statement.where(among(session, ContactTag.contact_id, ids))
    found: dict[int, list[str]] = {}
    for who, name in session.exec(chosen.order_by(col(Tag.search_key))):
        found.setdefault(who, []).append(name)
    return found


def _companies(session: Session, ids: set[int]) -> dict[int, str]:
    statement = select(Company.id, Company.name).where(among(session, Company.id, ids))
    return dict(session.exec(statement).all())
