"""How often one key may call: a bucket that fills steadily and empties by one a call."""

import threading
import time
from dataclasses import dataclass

PER_MINUTE = 600
AT_ONCE = 120


@dataclass
class _Bucket:
    level: float
    seen_at: float


class Limiter:
    """Counts the calls of each key in this process."""

    def __init__(self, *, per_minute: int = PER_MINUTE, at_once: int = AT_ONCE) -> None:
        self._per_second = per_minute / 60
        self._at_once = at_once
        self._buckets: dict[int, _Bucket] = {}
        self._lock = threading.Lock()

    def wait(self, key_id: int, *, at: float | None = None) -> float:
        """Return 0 and count the call, or how many seconds to wait before the next one.

        at: seconds on a clock that never goes back.
        """
        here = time.monotonic() if at is None else at
        with self._lock:
            bucket = self._buckets.setdefault(key_id, _Bucket(self._at_once, here))
            filled = bucket.level + (here - bucket.seen_at) * self._per_second
            bucket.level, bucket.seen_at = min(filled, self._at_once), here
            if bucket.level >= 1:
                bucket.level -= 1
                return 0
            return (1 - bucket.level) / self._per_second
