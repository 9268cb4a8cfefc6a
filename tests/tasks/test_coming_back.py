"""A mail for later leaves at its moment: whoever drained its lane last has it poked then."""

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import clock
from core.db import transaction
from core.messages.terms import MessageClass
from tasks import wake
from tests.support.cast import make_contact, make_organisation, without_limits
from tests.support.queues import run_all, waiting
from tests.support.sending import make_template, queue_one


def a_mail_due_in(wait: timedelta, *, key: str = "one") -> datetime:
    due_at = clock.now() + wait
    with transaction() as session:
        make_organisation(session)
        without_limits(session)
        person = make_contact(session, f"{key}@example.com")
        version = make_template(session, MessageClass.RELATIONSHIP, name=key)
        queue_one(session, person, version, key=key, due_at=due_at)
    return due_at


def planned(opened: Any) -> list[tuple[str, datetime]]:
    found = [(task.name, task.eta.replace(tzinfo=UTC)) for task in opened.scheduled()]
    return sorted(found, key=lambda one: one[1])


NORMAL = "tasks.messages.drain_normal"


def test_a_mail_for_later_is_poked_for_when_it_is_due_and_once(opened: Any) -> None:
    first = a_mail_due_in(timedelta(seconds=30))
    run_all(opened)
    a_mail_due_in(timedelta(seconds=40), key="two")
    for _ in range(3):
        wake.wake("messages:normal")
        run_all(opened)
    assert planned(opened) == [(NORMAL, first)]


def test_a_mail_that_is_due_sooner_is_not_kept_waiting_by_a_planned_poke(opened: Any) -> None:
    later = a_mail_due_in(timedelta(seconds=50))
    run_all(opened)
    sooner = a_mail_due_in(timedelta(seconds=20), key="two")
    run_all(opened)
    assert planned(opened) == [(NORMAL, sooner), (NORMAL, later)]


def test_what_the_sweep_comes_in_time_for_is_left_to_it(opened: Any) -> None:
    a_mail_due_in(timedelta(seconds=70))
    run_all(opened)
    assert planned(opened) == []


def test_a_poke_for_later_is_run_when_its_moment_has_come(opened: Any) -> None:
    due_at = a_mail_due_in(timedelta(seconds=30))
    run_all(opened)
    assert opened.read_schedule((due_at - timedelta(seconds=1)).replace(tzinfo=None)) == []
    (task,) = opened.read_schedule(due_at.replace(tzinfo=None))
    opened.enqueue(task)
    assert waiting(opened) == [NORMAL]
    assert task.expires_resolved - clock.now().replace(tzinfo=None) > timedelta(seconds=100)


def test_a_queue_that_cannot_plan_is_only_noted(
    opened: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(opened.storage, "add_to_schedule", refuse)
    a_mail_due_in(timedelta(seconds=30))
    run_all(opened)
    assert "could not be planned" in caplog.text
