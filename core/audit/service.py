"""Record acts, in the transaction of the act."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Session

from core.audit import personal, rules
from core.audit.models import AuditEntry
from core.settings import settings

if TYPE_CHECKING:
    from core.access.terms import Actor

_NAME_LENGTH = 200
_REASON_LENGTH = 500


def record(  # noqa: PLR0913 - one row, one call: each argument is a column
    session: Session,
    actor: "Actor",
    action: str,
    *,
    now: datetime,
    subject: object = None,
    name: str | None = None,
    department_id: int | None = None,
    contact_id: int | None = None,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    reason: str | None = None,
) -> None:
    """Write one audit row in this transaction. `subject` is the table row the act was about.

    With `contact_id`, name, before, after and reason are personal: they are encrypted under that
    person's key.
    """
    row: dict[str, object] = {
        "at": now,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": rules.text(actor.name)[:_NAME_LENGTH],
        "action": action,
        "object_type": getattr(subject, "__tablename__", None),
        "object_id": getattr(subject, "id", None),
        "object_name": _text(session, contact_id, (name or "")[:_NAME_LENGTH]),
        "department_id": department_id,
        "contact_id": contact_id,
        "before": _values(session, contact_id, before),
        "after": _values(session, contact_id, after),
        "reason": _text(session, contact_id, (reason or "")[:_REASON_LENGTH]),
        "session_hash": actor.session_hash,
        "ip": actor.ip,
    }
    _, master = settings().signing_keys()[0]
    signature = rules.signed(rules.derived(master), rules.row_body(row))
    session.add(AuditEntry.model_validate({**row, "signature": signature}))
    acts = session.info.setdefault("acts", {})
    acts[action] = acts.get(action, 0) + 1


def count(session: Session, action: str) -> int:
    """Return how many rows of this action were written through this session."""
    acts: dict[str, int] = session.info.get("acts", {})
    return acts.get(action, 0)


def _text(session: Session, contact_id: int | None, text: str) -> str | None:
    if not text:
        return None
    clean = rules.text(text)
    return clean if contact_id is None else personal.protected_text(session, contact_id, clean)


def _values(
    session: Session, contact_id: int | None, values: Mapping[str, object] | None
) -> dict[str, object] | None:
    if values is None:
        return None
    if contact_id is not None:
        return personal.protected(session, contact_id, values)
    return {rules.text(str(name)): rules.plain(value) for name, value in values.items()}
