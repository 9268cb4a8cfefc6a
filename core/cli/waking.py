"""The one place where the command line meets the queue: by name, so that core knows no tasks."""

from importlib import import_module

from core import outbox


def bind_waker() -> None:
    """Have what commands change wake the workers, as clicks do."""
    outbox.bind(import_module("tasks.wake").wake)
