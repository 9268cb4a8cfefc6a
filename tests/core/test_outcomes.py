"""What is written down about a message after its attempt, and after the end of its worker."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import select

from core import clock
from core.db import reading, transaction
from core.delivery.journal import Leftover
from core.messages import outcomes
from core.messages.models import Decision, Delivery, Message
from core.messages.outcomes import Ending
from core.messages.terms import MessageClass, MessageStatus, Reason
from core.messages.worker import Worker
from tests.support.cast import make_contact, make_organisation, without_limits
from tests.support.inbox import Inbox
from tests.support.sending import drain_all, make_template, queue_one, reread, send_to

R, T = MessageClass.RELATIONSHIP, MessageClass.TRANSACTIONAL
S = MessageStatus
OWNER = "host:7-abc:1"
DOUBT = [(R, S.IN_DOUBT), (T, S.QUEUED)]


@pytest.fixture
def inbox(store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    with Inbox() as made:
        send_to(made, monkeypatch)
        yield made


@pytest.fixture
def worker(inbox: Inbox) -> Iterator[Worker]:
    made = Worker()
    yield made
    made.close()


def queued(klass: MessageClass = R, **state: object) -> Message:
    """A message to somebody, in this state."""
    with transaction() as session:
        make_organisation(session)
        without_limits(session)
        person = make_contact(session, "sara@example.com")
        message = queue_one(session, person, make_template(session, klass))
        for name, value in state.items():
            setattr(message, name, value)
        return message


def attempts(message: Message) -> list[tuple[str, int | None]]:
    with reading() as session:
        found = session.exec(select(Delivery).where(Delivery.message_id == message.id)).all()
    return [(one.kind, one.reply_code) for one in found]


@pytest.mark.parametrize(("klass", "status"), DOUBT)
def test_no_answer_after_the_dot_parks_what_must_not_come_twice(
    inbox: Inbox, worker: Worker, klass: MessageClass, status: MessageStatus
) -> None:
    message = queued(klass)
    inbox.drops.add("dot")
    drain_all(worker)
    after = reread(message)
    assert (after.status, after.reason) == (status, Reason.IN_DOUBT)
    assert attempts(message)[-1] == ("in_doubt", None)
    with reading() as session:
        reasons = [one.reason for one in session.exec(select(Decision))]
    assert (Reason.IN_DOUBT in reasons) is (klass is R)


def test_a_fault_of_the_sender_fails_nobody_and_costs_no_attempt(
    inbox: Inbox, worker: Worker
) -> None:
    message = queued()
    inbox.replies["mail"] = "550 5.7.1 not from you"
    drain_all(worker)
    after = reread(message)
    assert (after.status, after.reason) == (S.QUEUED, Reason.RATE_LIMITED)
    assert after.attempt_count == 0
    assert after.due_at - clock.now() > outcomes.SENDER_PAUSE - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("name", "ahead"),
    [("first_tried_at", timedelta(days=-3)), ("expires_at", timedelta(seconds=45))],
)
def test_a_temporary_refusal_is_the_end_when_no_later_try_makes_sense(
    inbox: Inbox, worker: Worker, name: str, ahead: timedelta
) -> None:
    message = queued(**{name: clock.now() + ahead})
    inbox.replies["rcpt"] = "450 4.2.0 not now"
    drain_all(worker)
    after = reread(message)
    assert (after.status, after.reason) == (S.FAILED, Reason.SMTP_TEMP)
    assert "not now" in after.reason_detail


@pytest.mark.parametrize(
    ("klass", "before", "status"),
    [(R, S.LEASED, S.QUEUED), (R, S.SENDING, S.IN_DOUBT), (T, S.SENDING, S.QUEUED)],
)
def test_the_sweep_takes_over_what_a_silent_worker_held(
    store: str, klass: MessageClass, before: MessageStatus, status: MessageStatus
) -> None:
    now = clock.now()
    message = queued(klass, status=before, lease_owner=OWNER, lease_until=now)
    with transaction() as session:
        assert outcomes.reap(session, now=now - timedelta(seconds=1)) == 0
    with transaction() as session:
        assert outcomes.reap(session, now=now) == 1
    assert reread(message).status is status


@pytest.mark.parametrize(
    ("begun", "code", "status"),
    [
        (False, 250, S.SENT),
        (False, 451, S.QUEUED),
        (True, None, S.IN_DOUBT),
        (False, None, S.QUEUED),
    ],
)
def test_the_journal_of_a_dead_worker_settles_what_it_was_sending(
    store: str, *, begun: bool, code: int | None, status: MessageStatus
) -> None:
    now = clock.now()
    message = queued(status=S.SENDING, lease_owner=OWNER, lease_until=now + timedelta(hours=1))
    ended = {} if code is None else {message.id: code}
    leftover = Leftover({message.id: 1} if begun else {}, ended, "7-abc")
    with transaction() as session:
        outcomes.recover(session, [leftover], host="another", now=now)
    assert reread(message).status is S.SENDING
    with transaction() as session:
        outcomes.recover(session, [leftover], host="host", now=now)
    assert reread(message).status is status


def test_a_worker_that_lost_a_message_writes_nothing_about_it(store: str) -> None:
    now = clock.now()
    message = queued(status=S.SENDING, lease_owner=OWNER, lease_until=now)
    ending = Ending(message.id, None, now, render_code="template.missing")
    with transaction() as session:
        outcomes.record(session, [ending], owner="somebody else", now=now)
        outcomes.hand_back(session, [message.id], owner="somebody else", due_at=now)
    assert reread(message).status is S.SENDING
    assert attempts(message) == []
