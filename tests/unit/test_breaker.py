"""The breaker: five failures in a minute close the door, one knock a minute asks again."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.delivery.rules import (
    BREAKER_LIMIT,
    Breaker,
    after_failure,
    after_success,
    begin_probe,
    may_try,
)

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def failed(*seconds: float, breaker: Breaker | None = None) -> Breaker:
    breaker = breaker or Breaker()
    for second in seconds:
        breaker = after_failure(breaker, at(second))
    return breaker


def test_four_failures_leave_it_closed_and_the_fifth_opens_it() -> None:
    four = failed(0, 10, 20, 30)
    assert may_try(four, at(31))
    assert not may_try(after_failure(four, at(40)), at(41))


def test_failures_that_are_a_minute_apart_do_not_add_up() -> None:
    assert may_try(failed(*range(0, 6_000, 15)), at(6_001))
    assert may_try(failed(0, 1, 2, 3, 61, 62), at(63))


def test_a_success_forgives_all() -> None:
    assert after_success(failed(0, 1, 2, 3)) == Breaker()
    assert may_try(failed(5, breaker=after_success(failed(0, 1, 2, 3))), at(6))


def test_an_open_breaker_lets_one_probe_through_each_minute() -> None:
    opened = failed(0, 1, 2, 3, 4)
    assert not may_try(opened, at(63))
    assert may_try(opened, at(64))
    probing = begin_probe(opened, at(64))
    assert not may_try(probing, at(65))
    failed_again = after_failure(probing, at(70))
    assert not may_try(failed_again, at(129))
    assert may_try(failed_again, at(130))
    assert may_try(after_success(begin_probe(failed_again, at(130))), at(131))


def test_a_probe_of_a_closed_breaker_changes_nothing() -> None:
    assert begin_probe(failed(0, 1), at(2)) == failed(0, 1)


def test_a_clock_set_back_two_hours_does_not_silence_the_provider() -> None:
    opened = failed(7_200, 7_201, 7_202, 7_203, 7_204)
    assert may_try(opened, at(0))
    assert may_try(failed(7_200, 7_200, 7_200, 7_200, 0), at(1))


@given(st.lists(st.floats(0, 600), max_size=60).map(sorted))
def test_it_is_open_exactly_when_some_minute_held_five_failures(seconds: list[float]) -> None:
    breaker = failed(*seconds)
    moments = [at(second) for second in seconds]
    has_five = any(
        later - earlier < timedelta(seconds=60)
        for earlier, later in zip(moments, moments[BREAKER_LIMIT - 1 :], strict=False)
    )
    assert (breaker.opened_at is not None) is has_five
    assert len(breaker.failures) <= BREAKER_LIMIT
