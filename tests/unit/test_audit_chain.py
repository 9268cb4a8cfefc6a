"""The chain of the audit log: whatever is done to a row, the check names that row first."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.audit import rules
from core.audit.terms import Anchor, Fault, Finding, SealedRow

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
KEY, OLD_KEY, LOST_KEY = (rules.derived(name) for name in (b"new", b"old", b"lost"))
KEYS = [KEY, OLD_KEY]
ROWS = 10_000
TRIALS = 100


def row(number: int, key: bytes = KEY) -> dict[str, object]:
    values: dict[str, object] = {
        "at": START + timedelta(seconds=number),
        "actor_kind": "user",
        "actor_name": "سارا احمدی",
        "action": "stock.adjusted",
        "object_id": number % 97,
        "before": {"on_hand": number},
        "after": {"on_hand": number - 1},
    }
    return {**values, "id": number, "signature": rules.signed(key, rules.row_body(values))}


def chain_of(rows: Sequence[dict[str, object]], key: bytes = KEY) -> list[SealedRow]:
    previous, made = rules.GENESIS, []
    for position, found in enumerate(rows, start=1):
        previous = rules.signed(key, rules.link_body(position, found, previous))
        made.append(SealedRow(position, previous, int(str(found["id"])), found))
    return made


@pytest.fixture(scope="module")
def sealed() -> list[SealedRow]:
    return chain_of([row(number) for number in range(1, ROWS + 1)])


def alter(chain: list[SealedRow], place: int, chance: random.Random) -> Finding:
    link = chain[place]
    assert link.row is not None
    field = chance.choice(["after", "actor_name", "at", "action"])
    changed = {"after": {"on_hand": 10**6}, "actor_name": "x", "action": "y", "at": START}[field]
    chain[place] = replace(link, row={**link.row, field: changed})
    return Finding(Fault.ALTERED, link.position, link.entry_id)


def delete(chain: list[SealedRow], place: int, chance: random.Random) -> Finding:
    link = chain[place]
    if chance.random() < 0.5:  # the row alone, or its seal with it
        chain[place] = replace(link, row=None)
        return Finding(Fault.MISSING, link.position, link.entry_id)
    del chain[place]
    return Finding(Fault.MISSING, link.position)


def reorder(chain: list[SealedRow], place: int, chance: random.Random) -> Finding:
    other = chance.randrange(place + 1, len(chain))
    mine, theirs = chain[place], chain[other]
    chain[place] = replace(mine, entry_id=theirs.entry_id, row=theirs.row)
    chain[other] = replace(theirs, entry_id=mine.entry_id, row=mine.row)
    return Finding(Fault.REORDERED, mine.position, theirs.entry_id)


def insert(chain: list[SealedRow], place: int) -> Finding:
    forged = row(ROWS + 1, LOST_KEY)
    claimed = str(forged["signature"]).replace(rules.key_id(LOST_KEY), rules.key_id(KEY))
    forged["signature"] = claimed
    kept = [link.row for link in chain if link.row is not None]
    chain[:] = chain_of([*kept[:place], forged, *kept[place:]])  # the sealer itself took it in
    return Finding(Fault.INSERTED, place + 1, ROWS + 1)


@pytest.mark.spec("T58")
@pytest.mark.parametrize("tamper", [alter, delete, reorder])
def test_the_first_bad_row_of_ten_thousand_is_named_in_every_trial(
    sealed: list[SealedRow],
    tamper: Callable[[list[SealedRow], int, random.Random], Finding],
) -> None:
    chance = random.Random(58)
    for place in chance.sample(range(ROWS - 1), TRIALS // 3):
        chain = list(sealed)
        expected = tamper(chain, place, chance)
        assert next(rules.check(KEYS, chain)) == expected, f"place {place}"


@pytest.mark.spec("T58")
def test_a_row_nobody_wrote_is_named_even_after_it_was_sealed() -> None:
    chance = random.Random(58)
    small = chain_of([row(number) for number in range(1, 201)])
    for place in chance.sample(range(200), TRIALS):
        chain = list(small)
        expected = insert(chain, place)
        assert list(rules.check(KEYS, chain)) == [expected], f"place {place}"


@pytest.mark.spec("T58")
def test_a_tail_cut_behind_an_anchor_is_named_in_every_trial(sealed: list[SealedRow]) -> None:
    chance = random.Random(58)
    for _ in range(TRIALS):
        anchor = anchor_at(sealed[chance.randrange(1, ROWS)])
        kept = chance.randrange(anchor.position)
        found = rules.anchor_fault(KEYS, anchor, head=kept, seal=None)
        assert found == Finding(Fault.CUT, anchor.position)


def anchor_at(link: SealedRow, key: bytes = KEY) -> Anchor:
    body = rules.anchor_body(START, link.position, link.hash)
    return Anchor(START, link.position, link.hash, rules.signed(key, body))


def test_an_untouched_chain_is_sound(sealed: list[SealedRow]) -> None:
    assert list(rules.check(KEYS, sealed)) == []


def test_every_bad_row_is_named_and_no_innocent_one() -> None:
    chain = chain_of([row(number) for number in range(1, 51)])
    chance = random.Random(1)
    expected = [alter(chain, 9, chance), alter(chain, 30, chance)]
    chain[20] = replace(chain[20], row=None)
    expected.insert(1, Finding(Fault.MISSING, 21, 21))
    assert list(rules.check(KEYS, chain)) == expected


def test_a_changed_seal_is_not_blamed_on_the_row_after_it() -> None:
    chain = chain_of([row(number) for number in range(1, 11)])
    chain[4] = replace(chain[4], hash=rules.signed(KEY, b"something else"))
    assert list(rules.check(KEYS, chain)) == [Finding(Fault.REORDERED, 5, 5)]


def test_a_chain_that_changed_its_key_midway_is_sound() -> None:
    early = chain_of([row(number, OLD_KEY) for number in range(1, 6)], OLD_KEY)
    late_row = row(6)
    body = rules.link_body(6, late_row, early[-1].hash)
    chain = [*early, SealedRow(6, rules.signed(KEY, body), 6, late_row)]
    assert list(rules.check(KEYS, chain)) == []


def test_rows_sealed_with_a_lost_key_are_not_called_forged() -> None:
    chain = chain_of([row(1, LOST_KEY), row(2, LOST_KEY)], LOST_KEY)
    assert {finding.fault for finding in rules.check(KEYS, chain)} == {Fault.FOREIGN_KEY}


@pytest.mark.parametrize(
    ("position", "last_position", "age", "is_due"),
    [
        (0, None, timedelta(0), False),
        (1, None, timedelta(0), True),
        (1_000, 1, timedelta(minutes=1), False),
        (1_001, 1, timedelta(minutes=1), True),
        (2, 1, timedelta(minutes=59), False),
        (2, 1, timedelta(hours=1), True),
        (1, 1, timedelta(days=3), False),
    ],
)
def test_an_anchor_is_due_every_thousand_rows_or_every_hour_with_new_ones(
    *, position: int, last_position: int | None, age: timedelta, is_due: bool
) -> None:
    last = Anchor(START, last_position, "", "") if last_position else None
    assert rules.is_anchor_due(position=position, last=last, now=START + age) is is_due


def test_an_anchor_survives_its_line_and_a_changed_line_is_found(sealed: list[SealedRow]) -> None:
    anchor = anchor_at(sealed[9])
    (read,) = rules.read_anchors(rules.anchor_line(anchor).splitlines())
    assert read == anchor
    seal = sealed[9].hash
    assert rules.anchor_fault(KEYS, anchor, head=ROWS, seal=seal) is None
    moved = replace(anchor, position=8)
    assert rules.anchor_fault(KEYS, moved, head=ROWS, seal=seal) == Finding(Fault.BAD_ANCHOR, 8)
    rewritten = rules.anchor_fault(KEYS, anchor, head=ROWS, seal=sealed[10].hash)
    assert rewritten == Finding(Fault.REWRITTEN, 10)
    assert rules.read_anchors(["nonsense", "a b c d"]) == [None, None]
    assert rules.anchor_fault(KEYS, None, head=ROWS, seal=None) == Finding(Fault.BAD_ANCHOR)


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (Colour.RED, "red"),
        (START, "2026-11-21T08:00:00+00:00"),
        (date(2026, 11, 21), "2026-11-21"),
        (Decimal("1.50"), "1.50"),
        (3.0, 3),
        (float("nan"), "nan"),
        ("a\0b", "ab"),
        ("half \ud800", "half ?"),
        ({2, 1}, [1, 2]),
        ({1: {"x": (None, True)}}, {"1": {"x": [None, True]}}),
    ],
)
def test_values_are_kept_as_every_store_can_keep_them(value: object, kept: object) -> None:
    assert rules.plain(value) == kept


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(values=st.dictionaries(st.text(), JSON))
def test_the_canonical_text_is_the_same_after_a_round_trip_through_json(
    values: dict[str, object],
) -> None:
    kept = rules.canonical(values)
    assert rules.canonical(json.loads(kept)) == kept
