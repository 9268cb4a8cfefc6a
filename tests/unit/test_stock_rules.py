"""Stock: when an item is low, what people call a count, and what codes and counts are accepted."""

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.commerce.inputs import LineReader, moment
from core.commerce.rules import customer_number, is_article, minor_units, plain_code
from core.errors import Invalid
from core.operations import inputs
from core.operations.rules import (
    daily_levels,
    point_transition,
    state_of,
    stock_transition,
    stock_word,
)
from core.operations.terms import Level, MovementKind, NewItem, StockState, StockWord

OK, LOW = StockState.OK, StockState.LOW
ZONE = ZoneInfo("Asia/Tehran")
counts = st.integers(min_value=-(10**9), max_value=10**9)
points = st.integers(min_value=0, max_value=10**9)


@pytest.mark.spec("S86")
@pytest.mark.parametrize(
    ("before", "after", "point", "expected"),
    [
        (11, 10, 10, (OK, LOW)),  # at the point is low
        (12, 11, 10, (OK, OK)),
        (10, 9, 10, (LOW, LOW)),  # once until above
        (10, 11, 10, (LOW, OK)),
        (9, 10, 10, (LOW, LOW)),  # back at the point is still low
        (1, 0, 0, (OK, LOW)),
        (0, -1, 0, (LOW, LOW)),
        (5, 5, 10, (LOW, LOW)),
        (100, -100, 20, (OK, LOW)),
        (-100, 21, 20, (LOW, OK)),
    ],
)
def test_an_item_is_low_at_or_under_its_point(
    before: int, after: int, point: int, expected: tuple[StockState, StockState]
) -> None:
    transition = stock_transition(before, after, point)
    assert (transition.before, transition.after) == expected
    assert transition.is_crossing is (expected[0] is not expected[1])


@pytest.mark.parametrize(
    ("on_hand", "before", "after", "expected"),
    [
        (10, 9, 10, (OK, LOW)),
        (10, 10, 9, (LOW, OK)),
        (10, 20, 11, (LOW, LOW)),
        (10, 0, 9, (OK, OK)),
    ],
)
def test_a_new_point_moves_an_item_as_a_movement_does(
    on_hand: int, before: int, after: int, expected: tuple[StockState, StockState]
) -> None:
    transition = point_transition(on_hand, before, after)
    assert (transition.before, transition.after) == expected


@given(st.lists(counts, min_size=2, max_size=30), points)
def test_crossings_alternate_and_tell_the_last_state(levels: list[int], point: int) -> None:
    steps = [stock_transition(a, b, point) for a, b in itertools.pairwise(levels)]
    crossings = [step for step in steps if step.is_crossing]
    for one, following in itertools.pairwise(crossings):
        assert one.after is following.before
    last = crossings[-1].after if crossings else state_of(levels[0], point)
    assert last is state_of(levels[-1], point)


@pytest.mark.parametrize(
    ("on_hand", "point", "word"),
    [
        (-1, 0, StockWord.OVERSOLD),
        (0, 5, StockWord.OUT),
        (5, 5, StockWord.LOW),
        (6, 5, StockWord.OK),
    ],
)
def test_a_count_has_one_name(on_hand: int, point: int, word: StockWord) -> None:
    assert stock_word(on_hand, point) is word


def test_days_carry_their_last_count_over_days_without_movements() -> None:
    zone = ZoneInfo("Asia/Tehran")
    late = datetime(2026, 4, 1, 21, 0, tzinfo=UTC)  # 2 April, 00:30 in Tehran
    levels = [Level(late, 7), Level(late + timedelta(hours=1), 5)]
    days = daily_levels(9, levels, since=date(2026, 4, 1), until=date(2026, 4, 3), zone=zone)
    assert [(day.day.day, day.on_hand) for day in days] == [(1, 9), (2, 5), (3, 5)]


@pytest.mark.spec("N10")
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("85123A", "85123A"),
        ("85123a", "85123a"),
        (" 85123A ", "85123A"),
        ("۸۵۱۲۳A", "85123A"),
        ("٨٥١٢٣A", "85123A"),
        ("كيف-١", "کیف-1"),
        ("کیف-۱", "کیف-1"),
        ("کی\u200cف\u200f-1", "کیف-1"),
    ],
)
def test_a_code_is_compared_exactly_but_for_what_the_eye_cannot_tell(typed: str, kept: str) -> None:
    assert plain_code(typed) == kept
    assert inputs.clean_code(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [("", "stock.code_missing"), (" \u200c\u200f ", "stock.code_missing"),
     ("x" * 61, "stock.code_long")],
)  # fmt: skip
def test_a_code_has_one_to_sixty_signs(typed: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        inputs.clean_code(typed)
    assert (refused.value.code, refused.value.field) == (code, "code")


@pytest.mark.parametrize(
    ("typed", "count"),
    [("0", 0), ("۱۲", 12), ("١٢", 12), ("۱۲٬۰۰۰", 12000), ("1,200", 1200), ("5.0", 5), (" 7 ", 7),
     ("\u200f۳", 3)],
)  # fmt: skip
def test_counts_are_read_in_any_digits(typed: str, count: int) -> None:
    assert inputs.read_count("on_hand", typed) == count


@pytest.mark.parametrize(
    ("typed", "code"),
    [("-1", "number.negative"), ("۱٫۵", "number.not_whole"), ("1.5", "number.not_whole"),
     ("ten", "number.invalid"), ("1e3", "number.invalid"), ("9" * 14, "number.too_large"),
     ("²", "number.invalid"), ("1 2", "number.invalid"), ("−3", "number.negative")],
)  # fmt: skip
def test_what_is_no_count_is_refused_at_its_field(typed: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        inputs.read_count("on_hand", typed)
    assert (refused.value.code, refused.value.field) == (code, "on_hand")


@pytest.mark.parametrize(
    ("new", "field", "code"),
    [
        (NewItem(""), "code", "stock.code_missing"),
        (NewItem("a", name="n" * 201), "name", "stock.text_long"),
        (NewItem("a", category="n" * 81), "category", "stock.text_long"),
        (NewItem("a", unit="n" * 31), "unit", "stock.text_long"),
        (NewItem("a", on_hand=-1), "on_hand", "number.negative"),
        (NewItem("a", reorder_point=-1), "reorder_point", "number.negative"),
        (NewItem("a", on_hand=10**13), "on_hand", "number.too_large"),
    ],
)
def test_a_new_item_is_refused_at_the_field_at_fault(new: NewItem, field: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        inputs.checked_item(new)
    assert (refused.value.field, refused.value.code) == (field, code)


def test_an_item_without_a_visible_name_goes_by_its_code() -> None:
    assert inputs.checked_item(NewItem("A-1", name=" \u200f ")).name == "A-1"


@pytest.mark.parametrize(
    ("kind", "quantity", "signed"),
    [(MovementKind.RECEIPT, 3, 3), (MovementKind.RETURN, 3, 3), (MovementKind.ISSUE, 3, -3),
     (MovementKind.SALE, 3, -3)],
)  # fmt: skip
def test_the_kind_of_a_movement_says_its_direction(
    kind: MovementKind, quantity: int, signed: int
) -> None:
    assert inputs.signed_quantity(kind, quantity) == signed


@pytest.mark.parametrize(
    ("kind", "quantity", "code"),
    [(MovementKind.COUNT, 3, "stock.kind_without_quantity"),
     (MovementKind.RECEIPT, 0, "stock.quantity_missing"),
     (MovementKind.ISSUE, -3, "number.negative")],
)  # fmt: skip
def test_a_movement_by_hand_has_a_direction_and_pieces(
    kind: MovementKind, quantity: int, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        inputs.signed_quantity(kind, quantity)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("code", "is_kept"),
    [("85123A", True), ("22139", True), ("POST", False), ("C2", False), ("8512", False),
     ("DCGS0076", False), ("gift_0001_40", False), (" 85123", False), ("², 85123", False)],
)  # fmt: skip
def test_codes_with_five_leading_digits_are_kept_in_stock(code: str, *, is_kept: bool) -> None:
    assert is_article(code) is is_kept


@pytest.mark.parametrize(
    ("typed", "number"),
    [("17850.0", "17850"), ("17850", "17850"), (" 17850 ", "17850"), ("", ""), ("A-1.0", "A-1.0"),
     ("12.50", "12.50")],
)  # fmt: skip
def test_customer_numbers_lose_what_spreadsheets_add(typed: str, number: str) -> None:
    assert customer_number(typed) == number


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_prices_keep_their_pennies(price: object) -> None:
    assert minor_units(price, 2) == int(price * 100)  # type: ignore[operator, arg-type]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2010-12-01 08:26:00", "2010-12-01T04:56:00+00:00"),
        ("2010-12-01", "2010-11-30T20:30:00+00:00"),
        ("۱۳۸۹/۰۹/۱۰ ۸:۲۶", "2010-12-01T04:56:00+00:00"),
        ("1389-09-10 08:26", "2010-12-01T04:56:00+00:00"),
        ("2010-12-01T08:26:00Z", "2010-12-01T08:26:00+00:00"),
        ("2010-12-01 08:26:00.000 +0330", "2010-12-01T04:56:00+00:00"),
        ("2022-06-01 12:00", "2022-06-01T07:30:00+00:00"),
    ],
)
def test_times_are_local_to_the_organisation(typed: str, expected: str) -> None:
    assert moment(typed, ZONE).isoformat() == expected


def test_lines_are_numbered_within_their_order() -> None:
    reader = LineReader(2, ZONE)
    found = [reader.number(reference, "") for reference in ["1", "1", "2", "1"]]
    assert found == [1, 2, 1, 3]
    assert reader.number("1", "۹") == 9
    with pytest.raises(Invalid):
        reader.number("1", "0")
