"""The queue: Huey on a file, PostgreSQL or Redis. It carries pokes, never anything of value.

The queue is opened on first use, so that importing tasks touches no file. Its messages are
pickles, therefore signed: what this installation did not write is not read.
"""

import logging
import os
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, ParamSpec

import psycopg
from huey import BlackHoleHuey, Huey, PostgresHuey, PriorityRedisHuey, SqliteHuey
from huey.serializer import SignedSerializer
from redis.exceptions import RedisError

from core.settings import settings
from core.signing import keyed_digest

log = logging.getLogger(__name__)

Args = ParamSpec("Args")
NAME = "chapar"
FAILURES = (OSError, sqlite3.Error, psycopg.Error, RedisError)
"""What a queue that does not answer raises."""

POKE_LIFE_S = 120
"""A poke older than this is of no use: a sweep has come by meanwhile."""

huey: Any = BlackHoleHuey(NAME, results=False)


@lru_cache(maxsize=1)
def open_queue() -> Any:
    """Return the queue of this process, on the storage that the settings name."""
    huey.storage = build(settings().wake_url).storage
    huey.serializer = SignedSerializer(secret=keyed_digest("queue", "tasks"))
    return huey


def build(url: str) -> Huey:
    """Return a queue at this address: `sqlite:///`, `postgresql…`, `redis://` or `rediss://`."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        _make_private(path)
        return SqliteHuey(NAME, filename=str(path), timeout=15, results=False)
    if url.startswith("postgresql"):
        dsn = url.replace("postgresql+psycopg://", "postgresql://", 1)
        return PostgresHuey(NAME, dsn=dsn, results=False)
    return PriorityRedisHuey(NAME, url=url, results=False)


def _make_private(path: Path) -> None:
    """Have the file there before SQLite makes it, for its owner only; its journal follows suit."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)


class Errand(Generic[Args]):
    """A function that workers run when poked. Called directly it runs here and now."""

    def __init__(self, function: Callable[Args, None], priority: int) -> None:
        self.function = function
        self.task = huey.task(priority=priority, name=f"{function.__module__}.{function.__name__}")(
            function
        )

    def __call__(self, *args: Args.args, **kwargs: Args.kwargs) -> None:
        """Run the function in this thread."""
        self.function(*args, **kwargs)

    def poke(self, *args: Args.args, **kwargs: Args.kwargs) -> None:
        """Have a worker run the function soon; a queue that does not answer is only noted."""
        try:
            open_queue().enqueue(self.task.s(*args, **kwargs, expires=POKE_LIFE_S))
        except FAILURES as error:
            log.warning("%s could not be poked: %s", self.function.__name__, type(error).__name__)

    def poke_by(self, moment: datetime) -> None:
        """Have a worker run the function at this moment, unless one is told to by then already.

        Called by whoever ran it last, so that pokes of many do not pile up for one moment.
        """
        task = self.task.s(eta=moment, expires=POKE_LIFE_S)
        try:
            planned = open_queue().scheduled()
            if not any(one.name == task.name and one.eta <= task.eta for one in planned):
                open_queue().add_schedule(task)
        except FAILURES as error:
            log.warning("%s could not be planned: %s", self.function.__name__, type(error).__name__)


def errand(priority: int) -> Callable[[Callable[Args, None]], Errand[Args]]:
    """Make a function one that workers run; a higher priority is taken first."""
    return lambda function: Errand(function, priority)


class Turn:
    """At most one thread of this process at a time; a poke that comes meanwhile is not lost."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._is_taken = self._is_wanted = False

    def take(self) -> bool:
        """Return whether the turn is mine now; if not, its holder will hear of it."""
        with self._mutex:
            is_mine = not self._is_taken
            self._is_taken = True
            self._is_wanted = not is_mine
            return is_mine

    def give_back(self) -> bool:
        """End the turn; returns whether somebody came by meanwhile."""
        with self._mutex:
            self._is_taken = False
            return self._is_wanted
