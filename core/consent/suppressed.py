"""The suppression list, as it is searched: who is not written to, why and since when."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, select

from core.access import rules as access_rules
from core.access.service import verb
from core.access.terms import Actor, Level, Permission
from core.consent.models import Suppression
from core.consent.terms import SuppressionReason
from core.contacts.models import Address, Contact, ContactIdentity
from core.contacts.terms import IdentityKind
from core.i18n.text import search_key

PAGE = 50


@dataclass(frozen=True)
class SuppressionLine:
    """One line of the list. address is empty where a person without one is suppressed."""

    suppression: Suppression
    person: str
    address: str


@dataclass(frozen=True)
class SuppressionPage:
    """One page of lines, and how many there are in all."""

    lines: list[SuppressionLine]
    total: int


@verb(Permission.CONTACT_VIEW, audit=None)
def list_suppressions(
    session: Session,
    actor: Actor,
    *,
    text: str = "",
    reasons: tuple[SuppressionReason, ...] = (),
    page: int = 1,
) -> SuppressionPage:
    """Return one page of the suppressions in force, newest first, of people the actor may see."""
    wanted = [col(Suppression.lifted_at).is_(None), *_conditions(actor, text, reasons)]
    total = session.exec(_joined(func.count(func.distinct(Suppression.id))).where(*wanted)).one()
    ids = _joined(Suppression.id).where(*wanted).distinct().order_by(col(Suppression.id).desc())
    shown = session.exec(ids.limit(PAGE).offset((page - 1) * PAGE)).all()
    found = _joined(Suppression, Contact, Address).where(col(Suppression.id).in_(shown))
    rows = session.exec(found.order_by(col(Suppression.id).desc())).all()
    lines = {one.id: SuppressionLine(one, _name(person), _shown(address))
             for one, person, address in rows}  # fmt: skip
    return SuppressionPage(list(lines.values()), total)


def _joined(*what: object) -> Any:
    """Return a select over suppressions, the person meant, and the address meant."""
    of_address = and_(
        col(ContactIdentity.kind) == IdentityKind.EMAIL,
        or_(
            col(ContactIdentity.address_id) == col(Suppression.address_id),
            and_(
                col(ContactIdentity.contact_id) == col(Suppression.contact_id),
                col(ContactIdentity.is_primary).is_(True),
            ),
        ),
    )
    person = func.coalesce(Suppression.contact_id, ContactIdentity.contact_id)
    address = func.coalesce(Suppression.address_id, ContactIdentity.address_id)
    return (
        select(*what)  # type: ignore[call-overload]
        .select_from(Suppression)
        .join(ContactIdentity, of_address, isouter=True)
        .join(Contact, col(Contact.id) == person, isouter=True)
        .join(Address, col(Address.id) == address, isouter=True)
    )


def _conditions(
    actor: Actor, text: str, reasons: tuple[SuppressionReason, ...]
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if access_rules.level(actor, Permission.CONTACT_VIEW) is Level.OWN:
        found.append(col(Contact.owner_id) == actor.id)
    if reasons:
        found.append(col(Suppression.reason).in_(reasons))
    if text.strip():
        key = search_key(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        like = f"%{key}%"
        found.append(
            or_(
                col(Contact.search_key).like(like, escape="\\"),
                func.lower(Address.normalised).like(like, escape="\\"),
            )
        )
    return found


def _name(person: Contact | None) -> str:
    return "" if person is None else f"{person.first_name} {person.last_name}".strip()


def _shown(address: Address | None) -> str:
    return "" if address is None else address.deliverable
