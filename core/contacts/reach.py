"""Whom an actor sees: everybody, or only their own people; employees only with that right too."""

from sqlalchemy import ColumnElement
from sqlmodel import Session, col

from core.access import rules
from core.access.service import may, require, require_on
from core.access.terms import Actor, Level, Permission
from core.contacts import queries
from core.contacts.models import Contact
from core.contacts.terms import ContactKind, ContactStatus
from core.errors import NotFound

GONE = (ContactStatus.MERGED, ContactStatus.ERASED)
_STAFF = {
    Permission.CONTACT_VIEW: Permission.EMPLOYEE_VIEW,
    Permission.CONTACT_EDIT: Permission.EMPLOYEE_EDIT,
    Permission.CONTACT_EXPORT: Permission.EMPLOYEE_EXPORT,
}


def kinds(
    actor: Actor, permission: Permission, *, kind: ContactKind | None = None
) -> tuple[ContactKind, ...]:
    """Return the kinds of people a list shows: those outside, or the one that was asked for."""
    if kind is None:
        return tuple(one for one in ContactKind if one is not ContactKind.EMPLOYEE)
    sees_staff = may(actor, _STAFF.get(permission, Permission.EMPLOYEE_EDIT))
    return (kind,) if kind is not ContactKind.EMPLOYEE or sees_staff else ()


def conditions(actor: Actor, permission: Permission) -> list[ColumnElement[bool]]:
    """Return what keeps a list to people the actor reaches."""
    if rules.level(actor, permission) > Level.OWN:
        return []
    return [col(Contact.owner_id) == (actor.id if actor.kind == "user" else None)]


def require_person(actor: Actor, permission: Permission, contact: Contact) -> None:
    """Raise Forbidden unless the actor may do this to this person."""
    require_on(actor, permission, department_id=None, owner_id=contact.owner_id)
    if contact.kind is ContactKind.EMPLOYEE:
        require(actor, _STAFF.get(permission, Permission.EMPLOYEE_EDIT))


def person(session: Session, actor: Actor, public_id: str, *, permission: Permission) -> Contact:
    """Return the person with this public id; whoever was merged leads to whom they became.

    Raises:
        NotFound: "contact.missing"; also where the person was erased.
        Forbidden: Where the person is out of the actor's reach.
    """
    found = queries.of_public_id(session, public_id)
    if found is None or found.status is ContactStatus.ERASED:
        raise NotFound("contact.missing")
    require_person(actor, permission, found)
    return found
