"""The first job over every kind of queue, with a real consumer."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import create_engine, text

from core.settings import settings
from tests.slices.conftest import running_worker
from tests.slices.test_low_stock_alert import a_shop, all_sent, issue
from tests.support.inbox import Inbox
from tests.support.redis import RedisServer, redis_server
from tests.support.stores import Cluster, forget_process_state
from tests.support.waiting import eventually

Wake = Callable[[str], None]
START_S = 90
SOON_S = 30
SWEPT_S = 90


def put_queue(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the queue of every process that starts from here at this address."""
    monkeypatch.setenv("CHAPAR_QUEUE_URL", url)
    forget_process_state()


@pytest.fixture
def postgresql_queue(
    store: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Beside a store of PostgreSQL, as is usual; for a SQLite store in a database of its own."""
    if store == "postgresql":
        put_queue("", monkeypatch)
        yield settings().database_url
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    url = cluster.new_database()
    put_queue(url, monkeypatch)
    yield url
    cluster.drop(url)


@pytest.fixture
def redis(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    with redis_server(tmp_path / "redis") as server:
        put_queue(server.url, monkeypatch)
        yield server


def the_buyer_reads_of_it(inbox: Inbox) -> None:
    """Let the first sweep pass, so that the poke and nothing else brings the mail."""
    item_id = a_shop()
    eventually(has_swept, deadline_s=START_S)
    issue(item_id, 24)
    inbox.wait_for(3, deadline_s=SOON_S)
    eventually(all_sent)


def has_swept() -> bool:
    said = (settings().data_dir / "worker.log").read_text(errors="replace")
    return re.search(r"drain_bulk: .* executed in", said) is not None


def test_a_low_count_reaches_the_buyer_over_postgresql(
    postgresql_queue: str, inbox: Inbox, worker: object, wake: Wake
) -> None:
    the_buyer_reads_of_it(inbox)
    engine = create_engine(postgresql_queue)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM huey_task")).scalar_one() == 0
    engine.dispose()


def test_a_low_count_reaches_the_buyer_over_redis(
    redis: RedisServer, inbox: Inbox, worker: object, wake: Wake
) -> None:
    the_buyer_reads_of_it(inbox)
    assert not (settings().data_dir / "queue.db").exists()
    with Redis(port=redis.port) as client:
        assert all(b"chapar" in name for name in client.scan_iter())


@pytest.mark.spec("R15")
@pytest.mark.slow
@pytest.mark.sqlite_only("what is lost here is the queue, whatever the store")
@pytest.mark.parametrize("keeps", [True, False])
def test_a_redis_that_dies_loses_no_mail(
    *,
    inbox: Inbox,
    wake: Wake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    keeps: bool,
) -> None:
    """Pokes of the time without it are lost; the sweep after its return finds what they meant."""
    item_id = a_shop()
    with redis_server(tmp_path / "redis", keeps=keeps) as server:
        put_queue(server.url, monkeypatch)
        with running_worker():
            eventually(has_swept, deadline_s=START_S)
            server.kill()
            issue(item_id, 24)
            assert inbox.stays_at(0, 2.0)
            server.start()
            inbox.wait_for(3, deadline_s=SWEPT_S)
            eventually(all_sent)
