"""The store itself: transactions, stamps and the outbox."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from core import db, outbox
from core.activities.models import Task
from core.db import reading, transaction
from core.migrations import service as migrations
from core.settings import settings


def task(now: datetime, key: str = "t:1") -> Task:
    return Task(dedup_key=key, title="Prepare the desk", due_at=now)


def add_and_fail(now: datetime) -> None:
    with transaction() as session:
        session.add(task(now, "t:2"))
        outbox.poke(session, "events")
        session.flush()
        raise RuntimeError


def test_moments_come_back_aware_and_in_utc(store: str, now: datetime) -> None:
    with transaction() as session:
        session.add(task(now))
    with reading() as session:
        found = session.get(Task, 1)
    assert found is not None
    assert found.due_at == now
    assert found.due_at.tzinfo == UTC


def test_an_error_undoes_the_whole_transaction(store: str, now: datetime) -> None:
    with pytest.raises(RuntimeError):
        add_and_fail(now)
    with reading() as session:
        assert session.get(Task, 1) is None


def test_the_waker_is_told_after_the_commit_and_never_after_a_rollback(
    store: str, now: datetime
) -> None:
    told: list[str] = []
    outbox.bind(told.append)
    with transaction() as session:
        session.add(task(now))
        outbox.poke(session, "events")
        assert told == []
    assert told == ["events"]
    with pytest.raises(RuntimeError):
        add_and_fail(now)
    assert told == ["events"]


def test_the_migrations_and_the_models_do_not_drift(store: str) -> None:
    assert migrations.drift(settings().store_url) == []
    assert migrations.pending(settings().store_url) == []


def test_threads_that_ask_at_the_same_moment_share_one_engine(store: str) -> None:
    del store
    db.forget_engine()
    both = threading.Barrier(8)

    def ask() -> int:
        both.wait(timeout=10)
        return id(db.engine())

    with ThreadPoolExecutor(8) as crowd:
        asked = [crowd.submit(ask) for _ in range(8)]
        assert len({one.result(timeout=20) for one in asked}) == 1
