"""Look into the queue of this process, and do what a worker does with it."""

from typing import Any


def waiting(opened: Any) -> list[str]:
    """The names of the waiting tasks, most pressing first."""
    found = [opened.deserialize_task(data) for data in opened.storage.enqueued_items()]
    return [task.name for task in found]


def run_all(opened: Any) -> int:
    """Do what a worker does until nothing waits."""
    count = 0
    while task := opened.dequeue():
        opened.execute(task)
        count += 1
    return count
