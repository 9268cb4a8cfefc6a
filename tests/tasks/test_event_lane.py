"""Events of other programs: kept before the answer, reacted to afterwards, whatever happens."""

from typing import Any

import pytest
from sqlmodel import col, select

from core import clock
from core.access.terms import SYSTEM
from core.db import reading, transaction
from core.events.models import Event, EventName
from core.tracking import recording
from core.tracking.terms import EventInput, Subject
from tasks import tick
from tests.support.cast import make_organisation
from tests.support.queues import run_all


@pytest.mark.spec("T64")
def test_a_kill_between_the_commit_and_the_poke_loses_no_event(opened: Any) -> None:
    """Committed, and nobody told: the next sweep reacts to all of them, to each once."""
    given = [
        EventInput(name="page.viewed", subject=Subject(anonymous_id=f"v{n % 7}"), key=str(n))
        for n in range(450)
    ]
    with transaction() as session:
        make_organisation(session)
        recording.record_events(session, SYSTEM, source="api:1", given=given, now=clock.now())
        session.info.pop("lanes")
    assert dispatched() == 0
    tick.tick.call_local()
    run_all(opened)
    assert dispatched() == 450
    with reading() as session:
        row = session.exec(select(EventName).where(EventName.name == "page.viewed")).one()
        assert row.count == 450


def dispatched() -> int:
    with reading() as session:
        mine = select(Event.id).where(
            Event.source == "api:1", col(Event.dispatched_at).is_not(None)
        )
        return len(session.exec(mine).all())
