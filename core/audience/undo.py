"""Takes an import back, piece by piece: whom it made goes, whom it changed is as before.

A field that was changed since stays as it is, and so does somebody whom anything else has happened
to; it is said who, and why. What is done is done for good after each piece, so that taking back can
go on after any interruption.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table, delete, exists, func, update
from sqlmodel import Session, SQLModel, col, select

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audience.people import IDENTITIES, TOPIC
from core.audience.queries import among
from core.audience.terms import Stay, Undone
from core.audit import service as audit
from core.consent.models import ConsentEvent, Suppression
from core.consent.noting import note_many
from core.consent.terms import ConsentState, ConsentStep
from core.contacts import restoring
from core.contacts import service as contacts
from core.contacts.models import (
    Address,
    ChangeRow,
    ChangeSet,
    Company,
    Contact,
    ContactIdentity,
    ContactTag,
    Tag,
)
from core.contacts.restoring import Kept
from core.contacts.terms import ChangeKind, IdentityKind
from core.errors import Conflict, NotFound
from core.events.models import Event
from core.jobs.models import Job

PIECE = 1_000
CHANGED = "changed"
_ITS_OWN = frozenset({"contact_identity", "contact_tag", "consent_event", "subscription",
                      "change_row", "segment_member", "contact"})  # fmt: skip
"""Tables whose rows about a person come with the person, or are reckoned from it."""

_SAID = frozenset({"message", "event", "order", "note", "task", "suppression", "employee",
                   "submission"})  # fmt: skip


@dataclass(frozen=True)
class ImportLine:
    """An import of people, as a list of them shows it."""

    id: int
    title: str
    count: int
    at: datetime
    undone_at: datetime | None


@verb(Permission.CONTACT_IMPORT, audit=None)
def list_imports(session: Session, _actor: Actor, *, limit: int = 10) -> list[ImportLine]:
    """Return the newest imports that changed anything, newest first."""
    statement = select(ChangeSet).where(ChangeSet.kind == ChangeKind.IMPORT, ChangeSet.count > 0)
    rows = session.exec(statement.order_by(col(ChangeSet.id).desc()).limit(limit))
    return [ImportLine(row.id, row.title, row.count, row.created_at, row.undone_at) for row in rows]


@verb(Permission.CONTACT_IMPORT, audit="contacts.import_undone")
def undo_piece(session: Session, actor: Actor, *, change_set_id: int, now: datetime) -> Undone:
    """Take the next thousand people of an import back; called until it says that it is over.

    Raises:
        NotFound: "contacts.change_missing".
        Conflict: "contacts.undone_already".
    """
    found = session.get(ChangeSet, change_set_id, with_for_update=True, populate_existing=True)
    if found is None or found.kind is not ChangeKind.IMPORT:
        raise NotFound("contacts.change_missing")
    if found.undone_at is not None:
        raise Conflict("contacts.undone_already")
    restored, kept = _restore(session, found, now=now)
    removed, stayed = (0, kept) if restored else _remove(session, found)
    is_over = not restored and not removed and not stayed
    if is_over:
        _sweep(session, found)
        found.undone_at = now
        audit.record(session, actor, "contacts.import_undone", now=now, subject=found,
                     name=found.title, after={"count": found.count})  # fmt: skip
    return Undone(removed, restored, stayed, is_over)


def note_left(session: Session, change_set_id: int, *, after_id: int) -> int:
    """Keep at what an import left the next thousand people; return the last row seen, else 0."""
    mine = col(ChangeRow.change_set_id) == change_set_id, col(ChangeRow.id) > after_id
    chosen = select(ChangeRow, Contact).join(Contact, col(Contact.id) == ChangeRow.contact_id)
    found = session.exec(chosen.where(*mine).order_by(col(ChangeRow.id)).limit(PIECE)).all()
    for row, person in found:
        restoring.note_left(person, row)
        session.add(row)
    session.flush()
    return found[-1][0].id if found else 0


def _restore(session: Session, change: ChangeSet, *, now: datetime) -> tuple[int, list[Stay]]:
    """Put back what the next people were; return how many, and where something stays."""
    chosen = select(ChangeRow).where(ChangeRow.change_set_id == change.id)
    rows = session.exec(chosen.order_by(col(ChangeRow.id)).limit(PIECE)).all()
    who = [row.contact_id for row in rows]
    people = {
        one.id: one for one in session.exec(select(Contact).where(among(session, Contact.id, who)))
    }
    steps, kept = list[ConsentStep](), list[Kept]()
    for row in rows:
        if person := people.get(row.contact_id):
            kept += restoring.put_back(session, person, row)
            _forget(session, person.id, row.before.get(IDENTITIES))
            steps += _steps_back(session, change, row, now=now)
        session.delete(row)
    session.flush()
    for person in people.values():
        contacts.renew_search(session, person)
    note_many(session, steps, now=now)
    return len(rows), [Stay(one.contact_id, one.name, CHANGED, one.fields) for one in kept]


def _forget(session: Session, contact_id: int, known_by: object) -> None:
    """Take the addresses and numbers from a person, and addresses that are nobody's then."""
    if not isinstance(known_by, list):
        return
    mine = select(ContactIdentity).where(ContactIdentity.contact_id == contact_id)
    wanted = {(IdentityKind(kind), value) for kind, value in known_by}
    addresses = []
    for one in session.exec(mine).all():
        if (one.kind, one.normalised) in wanted:
            addresses += [one.address_id] if one.address_id else []
            session.delete(one)
    session.flush()
    _drop_addresses(session, addresses)


def _steps_back(
    session: Session, change: ChangeSet, row: ChangeRow, *, now: datetime
) -> list[ConsentStep]:
    """Return the steps that let a person stand as before; nothing can be struck from the ledger.

    Who has moved since stays there. Who stood nowhere is unconfirmed then, which gives no right.
    """
    found = []
    for name, old in row.before.items():
        if not name.startswith(TOPIC):
            continue
        topic = int(name.removeprefix(TOPIC))
        newest = session.exec(
            select(ConsentEvent.change_set_id)
            .where(ConsentEvent.contact_id == row.contact_id, ConsentEvent.topic_id == topic)
            .order_by(col(ConsentEvent.id).desc())
        ).first()
        if newest == change.id:
            state = ConsentState(str(old)) if old else ConsentState.UNCONFIRMED
            found.append(ConsentStep(contact_id=row.contact_id, topic_id=topic, state=state,
                                     source=f"undo:{change.id}", at=now))  # fmt: skip
    return found


def _remove(session: Session, change: ChangeSet) -> tuple[int, list[Stay]]:
    """Remove the next people the import made, but for those something has happened to since."""
    chosen = select(Contact).where(Contact.change_set_id == change.id)
    people = session.exec(chosen.order_by(col(Contact.id)).limit(PIECE)).all()
    ids = [one.id for one in people]
    reasons = _reasons(session, change, ids)
    reasons |= {one.id: "edited" for one in people if one.version != 1 and one.id not in reasons}
    stayed = [
        Stay(one.id, f"{one.first_name} {one.last_name}".strip(), reasons[one.id])
        for one in people
        if one.id in reasons
    ]
    session.execute(
        update(Contact)
        .where(among(session, Contact.id, list(reasons)))
        .values(change_set_id=None)
        .execution_options(synchronize_session=False)
    )
    gone = [one for one in ids if one not in reasons]
    for person in people:
        session.expunge(person)
    _delete(session, gone)
    return len(gone), stayed


def _delete(session: Session, ids: Sequence[int]) -> None:
    mine = among(session, ContactIdentity.contact_id, ids)
    held = col(ContactIdentity.address_id).is_not(None)
    addresses = session.exec(select(ContactIdentity.address_id).where(mine, held)).all()
    freed = update(Event).where(among(session, Event.contact_id, ids)).values(contact_id=None)
    session.execute(freed.execution_options(synchronize_session=False))
    session.execute(delete(Contact).where(among(session, Contact.id, ids)))
    _drop_addresses(session, [one for one in addresses if one is not None])


def _drop_addresses(session: Session, address_ids: Collection[int]) -> None:
    """Drop addresses that nobody has and nothing is remembered of."""
    session.execute(
        delete(Address).where(
            among(session, Address.id, address_ids),
            col(Address.hard_bounced_at).is_(None),
            ~exists().where(col(ContactIdentity.address_id) == col(Address.id)),
            ~exists().where(col(Suppression.address_id) == col(Address.id)),
        )
    )


def _reasons(session: Session, change: ChangeSet, ids: Sequence[int]) -> dict[int, str]:
    """Return why people stay: what is there about them that came after the import had begun."""
    found: dict[int, str] = {}
    for table, column in _references():
        there = select(table.c[column]).where(among(session, table.c[column], ids))
        if "created_at" in table.c:
            there = there.where(table.c.created_at >= change.created_at)
        code = table.name if table.name in _SAID else "used"
        for one in session.execute(there.distinct()).scalars():
            found.setdefault(one, code)
    other = select(ConsentEvent.contact_id).where(
        among(session, ConsentEvent.contact_id, ids),
        func.coalesce(ConsentEvent.change_set_id, 0) != change.id,
    )
    return found | dict.fromkeys(session.exec(other), "consent")


def _references() -> list[tuple[Table, str]]:
    """Return every column that says something of a person, in whatever table."""
    return [
        (table, key.parent.name)
        for table in SQLModel.metadata.sorted_tables
        if table.name not in _ITS_OWN
        for key in table.foreign_keys
        if key.column.table.name == Contact.__tablename__
    ]


def _sweep(session: Session, change: ChangeSet) -> None:
    """Drop tags and companies that came while the import ran and are nobody's now."""
    job = session.get(Job, change.job_id or 0)
    if job is None or job.ended_at is None:
        return
    since, until = change.created_at, job.ended_at
    session.execute(
        delete(Tag).where(
            col(Tag.created_at).between(since, until),
            ~exists().where(col(ContactTag.tag_id) == col(Tag.id)),
        )
    )
    session.execute(
        delete(Company).where(
            col(Company.created_at).between(since, until),
            ~exists().where(col(Contact.company_id) == col(Company.id)),
        )
    )
