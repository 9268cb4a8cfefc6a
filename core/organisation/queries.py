"""Statements over the organisation, its departments, offices and holidays."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import TypeVar

from sqlalchemy import update
from sqlmodel import Session, col, select

from core.access.terms import DepartmentKind
from core.errors import NotFound
from core.organisation.models import Department, Holiday, Office, Organisation

ORGANISATION_ID = 1
Kept = TypeVar("Kept", Organisation, Department, Office, Holiday)


def organisation(session: Session) -> Organisation:
    """Return the organisation; raises NotFound before set-up has made it."""
    found = session.get(Organisation, ORGANISATION_ID)
    if found is None:
        raise NotFound("organisation.missing")
    return found


def departments(session: Session) -> Sequence[Department]:
    """Return all active departments in the order they were made."""
    statement = select(Department).where(col(Department.is_active).is_(True))
    return session.exec(statement.order_by(col(Department.id))).all()


def all_departments(session: Session) -> Sequence[Department]:
    """Return all departments in the order they were made, the closed ones after those in use."""
    in_order = (col(Department.is_active).desc(), col(Department.id))
    return session.exec(select(Department).order_by(*in_order)).all()


def department_of_kind(session: Session, kind: DepartmentKind) -> Department | None:
    """Return the first active department of this kind."""
    statement = select(Department).where(
        Department.kind == kind, col(Department.is_active).is_(True)
    )
    return session.exec(statement.order_by(col(Department.id))).first()


def default_office(session: Session) -> Office:
    """Return the office whose rules hold where no other one is named."""
    statement = select(Office).order_by(col(Office.is_default).desc(), col(Office.id))
    found = session.exec(statement).first()
    if found is None:
        raise NotFound("office.missing")
    return found


def offices(session: Session) -> Sequence[Office]:
    """Return all offices, the default one first."""
    statement = select(Office).order_by(col(Office.is_default).desc(), col(Office.id))
    return session.exec(statement).all()


def holidays(
    session: Session, *, office_ids: Collection[int], since: date, until: date
) -> Sequence[Holiday]:
    """Return the holidays of these offices from `since` to `until`, both included."""
    statement = select(Holiday).where(
        col(Holiday.office_id).in_(office_ids), Holiday.day >= since, Holiday.day <= until
    )
    return session.exec(statement.order_by(col(Holiday.day))).all()


def days_off(session: Session, office_id: int) -> frozenset[date]:
    """Return every holiday of the office, of all years."""
    statement = select(col(Holiday.day)).where(Holiday.office_id == office_id)
    return frozenset(session.exec(statement).all())


def for_update(session: Session, table: type[Kept], row_id: int) -> Kept | None:
    """Return the row as it is now, locked until the end of this transaction."""
    return session.get(table, row_id, with_for_update=True, populate_existing=True)


def clear_default_office(session: Session) -> None:
    """Leave no office marked as the default one."""
    session.execute(update(Office).where(col(Office.is_default).is_(True)).values(is_default=False))
