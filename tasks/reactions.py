"""Opens and clicks are judged once the rest of what came with them is there."""

from core import clock
from core.db import reading, transaction
from core.reactions import queries, service
from tasks.queue import Turn, errand

ROUNDS = 40
_turn = Turn()


@errand(priority=4)
def judge_reactions() -> None:
    """Judge what has settled; come back for what has not."""
    if not _turn.take():
        return
    try:
        for _ in range(ROUNDS):
            with reading() as session:
                has_settled = service.has_settled(session, now=clock.now())
            if not has_settled:
                break
            with transaction() as session:
                service.judge_waiting(session, now=clock.now())
    finally:
        _turn.give_back()
    with reading() as session:
        is_waiting = queries.is_waiting(session)
    if is_waiting:
        judge_reactions.poke_by(clock.now() + service.SETTLED_AFTER)
