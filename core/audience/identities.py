"""Writes what people are known by: mailboxes with their addresses, phones, numbers elsewhere.

All are written in the order of their keys: whatever lies together in the index is written together.
"""

from collections.abc import Iterable, Sequence
from operator import itemgetter

from sqlmodel import Session

from core.audience import bulk, queries
from core.audience.merging import Mailbox
from core.contacts.models import Address, ContactIdentity
from core.contacts.terms import IdentityKind

_LONGEST = 254
_NAMES = ("normalised", "raw", "contact_id", "address_id", "is_primary")


def write_emails(session: Session, found: Iterable[tuple[Mailbox, int, bool]]) -> None:
    """Write whose these mailboxes are, and whether each is the first of that person."""
    found = sorted(found, key=itemgetter(0))
    ids = _addresses(session, [box for box, _, _ in found])
    rows = [(key, raw[:_LONGEST], who, ids[key], is_first)
            for (key, _, raw), who, is_first in found]  # fmt: skip
    _write(session, IdentityKind.EMAIL, rows)


def write_phones(session: Session, found: Iterable[tuple[Sequence[str], int, bool]]) -> None:
    """Write whose these numbers are, and whether each is the first of that person."""
    rows = [(key, raw[:_LONGEST], who, None, is_first) for (key, raw), who, is_first in found]
    _write(session, IdentityKind.PHONE, sorted(rows, key=itemgetter(0)))


def write_numbers(session: Session, source: str, found: Iterable[tuple[str, int]]) -> None:
    """Write by which numbers another system knows people."""
    rows = [(number, number, who, None, True) for number, who in found]
    _write(session, IdentityKind.EXTERNAL, sorted(rows, key=itemgetter(0)), source=source)


def _write(
    session: Session, kind: IdentityKind, rows: Sequence[Sequence[object]], *, source: str = ""
) -> None:
    shared = {"kind": kind, "source": source}
    bulk.insert(session, ContactIdentity, names=_NAMES, rows=rows, constants=shared)


def _addresses(session: Session, boxes: Sequence[Mailbox]) -> dict[str, int]:
    """Return the ids of these addresses by key; those nobody had yet are new."""
    known = queries.addresses(session, [box[0] for box in boxes])
    new = {key: form for key, form, _ in boxes if key not in known}
    ids = bulk.new_ids(session, Address, len(new))
    rows = zip(ids, new.keys(), new.values(), strict=True)
    bulk.insert(session, Address, names=("id", "normalised", "deliverable"), rows=rows)
    return known | dict(zip(new, ids, strict=True))
