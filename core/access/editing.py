"""Change a row on what was seen of it: who may, and whether somebody else was faster."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlmodel import Session

from core.access.service import require_on
from core.access.terms import Actor, Permission
from core.errors import Conflict, NotFound


class Shared(Protocol):
    """A row of a department that several people change."""

    department_id: int | None
    version: int


T = TypeVar("T", bound=Shared)


@dataclass(frozen=True)
class Seen:
    """A row by its id, and the version of it that somebody saw before they changed it."""

    id: int
    version: int


def editable(
    session: Session, actor: Actor, seen: Seen, *, table: type[T], permission: Permission, area: str
) -> T:
    """Return the row, with its next version.

    Raises:
        NotFound: "<area>.missing".
        Forbidden: Where the actor may not change it.
        Conflict: "<area>.changed_meanwhile".
    """
    row = session.get(table, seen.id)
    if row is None:
        raise NotFound(f"{area}.missing")
    owner_id = getattr(row, "owner_id", None)
    require_on(actor, permission, department_id=row.department_id, owner_id=owner_id)
    if row.version != seen.version:
        raise Conflict(f"{area}.changed_meanwhile")
    row.version += 1
    return row
