"""The queue of this process."""

from collections.abc import Iterator
from typing import Any

import pytest

from core import outbox
from tasks import messages, queue, wake


@pytest.fixture
def opened(store: str) -> Iterator[Any]:
    """The queue of this process, on a file of this test; the waker is bound."""
    queue.open_queue.cache_clear()
    made = queue.open_queue()
    outbox.bind(wake.wake)
    yield made
    made.storage.close()
    messages.leave()
    messages.worker.this_worker.cache_clear()
    queue.open_queue.cache_clear()
    outbox.bind(lambda _lane: None)
