"""kill -9 at every named point: nothing lost, and no more than the contract allows twice."""

import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlmodel import func, select

from core import clock
from core.db import reading, transaction
from core.messages.models import Message, SendLedger
from core.messages.terms import MessageClass, MessageStatus
from core.settings import settings
from tests.support.cast import make_contact, make_organisation, without_limits
from tests.support.inbox import Inbox
from tests.support.run_worker import MID_BODY, ForkedWorker
from tests.support.sending import make_template, queue_copies, queue_one, send_to

R, T = MessageClass.RELATIONSHIP, MessageClass.TRANSACTIONAL
S = MessageStatus
KILLED = -signal.SIGKILL
LONG_S = 1_500
AT_LENGTH = [pytest.mark.slow, pytest.mark.timeout(LONG_S)]
TEN_TIMES = [1, *(pytest.param(number, marks=pytest.mark.slow) for number in range(2, 11))]


@dataclass(frozen=True)
class Fate:
    """What a kill at a point leaves of three mails, and how many copies arrive in the end.

    doubts: how many mails of a class that must not come twice wait for a person.
    """

    left: MessageStatus
    arrived: int = 0
    doubts: int = 0
    copies: int = 3
    copies_at_least_once: int = 3


POINTS = {
    "round": Fate(S.QUEUED),  # before the claim
    "leased": Fate(S.LEASED),  # after the claim
    "fenced": Fate(S.SENDING),
    "mail": Fate(S.SENDING),  # connected
    "rcpt": Fate(S.SENDING),  # after MAIL
    "data": Fate(S.SENDING),  # after RCPT
    "body": Fate(S.SENDING, doubts=1, copies=2),  # after DATA
    MID_BODY: Fate(S.SENDING, doubts=1, copies=2),
    "dot": Fate(S.SENDING, arrived=1, doubts=1, copies_at_least_once=4),  # after the dot
    "answered": Fate(S.SENDING, arrived=1, doubts=1, copies_at_least_once=4),  # after 250
    "journalled": Fate(S.SENDING, arrived=1),  # after 250, before the commit
    "recorded": Fate(S.SENT, arrived=3),  # after the commit
}


@pytest.fixture
def inbox(store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    with Inbox() as made:
        send_to(made, monkeypatch)
        yield made


def queue_many(count: int, klass: MessageClass, *, each: int = 1) -> None:
    """Queue `each` messages for so many people."""
    with transaction() as session:
        make_organisation(session)
        without_limits(session)
        version = make_template(session, klass)
        for number in range(count):
            person = make_contact(session, f"p{number}@example.com")
            message = queue_one(session, person, version, key=f"m{number}", now=clock.now())
            if each > 1:
                queue_copies(session, message, each - 1)


def statuses() -> Counter[MessageStatus]:
    with reading() as session:
        rows = session.exec(
            select(Message.status, func.count()).group_by(Message.status)  # type: ignore[arg-type]
        )
        return Counter(dict(rows.all()))


def copies(inbox: Inbox) -> Counter[str]:
    return Counter(mail.recipients[0] for mail in inbox.messages)


@pytest.mark.spec("R2")
@pytest.mark.parametrize("again", TEN_TIMES)
@pytest.mark.parametrize("klass", [R, T])
@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_any_point_leaves_the_state_that_the_contract_says(
    inbox: Inbox, store: str, point: str, klass: MessageClass, again: int
) -> None:
    fate = POINTS[point]
    queue_many(3, klass)
    assert ForkedWorker(crash_at=point).wait() == KILLED
    assert statuses() == {fate.left: 3}
    inbox.wait_for(fate.arrived)
    assert ForkedWorker().wait() == 0
    expect_all_settled(inbox, klass, fate)


@pytest.mark.spec("R2")
@pytest.mark.parametrize("again", TEN_TIMES)
@pytest.mark.parametrize("klass", [R, T])
def test_a_kill_as_the_breaker_opens_loses_and_doubles_nothing(
    inbox: Inbox, store: str, klass: MessageClass, again: int
) -> None:
    queue_many(6, klass)
    inbox.replies["greeting"] = "421 4.3.2 closed for today"
    assert ForkedWorker(crash_at="breaker").wait() == KILLED
    assert statuses() == {S.SENDING: 6}
    inbox.replies.clear()
    assert ForkedWorker().wait() == 0
    assert statuses() == {S.SENT: 6}
    assert sorted(copies(inbox).values()) == [1] * 6


@pytest.mark.spec("R2")
@pytest.mark.parametrize("again", TEN_TIMES)
@pytest.mark.parametrize("klass", [R, T])
def test_a_kill_in_the_sweep_leaves_all_to_the_next_one(
    inbox: Inbox, store: str, klass: MessageClass, again: int
) -> None:
    """The journal is gone with its host, so the end of the lease alone speaks: in doubt, all."""
    queue_many(3, klass)
    assert ForkedWorker(crash_at="answered").wait() == KILLED
    lose_the_journal()
    assert ForkedWorker(crash_at="sweep").wait() == KILLED
    assert statuses() == {S.SENDING: 3}
    assert ForkedWorker().wait() == 0
    expect_all_settled(inbox, klass, Fate(S.SENDING, doubts=3, copies=1, copies_at_least_once=4))


def expect_all_settled(inbox: Inbox, klass: MessageClass, fate: Fate) -> None:
    """Nothing is lost, and no more than the contract allows arrives twice."""
    got = copies(inbox)
    if klass is T:
        assert statuses() == {S.SENT: 3}
        assert len(got) == 3
        assert sum(got.values()) == fate.copies_at_least_once
    else:
        assert statuses() == Counter({S.IN_DOUBT: fate.doubts, S.SENT: 3 - fate.doubts}) + Counter()
        assert sum(got.values()) == fate.copies == len(got)


def lose_the_journal() -> None:
    for path in (settings().data_dir / "journal").iterdir():
        path.unlink()
    with transaction() as session:
        for message in session.exec(select(Message)):
            message.lease_until = clock.now() - timedelta(seconds=1)


@pytest.mark.spec("R1")
@pytest.mark.sqlite_only("the store's engine plays no part in when the kills come")
@pytest.mark.parametrize("count", [400, pytest.param(20_000, marks=AT_LENGTH)])
def test_random_kills_lose_nothing_and_double_no_relationship_mail(
    inbox: Inbox, count: int
) -> None:
    seed = int(time.time())
    chance = random.Random(seed)
    queue_many(20, R, each=count // 20)
    kills, worker = 0, ForkedWorker(threads=2)
    while True:
        arrived = len(inbox.messages) + chance.randint(5, count // 7 if count < 1_000 else 200)
        while worker.poll() is None and len(inbox.messages) < arrived:
            time.sleep(0.001)
        if worker.poll() == 0:
            break
        worker.kill()
        kills, worker = kills + 1, ForkedWorker(threads=2)
        assert kills < count, f"seed {seed}"
    states, got = statuses(), Counter(mail.parsed()["Message-ID"] for mail in inbox.messages)
    assert sum(states.values()) == count
    assert states[MessageStatus.SENT] + states[MessageStatus.IN_DOUBT] == count, (seed, states)
    assert states[MessageStatus.IN_DOUBT] <= 2 * kills, (seed, kills, states)
    assert max(got.values()) == 1, f"seed {seed}"
    assert len(got) >= states[MessageStatus.SENT]


@pytest.mark.spec("R21", "U17")
@pytest.mark.parametrize(("people", "tries"), [(40, 8), pytest.param(300, 340, marks=AT_LENGTH)])
def test_caps_hold_under_eight_concurrent_workers(
    inbox: Inbox, store: str, people: int, tries: int
) -> None:
    """Two a day are allowed: exactly two a person may leave, however many messages try at once."""
    with transaction() as session:
        make_organisation(session)
        without_limits(session, caps=False)
        version = make_template(session, R)
        for number in range(people):
            person = make_contact(session, f"p{number}@example.com")
            first = queue_one(session, person, version, key=f"m{number}")
            queue_copies(session, first, tries - 1)
    workers = [ForkedWorker(threads=4) for _ in range(2)]
    assert [worker.wait(LONG_S) for worker in workers] == [0, 0]
    assert set(copies(inbox).values()) == {2}
    with reading() as session:
        assert len(session.exec(select(SendLedger)).all()) == 2 * people
