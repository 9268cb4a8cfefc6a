"""Codes become sentences: plural forms, figures, isolated text, and what happens without one."""

import logging
import time
from decimal import Decimal
from pathlib import Path

import pytest

from core.i18n.catalog import codes, load, messages, translate
from core.i18n.po import Message, read_po
from core.i18n.terms import Figures, Language, Word

FA, AR, EN = Language
HEAD = 'msgid ""\nmsgstr ""\n"Language: fa\\n"\n\n'


@pytest.mark.spec("S107")
@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "قبل ٠ يوم"),
        (1, "قبل يوم واحد"),
        (2, "قبل يومين"),
        (3, "قبل ٣ أيام"),
        (10, "قبل ١٠ أيام"),
        (11, "قبل ١١ يومًا"),
        (99, "قبل ٩٩ يومًا"),
        (100, "قبل ١٠٠ يوم"),
        (102, "قبل ١٠٢ يوم"),
        (1_203, "قبل ١٬٢٠٣ أيام"),
    ],
)
def test_arabic_counts_in_six_forms(count: int, shown: str) -> None:
    assert translate(AR, "format.ago.day", count=count) == shown


@pytest.mark.parametrize(
    ("language", "count", "shown"),
    [
        (FA, 0, "۰ روز پیش"),
        (FA, 1, "۱ روز پیش"),
        (FA, 1_234, "۱٬۲۳۴ روز پیش"),
        (EN, 0, "0 days ago"),
        (EN, 1, "1 day ago"),
        (EN, Decimal("1.5"), "1.5 days ago"),
    ],
)
def test_persian_and_english_count_in_two_forms(
    language: Language, count: int | Decimal, shown: str
) -> None:
    assert translate(language, "format.ago.day", count=count) == shown


@pytest.mark.parametrize(
    ("language", "value", "shown"),
    [
        (FA, 1_234_567, "۱٬۲۳۴٬۵۶۷"),
        (FA, -5, "\u200e−۵"),
        (AR, Decimal("1234.50"), "١٬٢٣٤٫٥٠"),
        (EN, 1_234.5, "1,234.5"),
        (FA, True, "بله"),
        (FA, Figures("1405"), "۱۴۰۵"),
        (EN, Word("common.save"), "Save"),
        (FA, "علی", "علی"),
        (FA, "Sara", "\u2068Sara\u2069"),
        (AR, "ops@example.com", "\u2068ops@example.com\u2069"),
        (FA, "+98 912 345", "\u2068+98 912 345\u2069"),
        (FA, "42", "42"),
        (FA, "۱۰:۳۰", "۱۰:۳۰"),
        (EN, "علی", "\u2068علی\u2069"),
        (EN, "Sara", "Sara"),
        (FA, "Sara\u202e", "\u2068Sara\u2069"),
        (FA, ["سارا", "Bob"], "سارا، \u2068Bob\u2069"),
        (EN, ("a", 1_000), "a, 1,000"),
    ],
)
def test_a_parameter_is_shown_in_the_language_of_the_sentence(
    language: Language, value: object, shown: str
) -> None:
    around = translate(language, "format.other_calendar.gregorian", date="\x00").split("\x00")
    sentence = translate(language, "format.other_calendar.gregorian", date=value)
    assert sentence == shown.join(around)


def test_a_missing_code_is_shown_as_itself_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert translate(EN, "nowhere.to_be_found", count=1) == "nowhere.to_be_found"
    assert "nowhere.to_be_found" in caplog.text


def test_a_missing_parameter_stays_visible_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert translate(EN, "time_zone.unknown") == "The time zone “{zone}” is not known."
    assert "zone" in caplog.text


def test_a_plural_message_without_a_count_takes_the_general_form() -> None:
    assert translate(EN, "format.ago.day", other=1) == "{count} days ago"


def test_parameters_may_carry_the_names_of_the_arguments() -> None:
    assert translate(EN, "time_zone.unknown", language="x", code="y", zone="Z").endswith("known.")


def test_codes_are_those_of_the_catalogue() -> None:
    assert codes(FA) == set(messages(FA))
    assert "" not in codes(FA)


def test_a_code_in_two_files_is_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.po").write_text(HEAD + 'msgid "x.y"\nmsgstr "z"\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"b\.po repeats x\.y"):
        load(tmp_path)


def test_a_file_that_is_not_po_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "bad.po").write_text(HEAD + "msgstr nonsense\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.po: line 5"):
        load(tmp_path)


def test_po_is_read_with_comments_escapes_continued_lines_and_plurals() -> None:
    text = (
        HEAD + '# note\n#. for translators\nmsgid "a.b"\nmsgstr ""\n"one\\n"\n"\\"two\\"\\t\\\\"\n'
        '\nmsgid "c.d"\nmsgid_plural "c.d"\nmsgstr[0] "x"\nmsgstr[1] "y"\n'
        '\nmsgid "not.yet"\nmsgstr ""\n#~ msgid "old"\n'
    )
    read = read_po(text)
    assert read.pop("").forms == ("Language: fa\n",)
    assert read == {
        "a.b": Message(('one\n"two"\t\\',), is_plural=False),
        "c.d": Message(("x", "y"), is_plural=True),
    }


@pytest.mark.parametrize(
    "text",
    ['msgstr "first"', '"loose"', 'msgid "a"\nmsgid "a"', 'msgid "a" "b"', 'msgctxt "m"', "x"],
)
def test_broken_po_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"line|twice"):
        read_po(text)


def test_fifteen_hundred_messages_in_three_languages_load_within_400_ms(tmp_path: Path) -> None:
    body = "".join(
        f'msgid "big.m{n}"\nmsgid_plural "big.m{n}"\n'
        + "".join(f'msgstr[{form}] "پیام {{count}} برای {{name}}"\n' for form in range(6))
        for n in range(1_500)
    )
    (tmp_path / "big.po").write_text(HEAD + body, encoding="utf-8")
    begun = time.process_time()
    for _ in Language:
        assert len(load(tmp_path)) == 1_500
    assert time.process_time() - begun < 0.4
