"""What somebody is told by wherever it stands: addresses, numbers and, if nobody shares it, a name.

A person is mentioned outside of their own rows too: in a mail to a colleague, in the refused rows
of an import, in the answer of a program's call. There the words are found and taken out.
"""

import json
import re
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import quote

from sqlalchemy import ColumnElement, Table, Text, cast, delete, or_, select, update
from sqlmodel import Session, SQLModel

from core.db import is_sqlite
from core.privacy import walk

SHORTEST = 6
_AT_ONCE = 20  # SQLite takes an expression of 1,000 parts
SPARED = frozenset({
    "address", "alert_rule", "api_key", "audit_entry", "audit_key", "audit_seal", "company",
    "consent_event", "consent_text", "contact", "contact_identity", "department", "erasure",
    "form", "login_attempt", "office", "organisation", "practice_row", "public_attempt", "sender",
    "site", "suppression", "template", "template_version", "topic", "transport", "user",
    "worker_host",
})  # fmt: skip
"""Tables that are not searched for mentions: the house's own words, sealed rows, other people."""
DROPPED = frozenset({"captured_mail", "idempotency_key", "refused_row", "tracked_link"})
"""Tables whose row goes as a whole where it mentions the person."""


def of(session: Session, person_ids: Collection[int]) -> tuple[str, ...]:
    """Return the words these people are told by; short ones, and shared names, are left out."""
    known, address = walk.table("contact_identity"), walk.table("address")
    mine = known.c.contact_id.in_(person_ids)
    rows = session.execute(select(known.c.kind, known.c.raw, known.c.normalised).where(mine))
    found = [word for kind, *words in rows if str(kind) != "external" for word in words]
    addressed = select(known.c.address_id).where(mine)
    delivered = select(address.c.deliverable).where(address.c.id.in_(addressed))
    found += session.execute(delivered).scalars()
    found += _own_names(session, person_ids)
    found += [quote(word, safe="") for word in found]  # as they stand in links
    return tuple(dict.fromkeys(word for word in found if word and len(word) >= SHORTEST))


def _own_names(session: Session, person_ids: Collection[int]) -> list[str]:
    rows = walk.table("contact")
    names = session.execute(
        select(rows.c.first_name, rows.c.last_name).where(rows.c.id.in_(person_ids))
    )
    found = []
    for first, last in {(one.first_name, one.last_name) for one in names}:
        same = select(rows.c.id).where(
            rows.c.first_name == first, rows.c.last_name == last, rows.c.id.not_in(person_ids)
        )
        if first and last and session.execute(same.limit(1)).first() is None:
            found.append(f"{first} {last}")
    return found


def take_out(session: Session, words: Collection[str]) -> int:
    """Return from how many rows the words were taken; rows of DROPPED tables go whole."""
    if not words:
        return 0
    searched = [one for one in SQLModel.metadata.sorted_tables
                if one.name not in SPARED and "id" in one.columns]  # fmt: skip
    told = list(words)
    blocks = [told[start : start + _AT_ONCE] for start in range(0, len(told), _AT_ONCE)]
    return sum(_clean(session, rows, block) for rows in searched for block in blocks)


def _clean(session: Session, rows: Table, words: Collection[str]) -> int:
    columns = walk.texts(rows)
    if not columns:
        return 0
    holds = or_(*(_holds(session, one, words) for one in columns))
    if rows.name in DROPPED:
        return _count(session.execute(delete(rows).where(holds)))
    pattern = re.compile("|".join(re.escape(one) for one in words), re.IGNORECASE)
    found = session.execute(select(rows.c.id, *columns).where(holds)).all()
    for number, *values in found:
        cleaned = {one: without(pattern, value)
                   for one, value in zip(columns, values, strict=True)}  # fmt: skip
        session.execute(update(rows).where(rows.c.id == number).values(cleaned))
    return len(found)


def without(pattern: re.Pattern[str], value: object) -> Any:
    """Return the value with whatever the pattern finds in its texts taken out."""
    if isinstance(value, str):
        return pattern.sub("", value)
    if isinstance(value, dict):
        return {pattern.sub("", key): without(pattern, one) for key, one in value.items()}
    if isinstance(value, list):
        return [without(pattern, one) for one in value]
    return value


def _holds(session: Session, column: Any, words: Iterable[str]) -> ColumnElement[bool]:
    text = cast(column, Text) if walk.is_document(column) else column
    spelled = {form for one in words for form in (one, json.dumps(one)[1:-1])}
    if is_sqlite(session):  # LIKE folds case there, and lower() would cost a copy of each text
        return or_(*(text.contains(one, autoescape=True) for one in spelled))
    return or_(*(text.icontains(one, autoescape=True) for one in spelled))


def _count(result: Any) -> int:
    return int(result.rowcount)
