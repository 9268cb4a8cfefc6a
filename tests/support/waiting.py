"""Wait for what another process will have done, up to a deadline."""

import time
from collections.abc import Callable


def eventually(question: Callable[[], bool], *, deadline_s: float = 20.0) -> None:
    """Return once the answer is yes; fails after the deadline."""
    end = time.monotonic() + deadline_s
    while not question():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)
