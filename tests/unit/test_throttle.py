"""How fast one may guess, and that nobody is locked out by somebody else's guesses."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.accounts.rules import (
    ACCOUNT_CAP,
    ADDRESS_CAP,
    CAP_WINDOW,
    FORGET_AFTER,
    FREE_TRIES,
    LONGEST_DELAY,
    TOTAL_CAP,
    Failures,
    waiting_time,
)

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)


class Attack:
    """Keeps the failed attempts that reached the hash, as the store does."""

    def __init__(self) -> None:
        self.reached: list[tuple[datetime, str]] = []

    def failures(self, ip: str, now: datetime, *, is_known_place: bool = False) -> Failures:
        here = [at for at, whence in self.reached if whence == ip and at > now - FORGET_AFTER]
        recent = [whence for at, whence in self.reached if at > now - CAP_WINDOW]
        return Failures(
            here_count=len(here),
            here_last_at=max(here, default=None),
            account_count=len(recent),
            address_count=recent.count(ip),
            total_count=len(recent),
            is_known_place=is_known_place,
        )

    def wait(self, ip: str, now: datetime, *, is_known_place: bool = False) -> timedelta:
        found = self.failures(ip, now, is_known_place=is_known_place)
        return waiting_time(found, now=now, account_cap=ACCOUNT_CAP)

    def guess(self, ip: str, now: datetime) -> None:
        if not self.wait(ip, now):
            self.reached.append((now, ip))


def run(attack: Attack, addresses: list[str], *, guesses: int = 10_000) -> datetime:
    """Guess evenly for ten minutes, from one address after the other."""
    moment = NOW
    for number in range(guesses):
        moment = NOW + TEN_MINUTES * number / guesses
        attack.guess(addresses[number % len(addresses)], moment)
    return moment


@pytest.mark.spec("T29")
def test_ten_thousand_guesses_from_one_address_hardly_reach_the_hash() -> None:
    attack = Attack()
    end = run(attack, ["203.0.113.9"])
    assert FREE_TRIES < len(attack.reached) <= 30
    assert not attack.wait("198.51.100.7", end), "the real person, elsewhere, is let try"


@pytest.mark.spec("T29")
def test_ten_thousand_guesses_from_a_thousand_addresses_reach_it_no_more_often() -> None:
    attack = Attack()
    end = run(attack, [f"10.0.{n // 250}.{n % 250}" for n in range(1000)])
    assert len(attack.reached) <= 30
    assert not attack.wait("198.51.100.7", end, is_known_place=True)


@pytest.mark.spec("T29")
def test_after_the_storm_everybody_gets_in_again() -> None:
    attack = Attack()
    end = run(attack, [f"10.0.0.{n}" for n in range(200)])
    assert attack.wait("198.51.100.7", end)
    assert not attack.wait("198.51.100.7", end + CAP_WINDOW)


@pytest.mark.parametrize(
    ("count", "seconds"),
    [(0, 0), (1, 0), (2, 0), (3, 2), (4, 4), (5, 8), (8, 64), (11, 512), (12, 900), (500, 900)],
)
def test_the_delay_doubles_and_ends_at_a_quarter_of_an_hour(count: int, seconds: int) -> None:
    failures = Failures(here_count=count, here_last_at=NOW if count else None)
    wait = waiting_time(failures, now=NOW, account_cap=ACCOUNT_CAP)
    assert wait == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("failures", "waits"),
    [
        (Failures(account_count=ACCOUNT_CAP - 1), False),
        (Failures(account_count=ACCOUNT_CAP), True),
        (Failures(account_count=ACCOUNT_CAP, is_known_place=True), False),
        (Failures(total_count=TOTAL_CAP), True),
        (Failures(total_count=TOTAL_CAP, is_known_place=True), False),
        (Failures(address_count=ADDRESS_CAP), True),
        (Failures(address_count=ADDRESS_CAP, is_known_place=True), True),
    ],
)
def test_the_caps_spare_a_place_the_account_was_used_from(failures: Failures, waits: bool) -> None:
    assert bool(waiting_time(failures, now=NOW, account_cap=ACCOUNT_CAP)) is waits


@given(
    count=st.integers(0, 10**6),
    ago=st.timedeltas(min_value=timedelta(), max_value=FORGET_AFTER),
    total=st.integers(0, 10**6),
)
def test_nobody_ever_waits_longer_than_the_longest_delay(
    count: int, ago: timedelta, total: int
) -> None:
    failures = Failures(here_count=count, here_last_at=NOW - ago, total_count=total)
    wait = waiting_time(failures, now=NOW, account_cap=ACCOUNT_CAP)
    assert timedelta() <= wait <= LONGEST_DELAY
