"""Forget a person everywhere. What stays says that something happened, not with whom."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    case,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlmodel import Session

from core import ids
from core.access.service import verb
from core.access.terms import SYSTEM, Actor, Permission
from core.audit import personal
from core.audit import service as audit
from core.consent import erased
from core.contacts import reach, search_index
from core.contacts.models import Contact
from core.contacts.terms import ContactKind, ContactStatus, IdentityKind
from core.errors import Conflict
from core.messages.terms import MessageStatus, Reason
from core.privacy import erased_log, scrubbing, traces, uploads, walk
from core.privacy.models import Erasure
from core.privacy.rules import HANDLING
from core.privacy.terms import Fate, RequestState, Wish

OPEN = (MessageStatus.QUEUED, MessageStatus.LEASED, MessageStatus.IN_DOUBT)
UNSETTLED = (RequestState.ASKED, RequestState.WAITING)
ABOUT = ("contact", "employee", "note", "submission", "task", "user")
"""What a mail or an event may be about; there is no foreign key to tell."""


@verb(Permission.CONTACT_ERASE, audit="contact.erased")
def erase(session: Session, actor: Actor, *, public_id: str, now: datetime) -> Erasure:
    """Return the note that somebody was erased; it does not say who.

    Nothing is sent to them from now on, and whoever comes with one of their addresses is kept out.

    Raises:
        NotFound: "contact.missing"; also for somebody erased before.
        Conflict: "privacy.busy" while a mail is being handed over to them, "privacy.has_account"
            while they can sign in, "privacy.import_running" while a file with them is taken in.
    """
    person = reach.person(session, actor, public_id, permission=Permission.CONTACT_ERASE)
    return forget(session, actor, person, now=now)


def forget(session: Session, actor: Actor, person: Contact, *, now: datetime) -> Erasure:
    """Return the note that this person was erased. Whoever calls asks for permission."""
    scrubbing.overwrite(session)
    session.flush()
    mine = walk.people(session, person)
    _check_idle(session, mine)
    words = traces.of(session, mine)
    counts = Counter(upload=uploads.drop_naming(session, words))
    _keep_out(session, mine, now=now)
    _settle_requests(session, actor, mine, now=now)
    counts += _empty(session, mine, now=now)
    counts["mention"] = traces.take_out(session, words)
    return _noted(session, actor, counts, now=now)


def forget_strangers(session: Session, person_ids: Collection[int], *, now: datetime) -> None:
    """Empty people who never got in touch, because they were kept long enough.

    They did not ask for it: their addresses may come again, and nobody wrote of them elsewhere.
    """
    scrubbing.overwrite(session)
    session.flush()
    _noted(session, SYSTEM, _empty(session, person_ids, now=now), now=now)


def _empty(session: Session, mine: Collection[int], *, now: datetime) -> Counter[str]:
    """Return how many rows were deleted or blanked, by table."""
    _stop(session, mine)
    counts = Counter(captured_mail=_drop_captured(session, mine))
    _close_shells(session, mine, now=now)
    _blank_mentions(session, mine)
    counts.update(_handle_all(session, mine))
    for one in mine:
        personal.destroy_key(session, one)
    session.expire_all()
    search_index.index(session, mine)
    return counts


def _handle_all(session: Session, mine: Collection[int]) -> dict[str, int]:
    """Return how many rows of each table were deleted or blanked, those that refer first."""
    address = walk.table("address")
    own = session.execute(select(address.c.id).where(walk.about(address, mine))).scalars().all()
    names = [name for name in reversed(walk.names()) if name != address.name]
    counts = {name: _handle(session, walk.table(name), mine) for name in names}
    gone = session.execute(delete(address).where(address.c.id.in_(own)))
    return {**counts, address.name: _count(gone)}


def _check_idle(session: Session, mine: Collection[int]) -> None:
    message, account = walk.table("message"), walk.table("user")
    of_them = select(message.c.status).where(message.c.contact_id.in_(mine))
    if MessageStatus.SENDING in session.execute(of_them.with_for_update()).scalars():
        raise Conflict("privacy.busy")
    active = select(account.c.id).where(
        account.c.contact_id.in_(mine), account.c.is_active.is_(True)
    )
    if session.execute(active.limit(1)).first():
        raise Conflict("privacy.has_account")


def _keep_out(session: Session, mine: Collection[int], *, now: datetime) -> None:
    """Refuse their addresses from now on, and note them where no restore brings them back."""
    known, person = walk.table("contact_identity"), walk.table("contact")
    of_them = known.c.contact_id.in_(mine) & (known.c.kind == IdentityKind.EMAIL)
    addresses = session.execute(select(known.c.normalised).where(of_them)).scalars().all()
    for one in addresses:
        erased.keep_out(session, one, now=now)
    numbers = session.execute(select(person.c.public_id).where(person.c.id.in_(mine))).scalars()
    erased_log.note(session, addresses=addresses, people=numbers)


def _settle_requests(
    session: Session, actor: Actor, mine: Collection[int], *, now: datetime
) -> None:
    """Have it noted that who asked to be erased was; whoever asked for a copy gets none now."""
    rows = walk.table("privacy_request")
    waiting = rows.c.contact_id.in_(mine), rows.c.state.in_(UNSETTLED)
    became = case(
        (rows.c.wish == literal(Wish.ERASURE, rows.c.wish.type),
         literal(RequestState.DONE, rows.c.state.type)),
        else_=literal(RequestState.LAPSED, rows.c.state.type),
    )  # fmt: skip
    settling = update(rows).where(*waiting)
    session.execute(settling.values(state=became, settled_at=now, by_name=_name_of(actor)))


def _stop(session: Session, mine: Collection[int]) -> None:
    """Have nothing more leave: what a worker holds is no longer its own."""
    message = walk.table("message")
    stopping = update(message).where(message.c.contact_id.in_(mine), message.c.status.in_(OPEN))
    session.execute(
        stopping.values(
            status=MessageStatus.CANCELLED,
            reason=Reason.SUPPRESSED,
            lease_owner=None,
            lease_until=None,
            reserved_at=None,
        )
    )


def _drop_captured(session: Session, mine: Collection[int]) -> int:
    """Drop from the capture mailbox what was sent to them, and what was sent about them."""
    letter, message = walk.table("captured_mail"), walk.table("message")
    known, address = walk.table("contact_identity"), walk.table("address")
    own = known.c.contact_id.in_(mine)
    header = message.c.message_id_header
    theirs = select(header).where(
        or_(message.c.contact_id.in_(mine), _is_about(message, mine)), header != ""
    )
    places = (
        func.lower(letter.c.recipient).in_(select(func.lower(known.c.raw)).where(own)),
        func.lower(letter.c.recipient).in_(select(known.c.normalised).where(own)),
        func.lower(letter.c.recipient).in_(
            select(func.lower(address.c.deliverable)).where(walk.about(address, mine))
        ),
        letter.c.message_id.in_(theirs),
        func.trim(letter.c.message_id, "<>").in_(theirs),
    )
    return _count(session.execute(delete(letter).where(or_(*places))))


def _is_about(rows: Table, mine: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that a row names one of theirs as its subject."""
    found: list[ColumnElement[bool]] = []
    for name in ABOUT:
        subject = walk.table(name)
        numbers = select(subject.c.id).where(walk.about(subject, mine))
        found.append((rows.c.subject_type == name) & rows.c.subject_id.in_(numbers))
    return or_(*found)


def _blank_mentions(session: Session, mine: Collection[int]) -> None:
    """Take out what mails to others, and events, say about the person who is their subject."""
    message, event = walk.table("message"), walk.table("event")
    saying = update(message).where(_is_about(message, mine))
    session.execute(saying.values(values={}, subject_text="", reason_detail=""))
    session.execute(update(event).where(_is_about(event, mine)).values(properties={}))


def _close_shells(session: Session, mine: Collection[int], *, now: datetime) -> None:
    """Empty every column of the people but what says nothing of them; the ledger lets go then."""
    rows = walk.table("contact")
    kept = {"id", "kind", "status", "created_at", "updated_at", "erased_at", "version"}
    kept |= HANDLING["contact"].keeps
    empty = {one: _nothing(one) for one in rows.columns if one.name not in kept}
    closing = update(rows).where(rows.c.id.in_(mine))
    session.execute(closing.values({
        **empty, rows.c.kind: ContactKind.LEAD, rows.c.status: ContactStatus.ERASED,
        rows.c.erased_at: now, rows.c.version: rows.c.version + 1,
    }))  # fmt: skip


def _handle(session: Session, rows: Table, mine: Collection[int]) -> int:
    """Return how many rows of a table were deleted or blanked."""
    handling = HANDLING.get(rows.name)
    fate = handling.fate if handling else Fate.DELETE
    where = walk.about(rows, mine)
    if rows.name == walk.OWN:
        return len(mine)
    if fate is Fate.KEEP:
        return 0
    if fate is Fate.DELETE or handling is None:
        return _count(session.execute(delete(rows).where(where)))
    empty = {one: _nothing(one) for one in walk.texts(rows) if one.name not in handling.keeps}
    empty |= {one: None for one in walk.keys(rows) if one.nullable}
    if rows.name == "user":
        empty[rows.c.password_hash] = empty[rows.c.totp_sealed] = None
    if rows.name == "message":
        empty[rows.c.address_id] = None
    return _count(session.execute(update(rows).where(where).values(empty)))


def _nothing(column: Column[Any]) -> Any:
    """Return what stands where something stood; where it must differ from row to row, a mark."""
    if column.nullable:
        return None
    if walk.is_text(column):
        return _mark(column) if _is_unique(column) else ""
    default: Any = column.default
    if default is None or not (default.is_scalar or default.is_callable):
        raise TypeError(f"no empty value for {column}")
    return default.arg(None) if default.is_callable else default.arg


def _mark(column: Column[Any]) -> Any:
    number = column.table.c.id
    return literal("erased:") + cast(number, String)


def _is_unique(column: Column[Any]) -> bool:
    rows = column.table
    kinds = (UniqueConstraint, PrimaryKeyConstraint)
    keys = [tuple(one.columns) for one in rows.constraints if isinstance(one, kinds)]
    keys += [tuple(one.columns) for one in rows.indexes if one.unique]
    return any(column is one for key in keys for one in key)


def _noted(session: Session, actor: Actor, counts: Counter[str], *, now: datetime) -> Erasure:
    made = Erasure(
        reference=ids.public_id("era", now),
        erased_at=now,
        by_name=_name_of(actor),
        counts={name: count for name, count in counts.items() if count},
    )
    session.add(made)
    session.flush()
    audit.record(session, actor, "contact.erased", now=now, subject=made, name=made.reference,
                 after={"rows": counts.total()})  # fmt: skip
    return made


def _name_of(actor: Actor) -> str:
    """Return the colleague's name; who was erased has none any more."""
    return actor.name[:80] if actor.kind != "contact" else ""


def _count(result: Any) -> int:
    return int(result.rowcount)
