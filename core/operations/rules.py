"""Pure decisions about stock. All quantities are pieces."""

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from core.operations.terms import DayLevel, Level, StockState, StockWord, Transition


def state_of(on_hand: int, reorder_point: int) -> StockState:
    """Return LOW at or under the reorder point."""
    return StockState.LOW if on_hand <= reorder_point else StockState.OK


def stock_transition(on_hand_before: int, on_hand_after: int, reorder_point: int) -> Transition:
    """Return what a movement does to the state of an item."""
    return Transition(
        state_of(on_hand_before, reorder_point), state_of(on_hand_after, reorder_point)
    )


def point_transition(on_hand: int, point_before: int, point_after: int) -> Transition:
    """Return what a new reorder point does to the state of an item."""
    return Transition(state_of(on_hand, point_before), state_of(on_hand, point_after))


def stock_word(on_hand: int, reorder_point: int) -> StockWord:
    """Return how people call the count: below zero it was sold twice, zero is out."""
    if on_hand < 0:
        return StockWord.OVERSOLD
    if on_hand == 0:
        return StockWord.OUT
    is_low = state_of(on_hand, reorder_point) is StockState.LOW
    return StockWord.LOW if is_low else StockWord.OK


def daily_levels(
    before: int, levels: Sequence[Level], *, since: date, until: date, zone: ZoneInfo
) -> list[DayLevel]:
    """Return what was on hand at the end of each local day, both days included.

    before: the count at the beginning of `since`; levels: those reached since, in order.
    """
    last = {level.at.astimezone(zone).date(): level.on_hand for level in levels}
    days: list[DayLevel] = []
    for number in range((until - since).days + 1):
        day = since + timedelta(days=number)
        before = last.get(day, before)
        days.append(DayLevel(day, before))
    return days
