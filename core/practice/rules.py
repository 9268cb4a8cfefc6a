"""What happened to the made-up stock, day by day; always the same for the same days. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zlib import crc32

from core.operations.terms import MovementKind
from core.practice.terms import Day, Good, Shortage, Step

DAYS = 90
CLOSED_WEEKDAY = 4
LATE_FOR = 14
COUNTED_EVERY = 30
_OPENS_AT, _OPEN_MINUTES = timedelta(hours=5), 420


def history(good: Good, *, now: datetime) -> list[Step]:
    """Return the movements of the last 90 days, the opening first, all before `now`.

    The count is never below zero. An item that is short ends at or under its reorder point, any
    other one above it.
    """
    run = _Run(good)
    run.note(_moment(now, DAYS, 0), MovementKind.OPENING, good.lot + good.reorder_point)
    for number in range(1, DAYS):
        moment = _moment(now, DAYS - number, draw(good.code, number, "minute", limit=_OPEN_MINUTES))
        is_open = moment.weekday() != CLOSED_WEEKDAY
        _live(run, Day(moment.date(), number, is_open), moment)
    _finish(run, now)
    return run.steps


def shortages(good: Good, steps: Sequence[Step]) -> list[Shortage]:
    """Return the times that are over in which the item was at or under its reorder point."""
    found: list[Shortage] = []
    since: Step | None = None
    for step in steps:
        is_low = step.on_hand <= good.reorder_point
        if is_low and since is None:
            since = step
        elif not is_low and since is not None:
            found.append(Shortage(since.at, step.at, since.on_hand))
            since = None
    return found


def draw(code: str, number: int, what: str, *, limit: int) -> int:
    """Return a number from 0 to below the limit that looks drawn and is always the same."""
    return crc32(f"{code}:{number}:{what}".encode()) % limit


@dataclass
class _Run:
    good: Good
    steps: list[Step] = field(default_factory=list)
    on_hand: int = 0
    arrives_on: int | None = None

    def note(self, at: datetime, kind: MovementKind, quantity: int) -> None:
        self.on_hand += quantity
        self.steps.append(Step(at, kind, quantity, self.on_hand))


def _live(run: _Run, day: Day, moment: datetime) -> None:
    """Let one day pass: what was ordered arrives, some is sold, and low stock is ordered again."""
    good = run.good
    if run.arrives_on is not None and day.number >= run.arrives_on:
        run.note(moment - timedelta(minutes=40), MovementKind.RECEIPT, good.lot)
        run.arrives_on = None
    sold = min(_demand(good, day), run.on_hand)
    if sold:
        run.note(moment, MovementKind.SALE, -sold)
    if sold and draw(good.code, day.number, "return", limit=23) == 0:
        run.note(moment + timedelta(minutes=25), MovementKind.RETURN, 1)
    if day.number % COUNTED_EVERY == 0 and run.on_hand > good.reorder_point + 1:
        run.note(moment + timedelta(minutes=50), MovementKind.COUNT, -1)
    if run.on_hand <= good.reorder_point and run.arrives_on is None:
        run.arrives_on = day.number + 2 + draw(good.code, day.number, "lead", limit=4)
        if good.is_short and run.arrives_on > DAYS - LATE_FOR:
            run.arrives_on = DAYS * 2


def _demand(good: Good, day: Day) -> int:
    """More is sold at the end of the week, nothing when the shop is closed."""
    if not day.is_open:
        return 0
    is_busy = (day.date.weekday() + 1) % 7 == CLOSED_WEEKDAY
    usual = good.daily * (3 if is_busy else 2)
    return draw(good.code, day.number, "sold", limit=usual + 1)


def _finish(run: _Run, now: datetime) -> None:
    """Leave a short item low, and any other one in stock, in the last hours."""
    good, at = run.good, now - timedelta(hours=3)
    is_low = run.on_hand <= good.reorder_point
    if good.is_short and not is_low:
        left = max(good.reorder_point - 2, 1)
        run.note(at, MovementKind.SALE, left - run.on_hand)
    elif is_low and not good.is_short:
        run.note(at, MovementKind.RECEIPT, good.lot)


def _moment(now: datetime, days_ago: int, minutes: int) -> datetime:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=days_ago) + _OPENS_AT + timedelta(minutes=minutes)
