"""Record what became of messages that were handed over, or were about to be."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from core.consent import service as consent
from core.consent.terms import SuppressionReason
from core.contacts.models import Address
from core.delivery import rules as delivery
from core.delivery.journal import Leftover
from core.delivery.models import Transport
from core.delivery.terms import DeliveryError, FailureKind, Receipt
from core.messages import queries
from core.messages.models import Decision, Delivery, Message
from core.messages.terms import MessageClass, MessageStatus, Outcome, Reason

AT_LEAST_ONCE = frozenset({MessageClass.TRANSACTIONAL, MessageClass.SERVICE})
SENDER_PAUSE = timedelta(minutes=15)
BREAK = timedelta(seconds=60)
ACCEPTED = range(200, 300)


@dataclass(frozen=True)
class Ending:
    """How one attempt ended: with a receipt, an error, or nothing handed over at all."""

    message_id: int
    transport_id: int | None
    started_at: datetime
    receipt: Receipt | None = None
    error: DeliveryError | None = None
    render_code: str | None = None


def record(session: Session, endings: Sequence[Ending], *, owner: str, now: datetime) -> None:
    """Write down these endings; a row that is no longer this worker's is left alone."""
    rows = {row.id: row for row in queries.mine(session, [one.message_id for one in endings])}
    for ending in endings:
        message = rows[ending.message_id]
        if message.lease_owner == owner:
            _record(session, message, ending, now=now)
    session.flush()


def hand_back(session: Session, ids: Collection[int], *, owner: str, due_at: datetime) -> None:
    """Queue again messages of mine that were not handed over, and free their slots."""
    for message in queries.mine(session, ids):
        if message.lease_owner == owner:
            _requeue(session, message, due_at=due_at, reason=message.reason or Reason.SMTP_TEMP)
            message.attempt_count -= 1
    session.flush()


def reap(session: Session, *, now: datetime) -> int:
    """Take over messages whose worker let its lease run out; return how many there were.

    A leased one was never handed over and is queued again. A sending one is in doubt.
    """
    found = queries.expired(session, now=now)
    for message in found:
        if message.status is MessageStatus.LEASED:
            _requeue(session, message, due_at=now, reason=message.reason or Reason.SMTP_TEMP)
        else:
            _doubt(session, message, now=now)
    session.flush()
    return len(found)


def recover(session: Session, leftovers: Sequence[Leftover], *, host: str, now: datetime) -> None:
    """Settle what dead workers of this host left, by their journals."""
    for leftover in leftovers:
        for message in queries.held_by_prefix(session, f"{host}:{leftover.name}"):
            _settle(session, message, leftover, now=now)
    session.flush()


def _settle(session: Session, message: Message, leftover: Leftover, *, now: datetime) -> None:
    code = leftover.ended.get(message.id)
    if message.id in leftover.begun:
        _doubt(session, message, now=now)
    elif code in ACCEPTED:
        _sent(message, now)
        _close_attempt(session, message, kind="sent", reply_code=code, now=now)
    else:
        _requeue(session, message, due_at=now, reason=message.reason or Reason.SMTP_TEMP)


def _record(session: Session, message: Message, ending: Ending, *, now: datetime) -> None:
    if ending.render_code is not None:
        _finish(
            session,
            message,
            status=MessageStatus.DROPPED,
            reason=Reason.RENDER_ERROR,
            detail=ending.render_code,
        )
        session.add(
            _act(message, Outcome.DROP, Reason.RENDER_ERROR, detail=ending.render_code, now=now)
        )
        return
    session.add(_attempt(message, ending, now))
    if ending.receipt is not None:
        _sent(message, ending.receipt.at)
    elif ending.error is not None:
        _failed(session, message, ending, now=now)


def _failed(session: Session, message: Message, ending: Ending, *, now: datetime) -> None:
    error = ending.error
    assert error is not None  # noqa: S101 - only failed endings come here
    match error.kind:
        case FailureKind.IN_DOUBT:
            _doubt(session, message, now=now)
        case FailureKind.PERMANENT:
            _finish(
                session,
                message,
                status=MessageStatus.FAILED,
                reason=Reason.SMTP_PERM,
                detail=error.text,
            )
            _suppress_hard_bounce(session, message, error, now=now)
        case FailureKind.SENDER:
            _pause(session, ending.transport_id, error)
            _requeue(session, message, due_at=now + SENDER_PAUSE, reason=Reason.RATE_LIMITED)
            message.attempt_count -= 1
        case FailureKind.TEMPORARY | FailureKind.CONNECTION:
            _try_later(session, message, error, now=now)


def _try_later(session: Session, message: Message, error: DeliveryError, *, now: datetime) -> None:
    again = delivery.next_attempt(
        message.attempt_count,
        message.klass,
        first_tried_at=message.first_tried_at or now,
        now=now,
        jitter_seed=message.id,
        greylisted=error.reply_code is not None
        and delivery.is_greylisting(error.reply_code, error.enhanced, error.text),
    )
    if again is None or (message.expires_at is not None and again >= message.expires_at):
        _finish(
            session,
            message,
            status=MessageStatus.FAILED,
            reason=Reason.SMTP_TEMP,
            detail=error.text,
        )
        return
    _requeue(session, message, due_at=again, reason=Reason.SMTP_TEMP)
    message.reason_detail = error.text


def _doubt(session: Session, message: Message, *, now: datetime) -> None:
    """At least once: again with the same Message-ID. At most once: parked for a person."""
    _close_attempt(session, message, kind="in_doubt", reply_code=None, now=now)
    if message.klass in AT_LEAST_ONCE:
        _requeue(session, message, due_at=now, reason=Reason.IN_DOUBT)
        return
    message.status, message.reason = MessageStatus.IN_DOUBT, Reason.IN_DOUBT
    session.add(_act(message, Outcome.POSTPONE, Reason.IN_DOUBT, detail="", now=now))


def _sent(message: Message, at: datetime) -> None:
    message.status, message.reason, message.reason_detail = MessageStatus.SENT, Reason.SENT, ""
    message.sent_at = at
    message.lease_owner = message.lease_until = None


def _finish(
    session: Session, message: Message, *, status: MessageStatus, reason: Reason, detail: str
) -> None:
    message.status, message.reason, message.reason_detail = status, reason, detail[:512]
    message.lease_owner = message.lease_until = message.reserved_at = None
    queries.give_back_slots(session, [message.id])


def _requeue(session: Session, message: Message, *, due_at: datetime, reason: Reason) -> None:
    message.status, message.due_at, message.reason = MessageStatus.QUEUED, due_at, reason
    message.lease_owner = message.lease_until = message.reserved_at = None
    queries.give_back_slots(session, [message.id])


def _suppress_hard_bounce(
    session: Session, message: Message, error: DeliveryError, *, now: datetime
) -> None:
    code = error.reply_code
    if code is None or not delivery.is_hard_bounce(code, error.enhanced, error.text):
        return
    address = session.get(Address, message.address_id)
    if address is not None:
        address.hard_bounced_at = now
        consent.place(session, reason=SuppressionReason.HARD_BOUNCE, address_id=address.id,
                      note=error.text, now=now)  # fmt: skip


def _pause(session: Session, transport_id: int | None, error: DeliveryError) -> None:
    transport = session.get(Transport, transport_id) if transport_id else None
    if transport is not None:
        transport.is_paused, transport.paused_reason = True, error.text or error.code


def _attempt(message: Message, ending: Ending, now: datetime) -> Delivery:
    receipt, error = ending.receipt, ending.error
    return Delivery(
        message_id=message.id,
        attempt=message.attempt_count,
        transport_id=ending.transport_id,
        started_at=ending.started_at,
        ended_at=now,
        kind="sent" if receipt else (error.kind.value if error else ""),
        stage="" if error is None else error.stage.value,
        reply_code=receipt.reply_code if receipt else (error.reply_code if error else None),
        reply_text=(receipt.reply_text if receipt else (error.text if error else ""))[:512],
    )


def _close_attempt(
    session: Session, message: Message, *, kind: str, reply_code: int | None, now: datetime
) -> None:
    session.add(
        Delivery(
            message_id=message.id,
            attempt=message.attempt_count,
            started_at=message.admitted_at or now,
            ended_at=now,
            kind=kind,
            stage="dot",
            reply_code=reply_code,
        )
    )


def _act(
    message: Message, outcome: Outcome, reason: Reason, *, detail: str, now: datetime
) -> Decision:
    return Decision(
        message_id=message.id, at=now, outcome=outcome, reason=reason, detail=detail[:512]
    )
