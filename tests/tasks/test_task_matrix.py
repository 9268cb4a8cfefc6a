"""Access of background work, generated from the code: what there is, what it takes, who acts.

A task carries no right of its own. It is poked without a word about what to do, finds its work in
the store, and acts as the system or, for a job, as whoever is recorded as its owner.
"""

import ast
import importlib
import inspect
import pkgutil
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import tasks
from core.access.terms import Actor
from tasks import reports
from tasks.queue import Errand, huey
from tests.support.queues import waiting

PLAIN = {int, str, bool, float, type(None)}
ROOTS = {"tasks.consumer", "tasks.asgi"}
"""Composition roots: they open the queue and serve, and have no task of their own."""
TASKS = {
    "tasks.contacts.index_search",
    "tasks.events.drain_events",
    "tasks.jobs.run_jobs",
    "tasks.messages.drain_bulk",
    "tasks.messages.drain_normal",
    "tasks.messages.drain_urgent",
    "tasks.reactions.judge_reactions",
    "tasks.reports.run_schedules",
    "tasks.segments.fill_segments",
    "tasks.tick.fire_schedules",
    "tasks.tick.remind",
    "tasks.tick.seal_audit",
    "tasks.tick.switch_addresses",
    "tasks.tick.take_over",
    "tasks.tick.tick",
}
SCHEDULED = {"cleaning", "plans"}


def modules() -> list[ModuleType]:
    names = {f"tasks.{one.name}" for one in pkgutil.iter_modules(tasks.__path__)} - ROOTS
    return [importlib.import_module(name) for name in sorted(names)]


MODULES = modules()


def errands() -> dict[str, Errand[Any]]:
    return {
        f"{one.function.__module__}.{one.function.__name__}": one
        for module in MODULES
        for one in vars(module).values()
        if isinstance(one, Errand)
    }


@pytest.mark.spec("T32")
def test_the_table_names_exactly_the_tasks_there_are() -> None:
    assert {name.rpartition(".")[2] for name in huey._registry._registry} == {
        name.rpartition(".")[2] for name in TASKS
    }
    assert set(errands()) | {"tasks.tick.tick"} == TASKS
    assert set(reports.HANDLERS) == SCHEDULED


@pytest.mark.spec("T32", "T40")
def test_a_task_takes_nothing_but_plain_values() -> None:
    for name, errand in errands().items():
        for parameter in inspect.signature(errand.function).parameters.values():
            assert parameter.annotation in PLAIN, f"{name}({parameter})"


@pytest.mark.spec("T32")
def test_no_task_makes_itself_somebody() -> None:
    """None builds an actor or looks one up: the only one they name is the system's."""
    for module in MODULES:
        assert module.__file__ is not None
        tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        named |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not named & {"Actor", "actor_of", "resolve_api_key", "resolve_session"}
        held = [name for name, one in vars(module).items() if isinstance(one, Actor)]
        assert held in ([], ["SYSTEM"]), module.__name__


@pytest.mark.spec("T32", "T40")
def test_what_lies_in_the_queue_is_names_and_nothing_else(opened: Any) -> None:
    for errand in errands().values():
        errand.poke()
    found = [opened.deserialize_task(data) for data in opened.storage.enqueued_items()]
    assert len(found) == len(waiting(opened)) == len(errands())
    assert all((task.args, task.kwargs) == ((), {}) for task in found)
    for task in found:
        kept = [task.expires, task.expires_resolved, task.eta, task.priority]
        assert all(isinstance(one, (int, datetime, timedelta, type(None))) for one in kept)
