"""Which passwords are refused, and why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.accounts.passwords import common, hashed, matches
from core.accounts.rules import PASSWORD_MAX, PASSWORD_MIN, comparable, password_fault
from core.accounts.terms import PasswordFault

WORDS = ("chapar", "چاپار", "فروشگاه سپیدار", "n.karimi@sepidar.ir", "نرگس کریمی")
FAULT = PasswordFault

TABLE = [
    ("", FAULT.TOO_SHORT),
    ("a", FAULT.TOO_SHORT),
    ("Tr0ub4dor&3", FAULT.TOO_SHORT),
    ("سلام دنیا", FAULT.TOO_SHORT),
    ("x" * 11, FAULT.TOO_SHORT),
    ("x" * 1025, FAULT.TOO_LONG),
    ("vault otter " * 100, FAULT.TOO_LONG),
    ("x" * 12, FAULT.TOO_SIMPLE),
    ("ababababababab", FAULT.TOO_SIMPLE),
    ("112112112112", FAULT.TOO_SIMPLE),
    ("abcdefghijklmn", FAULT.TOO_SIMPLE),
    ("zyxwvutsrqpo", FAULT.TOO_SIMPLE),
    ("vault1vault1vault1", FAULT.TOO_SIMPLE),
    ("            ", FAULT.TOO_SIMPLE),
    ("password1234", FAULT.COMMON),
    ("Password1234!", FAULT.COMMON),
    ("PASSWORDPASSWORD", FAULT.COMMON),
    ("P@ssw0rd123!", FAULT.COMMON),
    ("qwertyuiop123", FAULT.COMMON),
    ("1qaz2wsx3edc", FAULT.COMMON),
    ("123456789012", FAULT.COMMON),
    ("۱۲۳۴۵۶۷۸۹۰۱۲", FAULT.COMMON),
    ("iloveyou123456", FAULT.COMMON),
    ("correct horse battery staple", FAULT.COMMON),
    ("ضصثقفغعهخحجچ", FAULT.COMMON),
    ("شسیبلاتنمکگ12", FAULT.COMMON),
    ("رمز عبور من ۱۲۳", FAULT.COMMON),
    ("دوستت دارم ۱۴۰۵", FAULT.COMMON),
    ("دوستت دارم عزیزم", FAULT.COMMON),
    ("letmein-letmein", FAULT.COMMON),
    ("chapar is lovely today", FAULT.OWN_WORD),
    ("my-چاپار-is-quick", FAULT.OWN_WORD),
    ("سپیدار کوهستان آبی", FAULT.OWN_WORD),
    ("sepidar-9317-river", FAULT.OWN_WORD),
    ("KARIMI walks at dawn", FAULT.OWN_WORD),
    ("كريمي در جنگل راه رفت", FAULT.OWN_WORD),
    ("vault otter cobalt mitten", None),
    ("gV7!kq2zT#9w", None),
    ("قایق نعناع پنجره چکش", None),
    ("سه‌شنبه باران تندی بارید", None),
    ("0e1234567890157386924", None),
    ("' OR 1=1; DROP TABLE user; --", None),
    ("🐢🍋🚲🌙⛵🎻🧭🪁🥁🌵🐝🧊", None),
    ("no upper case and no digit at all", None),
    ("tab\tand\nnewline are fine", None),
]


@pytest.mark.spec("T57")
@pytest.mark.parametrize(("password", "fault"), TABLE)
def test_a_password_is_judged_by_what_can_be_guessed_not_by_its_kinds_of_signs(
    password: str, fault: PasswordFault | None
) -> None:
    assert password_fault(password, words=WORDS, common=common()) is fault


@pytest.mark.spec("T57")
def test_a_password_is_compared_to_its_last_character() -> None:
    trap = "cobalt otter vault mitten " * 3
    assert len(trap) > 72
    kept = hashed(trap)
    assert matches(kept, trap)
    assert not matches(kept, trap[:72])
    assert not matches(kept, trap[:-1] + "x")


@pytest.mark.spec("T57")
def test_the_longest_password_allowed_works_whole_and_one_longer_is_never_right() -> None:
    longest = ("vault otter " * 100)[:PASSWORD_MAX]
    assert password_fault(longest[:-4] + "Q7!k", words=(), common=common()) is None
    kept = hashed(longest)
    assert matches(kept, longest)
    assert not matches(kept, longest + "v")


def test_the_same_letters_composed_differently_are_the_same_password() -> None:
    composed, decomposed = "caf\u00e9 mitten cobalt", "cafe\u0301 mitten cobalt"
    assert matches(hashed(composed), decomposed)


@pytest.mark.spec("T27")
@pytest.mark.parametrize("given_one", ["0", "null", "[]", "0e99", "true", " ", "\x00", "\ud800"])
def test_nothing_but_the_password_matches(given_one: str) -> None:
    assert not matches(hashed("0e1234567890157386924"), given_one)
    assert not matches(None, given_one)
    assert not matches("not a hash", given_one)


@pytest.mark.parametrize("word", ["12345678", "password", "qwertyuiop", "ضصثقفغعهخحجچ", "پرسپولیس"])
def test_the_list_holds_what_people_choose_most(word: str) -> None:
    assert comparable(word) in common()
    assert len(common()) >= 1000


@given(st.text(min_size=PASSWORD_MIN, max_size=80))
def test_judging_never_fails_and_never_calls_a_long_enough_one_short(password: str) -> None:
    fault = password_fault(password, words=WORDS, common=common())
    assert fault not in {PasswordFault.TOO_SHORT, PasswordFault.TOO_LONG}


@given(st.text(max_size=PASSWORD_MIN - 1))
def test_below_the_least_length_nothing_else_matters(password: str) -> None:
    assert password_fault(password, words=(), common=()) is PasswordFault.TOO_SHORT
