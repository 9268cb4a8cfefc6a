"""Words of the audit log: what verification may find, and a row as an auditor reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Fault(StrEnum):
    """What is wrong with the log at one place."""

    ALTERED = "altered"
    INSERTED = "inserted"
    MISSING = "missing"
    REORDERED = "reordered"
    UNSEALED = "unsealed"
    CUT = "cut"
    REWRITTEN = "rewritten"
    BAD_ANCHOR = "bad_anchor"
    FOREIGN_KEY = "foreign_key"


@dataclass(frozen=True)
class Finding:
    """One fault: the place in the chain and the row it is about, where they are known."""

    fault: Fault
    position: int | None = None
    entry_id: int | None = None


@dataclass(frozen=True)
class Report:
    """The answer of a verification. waiting_count: young rows that the sealer has yet to reach."""

    row_count: int
    sealed_count: int
    waiting_count: int
    anchor_count: int
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        """True when nothing was found."""
        return not self.findings


@dataclass(frozen=True)
class SealedRow:
    """A place of the chain with its row, or None where the row is gone."""

    position: int
    hash: str
    entry_id: int
    row: Mapping[str, object] | None


@dataclass(frozen=True)
class Anchor:
    """A line of the anchor file: the head of the chain at some moment, signed."""

    at: datetime
    position: int
    hash: str
    signature: str


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """Which rows an auditor wants to see; None means any."""

    actor_id: int | None = None
    action: str | None = None
    object_type: str | None = None
    object_id: int | None = None
    contact_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class AuditLine:
    """A row as an auditor reads it, its personal values in clear.

    is_erased: the person the row speaks of was erased, so name, values and reason are gone.
    """

    id: int
    at: datetime
    actor_kind: str
    actor_id: int | None
    actor_name: str
    action: str
    object_type: str | None
    object_id: int | None
    object_name: str | None
    department_id: int | None
    contact_id: int | None
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None
    reason: str | None
    ip: str | None
    is_erased: bool
