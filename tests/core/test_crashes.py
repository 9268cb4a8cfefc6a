"""kill -9 at every named point: nothing lost, and no more than the contract allows twice."""

import random
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from sqlmodel import func, select

from core import clock
from core.db import reading, transaction
from core.messages.models import Message, SendLedger
from core.messages.terms import MessageClass, MessageStatus
from tests.support.cast import make_contact, make_organisation, without_limits
from tests.support.inbox import Inbox
from tests.support.run_worker import ForkedWorker
from tests.support.sending import make_template, queue_one, send_to

R, T = MessageClass.RELATIONSHIP, MessageClass.TRANSACTIONAL
POINTS = ("leased", "fenced", "connected", "data", "answered", "journalled", "recorded")


@pytest.fixture
def inbox(store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    with Inbox() as made:
        send_to(made, monkeypatch)
        yield made


def queue_many(count: int, klass: MessageClass) -> None:
    with transaction() as session:
        make_organisation(session)
        without_limits(session)
        version = make_template(session, klass)
        for number in range(count):
            person = make_contact(session, f"p{number}@example.com")
            queue_one(session, person, version, key=f"m{number}", now=clock.now())


def statuses() -> Counter[MessageStatus]:
    with reading() as session:
        rows = session.exec(
            select(Message.status, func.count()).group_by(Message.status)  # type: ignore[arg-type]
        )
        return Counter(dict(rows.all()))


def copies(inbox: Inbox) -> Counter[str]:
    return Counter(mail.recipients[0] for mail in inbox.messages)


@pytest.mark.spec("R2")
@pytest.mark.parametrize("klass", [R, T])
@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_any_point_loses_nothing(
    inbox: Inbox, store: str, point: str, klass: MessageClass
) -> None:
    queue_many(3, klass)
    assert ForkedWorker(crash_at=point).wait() == 137
    assert ForkedWorker().wait() == 0
    states, got = statuses(), copies(inbox)
    assert sum(states.values()) == 3
    if klass is T:
        assert states == {MessageStatus.SENT: 3}
        assert len(got) == 3
        assert sum(got.values()) == (4 if point == "answered" else 3)
    else:
        in_doubt = 1 if point in {"data", "answered"} else 0
        assert states[MessageStatus.IN_DOUBT] == in_doubt
        assert states[MessageStatus.SENT] == 3 - in_doubt
        assert max(got.values()) == 1
        assert sum(got.values()) == (2 if point == "data" else 3)


@pytest.mark.spec("R1")
@pytest.mark.sqlite_only("the store's engine plays no part in when the kills come")
@pytest.mark.parametrize("count", [400, pytest.param(20_000, marks=pytest.mark.slow)])
def test_random_kills_lose_nothing_and_double_no_relationship_mail(
    inbox: Inbox, count: int
) -> None:
    seed = int(time.time())
    chance = random.Random(seed)
    queue_many(count, R)
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
    states, got = statuses(), copies(inbox)
    assert sum(states.values()) == count
    assert states[MessageStatus.SENT] + states[MessageStatus.IN_DOUBT] == count, (seed, states)
    assert states[MessageStatus.IN_DOUBT] <= 2 * kills, (seed, kills, states)
    assert max(got.values()) == 1, f"seed {seed}"
    assert len(got) >= states[MessageStatus.SENT]


@pytest.mark.spec("R21", "U17")
@pytest.mark.parametrize(
    ("people", "tries"), [(40, 8), pytest.param(300, 340, marks=pytest.mark.slow)]
)
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
            for copy in range(tries):
                queue_one(session, person, version, key=f"m{number}:{copy}")
    workers = [ForkedWorker(threads=4) for _ in range(2)]
    assert [worker.wait(900) for worker in workers] == [0, 0]
    assert set(copies(inbox).values()) == {2}
    with reading() as session:
        assert len(session.exec(select(SendLedger)).all()) == 2 * people
