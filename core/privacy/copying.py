"""A copy of all that is known of a person: a file that programs read, and a page that people read.

One JSON file for each table with rows about them, and one page in their language.
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from enum import Enum
from typing import Any

from sqlalchemy import Table, select
from sqlmodel import Session

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import personal
from core.audit import service as audit
from core.contacts import reach
from core.contacts.models import Contact
from core.i18n.terms import Reader
from core.organisation import queries as organisation
from core.organisation.service import usual_calendar
from core.privacy import readable, walk
from core.privacy.rules import HIDDEN
from core.privacy.terms import PersonCopy

SEALED = ("before", "after")
SEALED_TEXTS = ("object_name", "reason")
FORMAT = 1

Plain = Mapping[str, object]


@verb(Permission.CONTACT_EXPORT, audit="contact.copied")
def copy_of(session: Session, actor: Actor, *, public_id: str, now: datetime) -> PersonCopy:
    """Return a copy of all that is known of a person.

    Raises:
        NotFound: "contact.missing".
        Forbidden: Where the person is out of the actor's reach.
    """
    person = reach.person(session, actor, public_id, permission=Permission.CONTACT_EXPORT)
    made = copy_for(session, person, now=now)
    audit.record(session, actor, "contact.copied", now=now, subject=person, contact_id=person.id,
                 after={"rows": sum(made.counts.values())})  # fmt: skip
    return made


def copy_for(session: Session, person: Contact, *, now: datetime) -> PersonCopy:
    """Return the copy in the person's own language. Whoever calls asks for permission."""
    house = organisation.organisation(session)
    language = person.language or house.language
    reader = Reader(language, usual_calendar(language, house), person.time_zone or house.time_zone)
    found = rows_of(session, person)
    counts = {name: len(rows) for name, rows in found.items()}
    about = {"format": FORMAT, "made_at": now.isoformat(), "made_by": house.name, "rows": counts}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("summary.html", readable.page(found, house=house.name, reader=reader,
                                                      now=now))  # fmt: skip
        packed.writestr("about.json", _json(about))
        for name, rows in found.items():
            packed.writestr(f"data/{name}.json", _json([_exact(row) for row in rows]))
    return PersonCopy(f"{person.public_id}.zip", out.getvalue(), counts)


def rows_of(session: Session, person: Contact) -> dict[str, list[Plain]]:
    """Return every row about the person by table, secrets left out; tables without one too."""
    mine = walk.people(session, person)
    session.flush()
    found = {}
    for name in walk.names():
        rows = _rows(session, walk.table(name), mine)
        found[name] = [_opened(session, row) for row in rows] if name == "audit_entry" else rows
    return {name: rows for name, rows in found.items() if rows}


def _rows(session: Session, rows: Table, mine: Sequence[int]) -> list[Plain]:
    columns = [one for one in rows.columns if one.name not in HIDDEN]
    if len(columns) == len(rows.primary_key.columns):  # nothing but a number is left
        columns = list(rows.columns)
    wanted = select(*columns).where(walk.about(rows, mine)).order_by(*rows.primary_key.columns)
    return [dict(row) for row in session.execute(wanted).mappings()]


def _opened(session: Session, row: Plain) -> Plain:
    """Return a row of the log with its personal values in clear, as far as their key is there."""
    number = row["contact_id"]
    if not isinstance(number, int):
        return row
    made = dict(row)
    for name in SEALED:
        value = row[name]
        if isinstance(value, dict):
            made[name] = personal.revealed(session, number, value)
    for name in SEALED_TEXTS:
        made[name] = personal.revealed_text(session, number, str(row[name] or ""))
    return made


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _exact(value: Any) -> Any:
    """Return the value as JSON can hold it: moments as ISO text."""
    match value:
        case Enum():
            return value.value
        case date() | time():
            return value.isoformat()
        case dict():
            return {str(key): _exact(one) for key, one in value.items()}
        case list() | tuple():
            return [_exact(one) for one in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)
