"""Read the whole log, its seals and the anchors, and name what does not fit."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from sqlmodel import Session

from core.audit import queries, rules
from core.audit.sealing import anchors, content, keys
from core.audit.terms import Fault, Finding, Report, SealedRow

MOST_FINDINGS = 1_000


def verify(session: Session, *, now: datetime) -> Report:
    """Return what was read and, first things first, at most 1,000 findings."""
    head = queries.last_seal(session)
    last_place = head.position if head else 0
    found = list(islice(rules.check(keys(), _chain(session)), MOST_FINDINGS))
    unsealed = _unsealed(session, now=now)
    found += [finding for finding in unsealed if finding]
    found += _anchor_findings(session, last_place)
    return Report(
        row_count=queries.entry_count(session),
        sealed_count=last_place,
        waiting_count=unsealed.count(None),
        anchor_count=len(anchors()),
        findings=tuple(found[:MOST_FINDINGS]),
    )


def _chain(session: Session) -> Iterator[SealedRow]:
    for seal, entry in queries.chain(session):
        row = content(entry) if entry else None
        yield SealedRow(seal.position, seal.hash, seal.entry_id, row)


def _unsealed(session: Session, *, now: datetime) -> list[Finding | None]:
    """Return for each row without a seal what is wrong with it; None for one that may wait."""
    mine, found = keys(), list[Finding | None]()
    for entry in queries.all_unsealed(session):
        if not rules.is_own(mine, content(entry)):
            found.append(Finding(Fault.INSERTED, entry_id=entry.id))
        elif now - entry.at > rules.WAIT:
            found.append(Finding(Fault.UNSEALED, entry_id=entry.id))
        else:
            found.append(None)
    return found


def _anchor_findings(session: Session, last_place: int) -> list[Finding]:
    known = anchors()
    hashes = queries.seal_hashes(session, [anchor.position for anchor in known if anchor])
    found = (
        rules.anchor_fault(
            keys(), anchor, head=last_place, seal=hashes.get(anchor.position) if anchor else None
        )
        for anchor in known
    )
    return [finding for finding in found if finding]
