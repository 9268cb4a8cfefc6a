"""Keep the search index of people in step with what imports and other bulk acts wrote."""

import time

from core.contacts import search_index
from core.db import transaction
from tasks.queue import Turn, errand

BUDGET_S = 20.0
_turn = Turn()


@errand(priority=4)
def index_search() -> None:
    """Take over who waits to be found, for about 20 seconds; then the rest is poked again."""
    if not _turn.take():
        return
    deadline, is_over = time.monotonic() + BUDGET_S, False
    try:
        while not is_over and time.monotonic() < deadline:
            with transaction() as session:
                is_over = search_index.drain(session) < search_index.BATCH
    finally:
        is_wanted = _turn.give_back()
    if is_wanted or not is_over:
        index_search.poke()
