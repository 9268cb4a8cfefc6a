"""Whoever changes a person, in whatever way, moves them in and out of segments too.

Rows changed one by one are noted as they are written, and their people brought in step at the end
of the same transaction. After a statement over many rows every segment is computed anew within a
minute. What bypasses the session (a file of a million rows) says so: `service.recheck_all`.
"""

from collections.abc import Iterable

from sqlalchemy import event, select
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Session, SQLModel, col

from core import clock
from core.contacts.models import Contact
from core.segments import membership, queries

OF_A_PERSON = frozenset({"contact_tag", "contact_identity", "subscription", "suppression", "order"})
"""Tables with a contact_id that conditions look at. Events have a lane of their own."""

WATCHED = OF_A_PERSON | {"contact", "company"}
MOST = 1_000
"""So many people are brought in step at once; beyond that everybody is asked anew."""

_MOVED, _ALL = "segments.moved", "segments.all"
_COMPANIES = "segments.companies"


@event.listens_for(Session, "after_flush")
def _note(session: Session, _context: object) -> None:
    _note_rows(session, [*session.new, *session.deleted])
    _note_rows(session, (row for row in session.dirty if session.is_modified(row)))


def _note_rows(session: Session, rows: Iterable[object]) -> None:
    for row in rows:
        table = getattr(row, "__tablename__", "")
        if table == "contact":
            _add(session, _MOVED, getattr(row, "id", None))
        elif table == "company":
            _add(session, _COMPANIES, getattr(row, "id", None))
        elif table in OF_A_PERSON:
            _add(session, _MOVED, getattr(row, "contact_id", None))


def _add(session: Session, name: str, row_id: int | None) -> None:
    if row_id is not None:
        session.info.setdefault(name, set()).add(row_id)


@event.listens_for(Session, "do_orm_execute")
def _note_statement(state: ORMExecuteState) -> None:
    if not (state.is_update or state.is_insert or state.is_delete):
        return
    mapper = state.bind_mapper
    model: type[SQLModel] | None = None if mapper is None else mapper.class_
    if getattr(model, "__tablename__", "") in WATCHED:
        state.session.info[_ALL] = True


@event.listens_for(Session, "before_commit")
def _settle(session: Session) -> None:
    session.flush()
    is_all = session.info.pop(_ALL, False)
    moved = session.info.pop(_MOVED, set())
    companies = session.info.pop(_COMPANIES, set())
    if companies:
        staff = select(col(Contact.id)).where(col(Contact.company_id).in_(companies))
        moved |= set(session.execute(staff.limit(MOST + 1)).scalars())
    if is_all or len(moved) > MOST:
        queries.mark_due(session)
    elif moved:
        membership.touch(session, sorted(moved), now=clock.now())


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    for name in (_ALL, _MOVED, _COMPANIES):
        session.info.pop(name, None)
