"""Digits of all scripts are read, those of the language are written."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.i18n.digits import grouped, localise, parse_count, parse_number, to_ascii
from core.i18n.terms import Language

FA, AR, EN = Language


@pytest.mark.spec("N10")
@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("۰۹۱۲۳۴۵۶۷۸۹", "09123456789"),
        ("٠٩١٢", "0912"),
        ("\uff10\uff19\uff11\uff12", "0912"),
        ("۱٬۲۳۴٫۵", "1,234.5"),
        ("کد ۴۲ب", "کد 42ب"),
        ("plain 7", "plain 7"),
    ],
)
def test_any_digits_are_read_as_ascii(typed: str, read: str) -> None:
    assert to_ascii(typed) == read


@pytest.mark.spec("S107")
@pytest.mark.parametrize(
    ("language", "shown"), [(FA, "۱۲۳ ۴۵۶ ۷۸۹"), (AR, "١٢٣ ٤٥٦ ٧٨٩"), (EN, "123 456 789")]
)
def test_each_language_shows_its_own_digits(language: Language, shown: str) -> None:
    assert localise("۱۲۳ ٤٥٦ 789", language) == shown


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("12", "12"),
        (" ۱۲ ", "12"),
        ("۱۲٣4", "1234"),
        ("1,234", "1234"),
        ("۱٬۲۳۴٬۵۶۷", "1234567"),
        ("۱،۲۳۴", "1234"),
        ("1 234", "1234"),
        ("1\u202f234\u00a0567", "1234567"),
        ("1'234", "1234"),
        ("۱۲٫۵", "12.5"),
        ("1,234.50", "1234.50"),
        (".5", "0.5"),
        ("-7", "-7"),
        ("\u200e\u2212۱۲", "-12"),
        ("\u061c-١٢", "-12"),
        ("+3", "3"),
        ("0", "0"),
    ],
)
def test_a_number_is_read_with_mixed_digits_and_separators(typed: str, value: str) -> None:
    assert parse_number(typed) == Decimal(value)


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "twelve", "دوازده", "1,23", "1,2345", "1.2.3", "1.234,5", "12,34,567", "--1"),
        *("1-", "1e5", "NaN", "inf", "∞", "0x1f", "½", "٪۵", "1.", "1" * 25, "1/2", "१२"),
    ],
)
def test_what_is_no_number_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_number(typed)
    assert refusal.value.code == "number.invalid"
    assert refusal.value.params["example"] == Decimal("1234.5")


@pytest.mark.parametrize(("typed", "value"), [("۵", 5), ("5.0", 5), ("1,000", 1000), ("-0", 0)])
def test_a_count_is_a_whole_number(typed: str, value: int) -> None:
    assert parse_count(typed) == value


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("-1", "number.negative"),
        ("۲٫۵", "number.not_whole"),
        ("1000000000000001", "number.too_large"),
        ("six", "number.invalid"),
    ],
)
def test_a_count_that_cannot_be_is_refused_by_its_reason(typed: str, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        parse_count(typed)


@given(
    value=st.decimals(-(10**15), 10**15, places=3) | st.integers(-(10**15), 10**15),
    language=st.sampled_from(Language),
)
def test_what_is_shown_is_read_back(value: Decimal | int, language: Language) -> None:
    assert parse_number(grouped(value, language)) == value
