"""Opens and clicks are judged a moment after they came in, without anybody asking."""

from datetime import timedelta
from typing import Any

import time_machine
from sqlmodel import select

from core import clock
from core.db import reading, transaction
from core.reactions import service
from core.reactions.models import Reaction
from core.reactions.terms import Hit, ReactionKind
from tests.support.cast import make_contact, make_organisation
from tests.support.queues import run_all
from tests.support.sending import make_template, queue_one

JUDGE = "tasks.reactions.judge_reactions"


def a_hit() -> None:
    with transaction() as session:
        make_organisation(session)
        person = make_contact(session, "sara@example.com")
        version = make_template(session, "promotional")  # type: ignore[arg-type]
        message = queue_one(session, person, version)
        given = Hit(message_id=message.id, kind=ReactionKind.OPEN, at=clock.now(), agent="Reader")
        service.note(session, given)


def is_judged() -> bool:
    with reading() as session:
        return session.exec(select(Reaction.verdict)).one() is not None


def planned(opened: Any) -> list[str]:
    return [task.name for task in opened.scheduled() if task.name == JUDGE]


def test_a_hit_has_its_judgement_planned_and_gets_it_then(opened: Any) -> None:
    a_hit()
    run_all(opened)
    assert (planned(opened), is_judged()) == ([JUDGE], False)
    with time_machine.travel(clock.now() + service.SETTLED_AFTER + timedelta(seconds=1)):
        for task in opened.read_schedule():
            opened.enqueue(task)
        run_all(opened)
    assert is_judged()
    assert planned(opened) == []
