"""The log as its page asks for it: verified, exported as a file, and its acts to choose from."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import reading, verification
from core.audit.models import AuditEntry
from core.audit.terms import AuditFilter, AuditLine, Report

Cells = Callable[[AuditLine], Sequence[str]]


@verb(Permission.AUDIT_VIEW, audit=None)
def verified(session: Session, _actor: Actor, *, now: datetime) -> Report:
    """Return what reading the whole log, its seals and its anchors shows."""
    return verification.verify(session, now=now)


@verb(Permission.AUDIT_VIEW, audit=None)
def actions(session: Session, _actor: Actor) -> list[str]:
    """Return the acts that occur in the log, in order."""
    return list(session.exec(select(AuditEntry.action).distinct().order_by(col(AuditEntry.action))))


@verb(Permission.AUDIT_EXPORT, audit="audit.exported")
def exported_file(
    session: Session,
    actor: Actor,
    *,
    wanted: AuditFilter,
    head: Sequence[str],
    cells: Cells,
    now: datetime,
) -> bytes:
    """Return the matching rows as a CSV file in the words of `head` and `cells`.

    `cells` answers for guarding its texts against being read as formulas.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(head)
    for line in reading.export(session, actor, wanted=wanted, now=now):
        writer.writerow(cells(line))
    return out.getvalue().encode("utf-8-sig")
