"""Verbs of the rules of the way out: caps, quiet hours, holds, and a paused transport resumed.

Whatever waits because of a rule is looked at again as soon as the rule changes.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import update
from sqlmodel import Session, col, select

from core import outbox
from core.access.service import require_on, verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.consent.models import Topic
from core.contacts.models import Contact
from core.delivery import service as delivery
from core.delivery.models import Sender
from core.delivery.terms import TransportLine
from core.errors import Conflict, Invalid, NotFound
from core.messages import inputs, queries
from core.messages.inputs import CapInput, QuietInput
from core.messages.metering import meter
from core.messages.models import CapRule, Hold, Message, QuietRule
from core.messages.terms import CapScope, HoldKind, Lane, MessageStatus, Reason
from core.organisation.models import Department

Rule = TypeVar("Rule", CapRule, QuietRule)
OF_CAPS = frozenset({Reason.CAPPED})
OF_QUIET = frozenset({Reason.QUIET_HOURS, Reason.HOLIDAY})
OF_RULES: dict[type[Any], frozenset[Reason]] = {CapRule: OF_CAPS, QuietRule: OF_QUIET}
OF_HOLDS = frozenset({Reason.OPEN_TICKET_HOLD, Reason.NOT_APPROVED, Reason.PAUSED})
OF_TRANSPORTS = frozenset({Reason.RATE_LIMITED, Reason.SENT})
"""Why messages are queued that met a paused transport: turned back before it, or by its server."""
BY_HAND = "hand"
_TABLES: dict[CapScope, type[Any]] = {
    CapScope.DEPARTMENT: Department,
    CapScope.TOPIC: Topic,
    CapScope.SENDER: Sender,
}


@verb(Permission.CAP_VIEW, audit=None)
def list_caps(session: Session, _actor: Actor) -> list[CapRule]:
    """Return all caps, those switched off too, in the order they were made."""
    return list(session.exec(select(CapRule).order_by(col(CapRule.id))))


@verb(Permission.CAP_EDIT, audit="cap.added")
def add_cap(session: Session, actor: Actor, *, given: CapInput, now: datetime) -> CapRule:
    """Return a new cap, in force."""
    values = _checked_cap(session, given)
    made = CapRule.model_validate(values)
    session.add(made)
    session.flush()
    audit.record(session, actor, "cap.added", now=now, subject=made, name=made.name, after=values)
    return made


@verb(Permission.CAP_EDIT, audit="cap.changed")
def change_cap(
    session: Session,
    actor: Actor,
    *,
    rule_id: int,
    seen_version: int,
    given: CapInput,
    now: datetime,
) -> CapRule:
    """Return the cap as given; it counts what was sent before as well."""
    found = _current(session, CapRule, rule_id, seen_version=seen_version)
    values = _checked_cap(session, given)
    return _change(session, actor, found, act="cap.changed", values=values, now=now)


@verb(Permission.CAP_EDIT, audit="cap.enabled")
def enable_cap(
    session: Session, actor: Actor, *, rule_id: int, seen_version: int, now: datetime
) -> CapRule:
    """Return the cap, in force again."""
    found = _current(session, CapRule, rule_id, seen_version=seen_version)
    return _change(session, actor, found, act="cap.enabled", values={"is_enabled": True}, now=now)


@verb(Permission.CAP_EDIT, audit="cap.disabled")
def disable_cap(
    session: Session, actor: Actor, *, rule_id: int, seen_version: int, now: datetime
) -> CapRule:
    """Return the cap, switched off; what it held back goes on at once unless another one holds."""
    found = _current(session, CapRule, rule_id, seen_version=seen_version)
    return _change(session, actor, found, act="cap.disabled", values={"is_enabled": False}, now=now)


@verb(Permission.CAP_VIEW, audit=None)
def list_quiet(session: Session, _actor: Actor) -> list[QuietRule]:
    """Return all quiet hours, those switched off too: the organisation's first."""
    in_order = (col(QuietRule.department_id).is_not(None), col(QuietRule.id))
    return list(session.exec(select(QuietRule).order_by(*in_order)))


@verb(Permission.CAP_EDIT, audit="quiet.added")
def add_quiet(session: Session, actor: Actor, *, given: QuietInput, now: datetime) -> QuietRule:
    """Return new quiet hours, in force. A department's go before the organisation's."""
    values = _checked_quiet(session, given, but_id=None)
    made = QuietRule.model_validate(values)
    session.add(made)
    session.flush()
    audit.record(session, actor, "quiet.added", now=now, subject=made,
                 department_id=made.department_id, after=values)  # fmt: skip
    look_again(session, OF_QUIET, now=now)
    return made


@verb(Permission.CAP_EDIT, audit="quiet.changed")
def change_quiet(
    session: Session,
    actor: Actor,
    *,
    rule_id: int,
    seen_version: int,
    given: QuietInput,
    now: datetime,
) -> QuietRule:
    """Return the quiet hours as given."""
    found = _current(session, QuietRule, rule_id, seen_version=seen_version)
    values = _checked_quiet(session, given, but_id=found.id)
    return _change(session, actor, found, act="quiet.changed", values=values, now=now)


@verb(Permission.CAP_EDIT, audit="quiet.enabled")
def enable_quiet(
    session: Session, actor: Actor, *, rule_id: int, seen_version: int, now: datetime
) -> QuietRule:
    """Return the quiet hours, in force again."""
    found = _current(session, QuietRule, rule_id, seen_version=seen_version)
    return _change(session, actor, found, act="quiet.enabled", values={"is_enabled": True}, now=now)


@verb(Permission.CAP_EDIT, audit="quiet.disabled")
def disable_quiet(
    session: Session, actor: Actor, *, rule_id: int, seen_version: int, now: datetime
) -> QuietRule:
    """Return the quiet hours, switched off; the organisation's hold instead of a department's."""
    found = _current(session, QuietRule, rule_id, seen_version=seen_version)
    return _change(
        session, actor, found, act="quiet.disabled", values={"is_enabled": False}, now=now
    )


@verb(Permission.CONTACT_EDIT, audit="contact.held")
def place_hold(
    session: Session,
    actor: Actor,
    *,
    contact_id: int,
    until: datetime | None = None,
    now: datetime,
) -> Hold:
    """Return the hold: mail to this person that is not urgent waits, until then or a release.

    A person held by hand already keeps one hold, which takes the new end.
    """
    _editable_contact(session, actor, contact_id)
    if until is not None and until <= now:
        raise Invalid("hold.already_over", field="until")
    open_ones = queries.open_holds(session, [contact_id], now=now)
    hold = next((one for one in open_ones if one.source == BY_HAND), None)
    hold = hold or Hold(contact_id=contact_id, kind=HoldKind.PAUSED, source=BY_HAND, placed_at=now)
    hold.until = until
    session.add(hold)
    session.flush()
    audit.record(session, actor, "contact.held", now=now, subject=hold, contact_id=contact_id,
                 after={"until": until})  # fmt: skip
    return hold


@verb(Permission.CONTACT_EDIT, audit="contact.hold_released")
def release_hold(session: Session, actor: Actor, *, hold_id: int, now: datetime) -> None:
    """End the hold; what waited because of it is looked at again at once."""
    found = session.get(Hold, hold_id, with_for_update=True)
    if found is None or found.contact_id is None or found.released_at is not None:
        raise NotFound("hold.missing")
    _editable_contact(session, actor, found.contact_id)
    found.released_at = now
    session.add(found)
    look_again(session, OF_HOLDS, contact_id=found.contact_id, now=now)
    audit.record(session, actor, "contact.hold_released", now=now, subject=found,
                 contact_id=found.contact_id, before={"kind": found.kind})  # fmt: skip


@verb(Permission.CONTACT_VIEW, audit=None)
def list_holds(session: Session, actor: Actor, *, contact_id: int, now: datetime) -> list[Hold]:
    """Return the holds on this person that are in force."""
    person = _contact(session, contact_id)
    require_on(actor, Permission.CONTACT_VIEW, department_id=None, owner_id=person.owner_id)
    return list(queries.open_holds(session, [contact_id], now=now))


@verb(Permission.SENDER_EDIT, audit="transport.resumed")
def resume_way(
    session: Session, actor: Actor, *, transport_id: int, seen_version: int, now: datetime
) -> TransportLine:
    """Return the transport, tried again; what its pause turned back is due at once."""
    line = delivery.resume_transport(
        session, actor, transport_id=transport_id, seen_version=seen_version, now=now
    )
    look_again(session, OF_TRANSPORTS, now=now)
    return line


def look_again(
    session: Session,
    reasons: Collection[Reason],
    *,
    now: datetime,
    contact_id: int | None = None,
) -> None:
    """Make the queued messages that were put off for these reasons due now.

    Admission then says anew what becomes of each. A building block for verbs that change a rule.
    """
    statement = update(Message).where(
        col(Message.status) == MessageStatus.QUEUED,
        col(Message.reason).in_(reasons),
        col(Message.due_at) > now,
    )
    if contact_id is not None:
        statement = statement.where(col(Message.contact_id) == contact_id)
    session.execute(statement.values(due_at=now).execution_options(synchronize_session="fetch"))
    for lane in Lane:
        outbox.poke(session, f"messages:{lane.value}")


def _checked_cap(session: Session, given: CapInput) -> dict[str, object]:
    values = inputs.checked_cap(given)
    table = _TABLES.get(given.scope)
    if table is not None and given.scope_id and session.get(table, given.scope_id) is None:
        raise NotFound("cap.scope_missing", field="scope_id")
    return values


def _checked_quiet(session: Session, given: QuietInput, *, but_id: int | None) -> dict[str, object]:
    """One set of hours for each audience and department; the store cannot see this for NULL."""
    values = inputs.checked_quiet(given)
    if given.department_id is not None and session.get(Department, given.department_id) is None:
        raise NotFound("department.missing", field="department_id")
    others = select(QuietRule.id).where(
        QuietRule.audience == given.audience,
        QuietRule.department_id == given.department_id,
        QuietRule.id != but_id,
    )
    if session.exec(others).first() is not None:
        raise Conflict("quiet.exists", field="audience")
    return values


def _current(session: Session, table: type[Rule], rule_id: int, *, seen_version: int) -> Rule:
    found = session.get(table, rule_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(f"{table.__tablename__}.missing")
    if found.version != seen_version:
        raise Conflict("common.changed_meanwhile")
    return found


def _change(
    session: Session,
    actor: Actor,
    row: Rule,
    *,
    act: str,
    values: dict[str, object],
    now: datetime,
) -> Rule:
    """Return the rule with these values; what waits because of its kind is looked at again."""
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    row.version += 1
    session.add(row)
    session.flush()
    audit.record(session, actor, act, now=now, subject=row, name=getattr(row, "name", None),
                 before=before, after=values)  # fmt: skip
    look_again(session, OF_RULES[type(row)], now=now)
    return row


def _contact(session: Session, contact_id: int) -> Contact:
    found = session.get(Contact, contact_id)
    if found is None:
        raise NotFound("contact.missing")
    return found


def _editable_contact(session: Session, actor: Actor, contact_id: int) -> None:
    person = _contact(session, contact_id)
    require_on(actor, Permission.CONTACT_EDIT, department_id=None, owner_id=person.owner_id)


__all__ = [
    "CapInput",
    "QuietInput",
    "add_cap",
    "add_quiet",
    "change_cap",
    "change_quiet",
    "disable_cap",
    "disable_quiet",
    "enable_cap",
    "enable_quiet",
    "list_caps",
    "list_holds",
    "list_quiet",
    "look_again",
    "meter",
    "place_hold",
    "release_hold",
    "resume_way",
]
