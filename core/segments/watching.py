"""Whoever changes a person, in whatever way, moves them in and out of segments too.

Rows changed one by one, and those a statement names, are noted as they are written, and their
people brought in step at the end of the same transaction. After a statement over more than a
thousand people every segment is computed anew within a minute. What bypasses the session (a file
of a million rows) says so: `service.recheck_all`.
"""

from collections.abc import Iterable

from sqlalchemy import event, orm, select
from sqlmodel import Session, col

from core import clock
from core.contacts.models import Contact, ContactIdentity
from core.segments import membership, queries
from core.segments.touched import MOST, People, of_row, of_statement

_MOVED, _ALL = "segments.moved", "segments.all"


@event.listens_for(Session, "after_flush")
def _note(session: Session, _context: object) -> None:
    _note_rows(session, [*session.new, *session.deleted])
    _note_rows(session, (row for row in session.dirty if session.is_modified(row)))


def _note_rows(session: Session, rows: Iterable[object]) -> None:
    for row in rows:
        _add(session, of_row(row))


@event.listens_for(Session, "do_orm_execute")
def _note_statement(state: orm.ORMExecuteState) -> None:
    if not (state.is_update or state.is_insert or state.is_delete):
        return
    if _ALL in state.session.info:
        return
    found = of_statement(state)
    if found is None:
        state.session.info[_ALL] = True
    else:
        _add(state.session, found)


def _add(session: orm.Session, found: People) -> None:
    if found:
        session.info.setdefault(_MOVED, People()).add(found)


@event.listens_for(Session, "before_commit")
def _settle(session: Session) -> None:
    session.flush()
    is_all = session.info.pop(_ALL, False)
    moved = session.info.pop(_MOVED, People())
    ids = moved.contacts | _at(session, moved)
    if is_all or len(ids) > MOST:
        queries.mark_due(session)
    elif ids:
        membership.touch(session, sorted(ids), now=clock.now())


def _at(session: Session, moved: People) -> set[int]:
    """Return who works at these companies or has these addresses."""
    found: set[int] = set()
    for owner, key, values in (
        (col(Contact.id), col(Contact.company_id), moved.companies),
        (col(ContactIdentity.contact_id), col(ContactIdentity.address_id), moved.addresses),
    ):
        if values:
            some = select(owner).where(key.in_(values)).limit(MOST + 1)
            found |= set(session.execute(some).scalars())
    return found


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    for name in (_ALL, _MOVED):
        session.info.pop(name, None)
