"""Text from people: kept safely, found in every spelling, shown without disturbing its sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.i18n.text import (
    direction,
    isolate,
    persian_letters,
    search_key,
    stored,
    stored_line,
)


@pytest.mark.spec("N10")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("علی", "علي"),
        ("کریم", "كريم"),
        ("مصطفی", "مصطفى"),
        ("فاطمه", "فاطمة"),
        ("می‌شود", "میشود"),
        ("محمّد", "محمد"),
        ("آرمان", "ارمان"),
        ("أحمد", "احمد"),
        ("مؤمن", "مومن"),
        ("خانهٔ ما", "خانه ما"),
        ("خانۀ ما", "خانه ما"),
        ("عـــلی", "علی"),
        ("۰۹۱۲", "0912"),
        ("٠٩١٢", "۰۹۱۲"),
        ("  دو   واژه ", "دو واژه"),
        ("ﻋﻠﻲ", "علی"),
        ("STRASSE", "straße"),
        ("Café", "cafe"),
        ("Ali\u200f", "ali"),
    ],
)
def test_two_spellings_are_found_by_each_other(one: str, other: str) -> None:
    assert search_key(one) == search_key(other)


@pytest.mark.parametrize(("one", "other"), [("علی", "عالی"), ("سارا", "سرا"), ("12", "21")])
def test_different_words_stay_different(one: str, other: str) -> None:
    assert search_key(one) != search_key(other)


@given(st.text())
def test_a_search_key_is_its_own_search_key(text: str) -> None:
    assert search_key(search_key(text)) == search_key(text)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ali \n", "Ali"),
        ("می‌شود", "می‌شود"),
        ("a\x00b\x07c\x9fd\x7f", "abcd"),
        ("a\u202eb\u2066c\u2069", "abc"),
        ("\ufeffname", "name"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("a\tb", "a\tb"),
        ("bad\ud800half", "badhalf"),
        ("علي", "علي"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("", ""),
    ],
)
def test_text_is_kept_without_what_could_harm(typed: str, kept: str) -> None:
    assert stored(typed) == kept


@given(st.text(st.characters(exclude_categories=[])))
def test_kept_text_can_be_stored_anywhere_and_stays_as_it_is(text: str) -> None:
    kept = stored(text)
    assert kept.encode().decode() == kept
    assert "\x00" not in kept
    assert stored(kept) == kept


def test_a_line_has_no_line_end() -> None:
    assert stored_line(" one\r\ntwo\t three ") == "one two three"


def test_persian_text_is_written_with_persian_letters() -> None:
    assert persian_letters("علي كريمى") == "علی کریمی"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("سلام Bob", "rtl"),
        ("Bob سلام", "ltr"),
        ("«Bob»", "ltr"),
        ("123 سلام", "rtl"),
        ("+98 912", "ltr"),
        ("10:30", "ltr"),
        ("۱۲۳", None),
        ("42", None),
        ("!", None),
        ("", None),
    ],
)
def test_direction_is_that_of_the_first_letter(text: str, expected: str | None) -> None:
    assert direction(text) == expected


def test_an_isolated_text_cannot_break_out() -> None:
    assert isolate("evil\u2069\u202e") == "\u2068evil\u2069"
