"""Segments that are due are filled from their conditions, a while at a time."""

from core import clock
from core.segments import filling
from tasks.queue import Turn, errand

BUDGET_S = 20.0
_turn = Turn()


@errand(priority=3)
def fill_segments() -> None:
    """Fill what is due, for about 20 seconds; then the rest is poked again."""
    if not _turn.take():
        return
    is_over = False
    try:
        is_over = filling.fill_due(now=clock.now(), budget_s=BUDGET_S)
    finally:
        is_wanted = _turn.give_back()
    if is_wanted or not is_over:
        fill_segments.poke()
