"""Read and export the log, personal values in clear where their key still exists."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from core.access import rules as access
from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import personal, queries
from core.audit.models import AuditEntry
from core.audit.terms import AuditFilter, AuditLine
from core.db import reading
from core.errors import NotFound

ANY = AuditFilter()
_BATCH = 500
_SAME = ("id", "at", "actor_kind", "actor_id", "actor_name", "action", "object_type", "object_id",
         "department_id", "contact_id", "ip")  # fmt: skip


@verb(Permission.AUDIT_VIEW, audit=None)
def entries(
    session: Session,
    actor: Actor,
    *,
    wanted: AuditFilter = ANY,
    before_id: int | None = None,
    limit: int = 50,
) -> list[AuditLine]:
    """Return the newest matching rows, older than `before_id` where one is given."""
    departments = access.departments(actor, Permission.AUDIT_VIEW)
    found = queries.entries(
        session, wanted, departments=departments, before_id=before_id, limit=limit
    )
    return _lines(session, found)


@verb(Permission.AUDIT_VIEW, audit=None)
def entry(session: Session, actor: Actor, *, entry_id: int) -> AuditLine:
    """Return one row.

    Raises:
        NotFound: "audit.missing".
    """
    found = entries(session, actor, before_id=entry_id + 1, limit=1)
    if not found or found[0].id != entry_id:
        raise NotFound("audit.missing")
    return found[0]


@verb(Permission.AUDIT_EXPORT, audit="audit.exported")
def export(
    session: Session, actor: Actor, *, now: datetime, wanted: AuditFilter = ANY
) -> Iterator[AuditLine]:
    """Yield every matching row, newest first, as far as it is committed.

    The rows are read page by page in sessions of their own, so that a long export locks nobody
    out; the session given here only notes who exported.
    """
    del session, now  # for the audit row about this export
    return _all(wanted, access.departments(actor, Permission.AUDIT_EXPORT))


def _all(wanted: AuditFilter, departments: frozenset[int] | None) -> Iterator[AuditLine]:
    before_id: int | None = None
    while True:
        with reading() as session:
            found = queries.entries(
                session, wanted, departments=departments, before_id=before_id, limit=_BATCH
            )
            lines = _lines(session, found)
        yield from lines
        if len(found) < _BATCH:
            return
        before_id = found[-1].id


def _lines(session: Session, found: Sequence[AuditEntry]) -> list[AuditLine]:
    personal.load_keys(session, [row.contact_id for row in found if row.contact_id is not None])
    return [_line(session, row) for row in found]


def _line(session: Session, row: AuditEntry) -> AuditLine:
    same = {name: getattr(row, name) for name in _SAME}
    if row.contact_id is None:
        return AuditLine(**same, object_name=row.object_name, before=row.before, after=row.after,
                         reason=row.reason, is_erased=False)  # fmt: skip
    return AuditLine(
        **same,
        object_name=_text(session, row.contact_id, row.object_name),
        before=_values(session, row.contact_id, row.before),
        after=_values(session, row.contact_id, row.after),
        reason=_text(session, row.contact_id, row.reason),
        is_erased=not personal.is_readable(session, row.contact_id),
    )


def _text(session: Session, contact_id: int, text: str | None) -> str | None:
    return None if text is None else personal.revealed_text(session, contact_id, text)


def _values(
    session: Session, contact_id: int, values: Mapping[str, object] | None
) -> dict[str, object] | None:
    return None if values is None else personal.revealed(session, contact_id, values)
