"""Companies: organisations that people belong to, separate from the people."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.contacts import catalogue, reach, service, telling
from core.contacts.catalogue import Place
from core.contacts.models import Company, Contact
from core.errors import Conflict, Invalid, NotFound
from core.i18n.text import search_key, stored_line

PAGE = 50
LONGEST = 200
_STEP = 500


@dataclass(frozen=True, kw_only=True)
class CompanyInput:
    """A company as a form describes it. size: how many people work there."""

    name: str
    domain: str = ""
    industry: str = ""
    size: int | None = None
    country: str = ""
    city: str = ""
    owner_id: int | None = None


@dataclass(frozen=True)
class CompanyLine:
    """A company with how many people of it are known."""

    company: Company
    person_count: int


@verb(Permission.CONTACT_VIEW, audit=None)
def list_companies(
    session: Session, _actor: Actor, *, text: str = "", page: int = 1
) -> list[CompanyLine]:
    """Return a page of at most 50 companies by name."""
    chosen = col(Company.search_key).contains(search_key(text), autoescape=True)
    statement = select(Company).where(chosen).order_by(col(Company.search_key))
    found = session.exec(statement.limit(PAGE).offset((max(page, 1) - 1) * PAGE)).all()
    counting = (
        select(Contact.company_id, func.count(col(Contact.id)))
        .where(col(Contact.company_id).in_([one.id for one in found]))
        .where(col(Contact.status).not_in(reach.GONE))
        .group_by(col(Contact.company_id))
    )
    counts = dict(session.exec(counting).all())
    return [CompanyLine(one, counts.get(one.id, 0)) for one in found]


@verb(Permission.CONTACT_VIEW, audit=None)
def count_companies(session: Session, _actor: Actor, *, text: str = "") -> int:
    """Return how many companies the list has in all."""
    chosen = col(Company.search_key).contains(search_key(text), autoescape=True)
    return session.exec(select(func.count(col(Company.id))).where(chosen)).one()


@verb(Permission.CONTACT_VIEW, audit=None)
def company_names(session: Session, _actor: Actor, *, limit: int = 500) -> dict[int, str]:
    """Return the names of the first companies by id, for a choice."""
    statement = select(Company.id, Company.name).order_by(col(Company.search_key)).limit(limit)
    return dict(session.exec(statement).all())


@verb(Permission.CONTACT_VIEW, audit=None)
def read_company(session: Session, _actor: Actor, *, company_id: int) -> Company:
    """Return the company."""
    found = session.get(Company, company_id)
    if found is None:
        raise NotFound("company.missing")
    return found


@verb(Permission.CONTACT_EDIT, audit="company.added")
def add_company(session: Session, actor: Actor, *, given: CompanyInput, now: datetime) -> Company:
    """Return a new company.

    Raises:
        Invalid, Conflict: At the field that is wrong; "company.known" for a name that is there.
    """
    made = Company(name="", search_key="")
    _describe(session, made, given)
    session.add(made)
    session.flush()
    audit.record(session, actor, "company.added", now=now, subject=made, name=made.name)
    return made


@verb(Permission.CONTACT_EDIT, audit="company.changed")
def change_company(
    session: Session,
    actor: Actor,
    *,
    company_id: int,
    version: int,
    given: CompanyInput,
    now: datetime,
) -> Company:
    """Return the company as now described; its people are found by the new name.

    Raises:
        Conflict: "common.changed_meanwhile" where somebody was faster.
    """
    found = service.as_seen(session, Company, company_id, version=version)
    _describe(session, found, given)
    found.version += 1
    session.add(found)
    session.flush()
    _renew_people(session, found, now=now)
    audit.record(session, actor, "company.changed", now=now, subject=found, name=found.name)
    return found


def ensure(session: Session, name: str) -> int | None:
    """Return the company of this name, made where it is new; None for an empty name."""
    clean = stored_line(name)
    key = search_key(clean)
    if not key:
        return None
    if len(clean) > LONGEST:
        raise Invalid("contact.field_long", field="company", limit=LONGEST)
    found = session.exec(select(Company).where(Company.search_key == key)).first()
    if found is None:
        found = Company(name=clean, search_key=key)
        session.add(found)
        session.flush()
    return found.id


def _describe(session: Session, row: Company, given: CompanyInput) -> None:
    name = stored_line(given.name)
    if not search_key(name) or len(name) > LONGEST:
        raise Invalid("company.name", field="name", limit=LONGEST)
    same = session.exec(select(Company).where(Company.search_key == search_key(name))).first()
    if same is not None and same.id != row.id:
        raise Conflict("company.known", field="name")
    if given.size is not None and not 0 <= given.size <= 10**8:
        raise Invalid("company.size", field="size")
    row.name, row.search_key = name, search_key(name)
    row.domain = stored_line(given.domain).lower().removeprefix("www.")[:253]
    row.industry = stored_line(given.industry)[:120]
    row.size, row.owner_id = given.size, given.owner_id
    country = catalogue.clean("country", given.country, Place())
    row.country = str(country) if country else None
    row.city = stored_line(given.city)[:120] or None


def _renew_people(session: Session, company: Company, *, now: datetime) -> None:
    after = 0
    while True:
        people = session.exec(
            select(Contact)
            .where(Contact.company_id == company.id, col(Contact.id) > after)
            .order_by(col(Contact.id))
            .limit(_STEP)
        ).all()
        if not people:
            return
        for one in people:
            service.renew_search(session, one)
        key, ids = f"company:{company.id}:{company.version}", [one.id for one in people]
        telling.tell_many(session, ids, telling.CHANGED, key=key, now=now)
        after = people[-1].id
