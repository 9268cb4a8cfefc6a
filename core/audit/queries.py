"""Statements over the audit log and its seals."""

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import ColumnElement, exists, func, insert
from sqlmodel import Session, col, select

from core.audit.models import AuditEntry, AuditSeal
from core.audit.terms import AuditFilter
from core.db import is_sqlite

_SEALER_LOCK = 0x6175_6469_74
_BATCH = 1_000


def lock_sealer(session: Session) -> bool:
    """Return whether this transaction may seal; on SQLite the write lock has said so already."""
    if is_sqlite(session):
        return True
    return bool(session.execute(select(func.pg_try_advisory_xact_lock(_SEALER_LOCK))).scalar())


def last_seal(session: Session) -> AuditSeal | None:
    """Return the head of the chain."""
    return session.exec(select(AuditSeal).order_by(col(AuditSeal.position).desc()).limit(1)).first()


def newest_sealed_id(session: Session) -> int:
    """Return the highest number among the sealed rows; 0 when there are none."""
    return session.execute(select(func.max(AuditSeal.entry_id))).scalar() or 0


def unsealed(session: Session, *, above: int, limit: int) -> Sequence[AuditEntry]:
    """Return the oldest rows with a number above this one that have no seal."""
    statement = select(AuditEntry).where(col(AuditEntry.id) > above, _has_no_seal())
    return session.exec(statement.order_by(col(AuditEntry.id)).limit(limit)).all()


def insert_seals(session: Session, rows: list[dict[str, object]]) -> None:
    """Insert the seals."""
    session.execute(insert(AuditSeal), rows)


def chain(session: Session) -> Iterator[tuple[AuditSeal, AuditEntry | None]]:
    """Yield each seal in order with its row, or None where the row is gone."""
    statement = (
        select(AuditSeal, AuditEntry)
        .join(AuditEntry, col(AuditEntry.id) == col(AuditSeal.entry_id), isouter=True)
        .order_by(col(AuditSeal.position))
        .execution_options(yield_per=_BATCH)
    )
    yield from session.exec(statement)


def all_unsealed(session: Session) -> Iterator[AuditEntry]:
    """Yield every row without a seal, in order."""
    statement = select(AuditEntry).where(_has_no_seal()).order_by(col(AuditEntry.id))
    yield from session.exec(statement.execution_options(yield_per=_BATCH))


def entry_count(session: Session) -> int:
    """Return the number of rows in the log."""
    return session.execute(select(func.count()).select_from(AuditEntry)).scalar() or 0


def seal_hashes(session: Session, positions: Collection[int]) -> dict[int, str]:
    """Return the seals at these places, by place."""
    statement = select(AuditSeal.position, AuditSeal.hash)
    found = session.exec(statement.where(col(AuditSeal.position).in_(positions)))
    return dict(found.all())


def entries(
    session: Session,
    wanted: AuditFilter,
    *,
    departments: Collection[int] | None,
    before_id: int | None,
    limit: int,
) -> Sequence[AuditEntry]:
    """Return the newest matching rows below this number; departments None means all."""
    conditions = _conditions(wanted)
    if departments is not None:
        conditions.append(col(AuditEntry.department_id).in_(departments))
    if before_id is not None:
        conditions.append(col(AuditEntry.id) < before_id)
    statement = select(AuditEntry).where(*conditions)
    return session.exec(statement.order_by(col(AuditEntry.id).desc()).limit(limit)).all()


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    equal = {
        col(AuditEntry.actor_id): wanted.actor_id,
        col(AuditEntry.action): wanted.action,
        col(AuditEntry.object_type): wanted.object_type,
        col(AuditEntry.object_id): wanted.object_id,
        col(AuditEntry.contact_id): wanted.contact_id,
    }
    conditions = [column == value for column, value in equal.items() if value is not None]
    if wanted.since is not None:
        conditions.append(col(AuditEntry.at) >= wanted.since)
    if wanted.until is not None:
        conditions.append(col(AuditEntry.at) < wanted.until)
    return conditions


def _has_no_seal() -> ColumnElement[bool]:
    return ~exists().where(col(AuditSeal.entry_id) == col(AuditEntry.id))
