"""Verbs of senders and transports: under which names mail leaves, and by which servers.

A password goes in sealed and never comes out: what people see of a transport is a TransportLine.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from core import signing
from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.delivery import inputs, queries
from core.delivery.models import Sender, Transport
from core.delivery.terms import TRANSPORT_SECRET, SenderInput, TransportInput, TransportLine
from core.errors import Conflict, Invalid, NotFound
from core.organisation.models import Department

WAY = ("host", "port", "tls", "verifies", "user")
"""What decides who hears the password."""


@verb(Permission.SENDER_VIEW, audit=None)
def list_senders(session: Session, _actor: Actor) -> list[Sender]:
    """Return all senders, the default one first."""
    return list(queries.senders(session))


@verb(Permission.SENDER_EDIT, audit="sender.added")
def add_sender(session: Session, actor: Actor, *, given: SenderInput, now: datetime) -> Sender:
    """Return a new sender; the first one is the default."""
    values = _checked(session, given)
    is_first = not queries.lock_senders(session)
    made = Sender.model_validate({**values, "is_default": is_first})
    session.add(made)
    session.flush()
    audit.record(session, actor, "sender.added", now=now, subject=made, name=made.name,
                 department_id=made.department_id, after=values)  # fmt: skip
    return made


@verb(Permission.SENDER_EDIT, audit="sender.changed")
def change_sender(
    session: Session,
    actor: Actor,
    *,
    sender_id: int,
    seen_version: int,
    given: SenderInput,
    now: datetime,
) -> Sender:
    """Return the sender as given. Mails handed over from now on bear it, queued ones too."""
    found = _current(session, Sender, sender_id, seen_version=seen_version)
    values = _checked(session, given)
    before = _take_over(session, found, values)
    audit.record(session, actor, "sender.changed", now=now, subject=found, name=found.name,
                 department_id=found.department_id, before=before, after=values)  # fmt: skip
    return found


@verb(Permission.SENDER_EDIT, audit="sender.made_default")
def make_default_sender(
    session: Session, actor: Actor, *, sender_id: int, seen_version: int, now: datetime
) -> Sender:
    """Return the sender, which from now on stands where no other one is named."""
    queries.lock_senders(session)
    found = _current(session, Sender, sender_id, seen_version=seen_version)
    queries.clear_default(session)
    _take_over(session, found, {"is_default": True})
    audit.record(session, actor, "sender.made_default", now=now, subject=found, name=found.name)
    return found


@verb(Permission.SENDER_EDIT, audit="sender.removed")
def remove_sender(
    session: Session, actor: Actor, *, sender_id: int, seen_version: int, now: datetime
) -> None:
    """Take the sender away; its mails leave under the default one, which cannot be taken away."""
    queries.lock_senders(session)
    found = _current(session, Sender, sender_id, seen_version=seen_version)
    if found.is_default:
        raise Conflict("sender.is_default")
    audit.record(session, actor, "sender.removed", now=now, subject=found, name=found.name,
                 department_id=found.department_id, before={"address": found.address})  # fmt: skip
    session.delete(found)
    session.flush()


@verb(Permission.SENDER_VIEW, audit=None)
def list_transports(session: Session, _actor: Actor) -> list[TransportLine]:
    """Return all transports, without their passwords, in the order they were made."""
    return [line_of(row) for row in queries.transports(session)]


@verb(Permission.SENDER_EDIT, audit="transport.added")
def add_transport(
    session: Session, actor: Actor, *, given: TransportInput, now: datetime
) -> TransportLine:
    """Return a new transport. Nothing leaves by it before going live."""
    values = inputs.checked_transport(given)
    made = Transport.model_validate({**values, "password_sealed": _sealed(given.password or "")})
    session.add(made)
    session.flush()
    audit.record(session, actor, "transport.added", now=now, subject=made, name=made.name,
                 after=values)  # fmt: skip
    return line_of(made)


@verb(Permission.SENDER_EDIT, audit="transport.changed")
def change_transport(
    session: Session,
    actor: Actor,
    *,
    transport_id: int,
    seen_version: int,
    given: TransportInput,
    now: datetime,
) -> TransportLine:
    """Return the transport as given, no longer paused.

    Raises Invalid "transport.password_again" where the server, or the way to it, becomes another
    one and the password is not typed anew: it must not be shown to a server it was not meant for.
    """
    found = _current(session, Transport, transport_id, seen_version=seen_version)
    values = inputs.checked_transport(given)
    moves = any(getattr(found, name) != values[name] for name in WAY)
    if found.password_sealed and given.password is None and moves:
        raise Invalid("transport.password_again", field="password")
    before = _take_over(session, found, values)
    if given.password is not None:
        found.password_sealed = _sealed(given.password)
    found.is_paused, found.paused_reason = False, ""
    audit.record(
        session, actor, "transport.changed", now=now, subject=found, name=found.name,
        before=before, after={**values, "has_new_password": given.password is not None},
    )  # fmt: skip
    session.flush()
    return line_of(found)


@verb(Permission.SENDER_EDIT, audit="transport.resumed")
def resume_transport(
    session: Session, actor: Actor, *, transport_id: int, seen_version: int, now: datetime
) -> TransportLine:
    """Return the transport, tried again from now on."""
    found = _current(session, Transport, transport_id, seen_version=seen_version)
    before = _take_over(session, found, {"is_paused": False, "paused_reason": ""})
    audit.record(session, actor, "transport.resumed", now=now, subject=found, name=found.name,
                 before={"paused_reason": before["paused_reason"]})  # fmt: skip
    return line_of(found)


@verb(Permission.SENDER_EDIT, audit="transport.removed")
def remove_transport(
    session: Session, actor: Actor, *, transport_id: int, seen_version: int, now: datetime
) -> None:
    """Take the transport away, unless a sender leaves by it."""
    found = _current(session, Transport, transport_id, seen_version=seen_version)
    if count := queries.sender_count(session, transport_id):
        raise Conflict("transport.in_use", count=count)
    audit.record(session, actor, "transport.removed", now=now, subject=found, name=found.name,
                 before={"host": found.host, "user": found.user})  # fmt: skip
    session.delete(found)
    session.flush()


def line_of(row: Transport) -> TransportLine:
    """Return what people may see of a transport."""
    shown = {name: getattr(row, name) for name in TransportLine.__dataclass_fields__
             if name != "has_password"}  # fmt: skip
    return TransportLine(**shown, has_password=bool(row.password_sealed))


def _sealed(password: str) -> str:
    clean = inputs.checked_password(password)
    return signing.seal(TRANSPORT_SECRET, clean) if clean else ""


def _checked(session: Session, given: SenderInput) -> dict[str, object]:
    values = inputs.checked_sender(given)
    if given.department_id is not None and session.get(Department, given.department_id) is None:
        raise NotFound("department.missing", field="department_id")
    if given.transport_id is not None and session.get(Transport, given.transport_id) is None:
        raise NotFound("transport.missing", field="transport_id")
    return values


def _current(
    session: Session, table: type[queries.Kept], row_id: int, *, seen_version: int
) -> queries.Kept:
    found = queries.for_update(session, table, row_id)
    if found is None:
        raise NotFound(f"{table.__tablename__}.missing")
    if found.version != seen_version:
        raise Conflict("common.changed_meanwhile")
    return found


def _take_over(
    session: Session, row: Sender | Transport, values: Mapping[str, object]
) -> dict[str, object]:
    """Put the values into the row, raise its version, and return what stood there before."""
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    row.version += 1
    session.add(row)
    session.flush()
    return before
