"""List hygiene: whom it may be better not to write to, and one act that can be taken back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, select

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audience import hygiene_queries as queries
from core.audience import rules
from core.audit import service as audit
from core.consent import domains
from core.consent.models import Suppression
from core.consent.terms import SuppressionReason
from core.contacts import changes, listing, reach, restoring
from core.contacts.changes import MOST, BulkEdit, BulkField
from core.contacts.listing import COUNTED
from core.contacts.models import ChangeRow, ChangeSet, Contact
from core.contacts.restoring import STEP, Restored
from core.contacts.terms import ChangeKind, ContactLine, ContactStatus
from core.errors import Conflict, Forbidden, NotFound

SAMPLES = 10
_KEPT = "suppression"


class Finding(StrEnum):
    """Why somebody may be better left alone."""

    BOUNCED = "bounced"
    ROLE = "role"
    UNMOVED = "unmoved"
    DOMAIN = "domain"


class Deed(StrEnum):
    """What is done with the people of a finding."""

    SUPPRESS = "suppress"
    DISABLE = "disable"
    TAG = "tag"


@dataclass(frozen=True)
class Found:
    """How many people a finding shows. is_more: there are more than `count`."""

    finding: Finding
    count: int
    is_more: bool


@verb(Permission.CONTACT_VIEW, audit=None)
def findings(session: Session, actor: Actor, *, now: datetime) -> list[Found]:
    """Return every finding with its count, up to 10,000 each."""
    return [_found(session, actor, one, now=now) for one in Finding]


@verb(Permission.CONTACT_VIEW, audit=None)
def samples(
    session: Session, actor: Actor, *, finding: Finding, now: datetime
) -> list[ContactLine]:
    """Return ten people of a finding."""
    where = _conditions(session, actor, finding, permission=Permission.CONTACT_VIEW, now=now)
    ids = session.exec(select(Contact.id).where(*where).limit(SAMPLES)).all()
    return listing.lines(session, ids)


@dataclass(frozen=True, kw_only=True)
class Cleaning:
    """One act: on the chosen people of a finding, or on all of them where none are named."""

    finding: Finding
    deed: Deed
    public_ids: Collection[str] | None = None
    tag: str = ""


@verb(Permission.CONTACT_EDIT, audit="contacts.cleaned")
def act(session: Session, actor: Actor, *, given: Cleaning, now: datetime) -> ChangeSet:
    """Do this to the chosen people of a finding, or to its first 20,000, as one change.

    Raises:
        Forbidden: Where the actor may not change everybody.
    """
    _require_all(actor)
    where = _conditions(session, actor, given.finding, permission=Permission.CONTACT_EDIT, now=now)
    if given.public_ids is not None:
        where.append(col(Contact.public_id).in_(list(given.public_ids)[:MOST]))
    people = session.exec(select(Contact.id, Contact.public_id).where(*where).limit(MOST)).all()
    if given.deed is Deed.SUPPRESS:
        made = _suppress(session, actor, [one for one, _ in people], finding=given.finding, now=now)
    else:
        edit = (
            BulkEdit(field=BulkField.ADD_TAG, value=given.tag)
            if given.deed is Deed.TAG
            else BulkEdit(field=BulkField.STATUS, value=ContactStatus.DISABLED)
        )
        chosen = [public for _, public in people]
        made = changes.edit_chosen(session, actor, public_ids=chosen, edit=edit, now=now)
    made.kind, made.title = ChangeKind.HYGIENE, f"{given.finding}:{given.deed}"
    session.add(made)
    session.flush()
    audit.record(session, actor, "contacts.cleaned", now=now, subject=made, name=made.title,
                 after={"count": made.count})  # fmt: skip
    return made


@verb(Permission.CONTACT_EDIT, audit="contacts.cleaning_undone")
def undo(session: Session, actor: Actor, *, change_set_id: int, now: datetime) -> Restored:
    """Put back what an act changed, unless it changed since; suppressions it placed are lifted.

    Raises:
        Conflict: "contacts.undone_already".
    """
    _require_all(actor)
    found = session.get(ChangeSet, change_set_id, with_for_update=True, populate_existing=True)
    if found is None or found.kind is not ChangeKind.HYGIENE:
        raise NotFound("contacts.change_missing")
    if found.undone_at is not None:
        raise Conflict("contacts.undone_already")
    done = Restored((), ())
    if found.title.endswith(f":{Deed.SUPPRESS}"):
        _lift(session, found.id, now=now)
    else:
        done = restoring.restore(session, found, now=now)
    found.undone_at = now
    session.add(found)
    audit.record(session, actor, "contacts.cleaning_undone", now=now, subject=found,
                 name=found.title,
                 after={"count": found.count, "kept": len(done.kept)})  # fmt: skip
    return done


@verb(Permission.CONTACT_VIEW, audit=None)
def latest(session: Session, _actor: Actor, *, limit: int = 5) -> list[ChangeSet]:
    """Return the newest acts that can still be taken back."""
    statement = select(ChangeSet).where(
        ChangeSet.kind == ChangeKind.HYGIENE,
        col(ChangeSet.undone_at).is_(None),
        col(ChangeSet.count) > 0,
    )
    return list(session.exec(statement.order_by(col(ChangeSet.id).desc()).limit(limit)).all())


def _require_all(actor: Actor) -> None:
    if reach.conditions(actor, Permission.CONTACT_EDIT):
        raise Forbidden("access.forbidden", permission=Permission.CONTACT_EDIT.value)


def _found(session: Session, actor: Actor, finding: Finding, *, now: datetime) -> Found:
    where = _conditions(session, actor, finding, permission=Permission.CONTACT_VIEW, now=now)
    count = len(session.exec(select(Contact.id).where(*where).limit(COUNTED + 1)).all())
    return Found(finding, min(count, COUNTED), is_more=count > COUNTED)


def _conditions(
    session: Session, actor: Actor, finding: Finding, *, permission: Permission, now: datetime
) -> list[ColumnElement[bool]]:
    """Return what keeps the list to people of a finding with whom nothing was done yet."""
    return [
        col(Contact.kind).in_(reach.kinds(actor, permission)),
        col(Contact.status) == ContactStatus.ENABLED,
        *reach.conditions(actor, permission),
        _meant(session, finding, now=now),
        queries.not_suppressed(),
    ]


def _meant(session: Session, finding: Finding, *, now: datetime) -> ColumnElement[bool]:
    match finding:
        case Finding.BOUNCED:
            return queries.bounced()
        case Finding.ROLE:
            return queries.addressed(session, local_parts=rules.ROLE_PARTS)
        case Finding.UNMOVED:
            since = now - timedelta(days=rules.WINDOW_DAYS)
            return queries.unmoved(since=since, least=rules.LEAST_MAILS)
        case Finding.DOMAIN:
            return queries.addressed(session, domains=domains.risky(session))


def _suppress(
    session: Session, actor: Actor, ids: Sequence[int], *, finding: Finding, now: datetime
) -> ChangeSet:
    by_id = actor.id if actor.kind == "user" else None
    made = ChangeSet(kind=ChangeKind.HYGIENE, by_id=by_id, count=len(ids))
    session.add(made)
    session.flush()
    reason = SuppressionReason.INACTIVE if finding is Finding.UNMOVED else SuppressionReason.MANUAL
    for start in range(0, len(ids), STEP):
        placed = [
            Suppression(reason=reason, contact_id=one, placed_at=now)
            for one in ids[start : start + STEP]
        ]
        session.add_all(placed)
        session.flush()
        session.add_all(
            ChangeRow(change_set_id=made.id, contact_id=one.contact_id or 0, before={_KEPT: one.id})
            for one in placed
        )
        session.flush()
    return made


def _lift(session: Session, change_set_id: int, *, now: datetime) -> None:
    statement = select(ChangeRow.before).where(ChangeRow.change_set_id == change_set_id)
    ids = [int(str(before[_KEPT])) for before in session.exec(statement).all()]
    for start in range(0, len(ids), STEP):
        placed = col(Suppression.id).in_(ids[start : start + STEP])
        standing = update(Suppression).where(placed, col(Suppression.lifted_at).is_(None))
        session.execute(standing.values(lifted_at=now))
    session.expire_all()
