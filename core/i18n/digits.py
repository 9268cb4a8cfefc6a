"""Digits of three scripts: read any of them, write the one the language uses."""

import re
from decimal import Decimal

from core.errors import Invalid
from core.i18n.terms import Language

_PERSIAN = "۰۱۲۳۴۵۶۷۸۹"
_ARABIC = "٠١٢٣٤٥٦٧٨٩"
_FULL_WIDTH = "".join(chr(0xFF10 + digit) for digit in range(10))
_ASCII = "0123456789"

_TO_ASCII = str.maketrans(_PERSIAN + _ARABIC + _FULL_WIDTH + "٫٬", _ASCII + _ASCII + _ASCII + ".,")
_SHOWN = {
    Language.FA: str.maketrans(_ASCII + _ARABIC + _FULL_WIDTH, _PERSIAN * 3),
    Language.AR: str.maketrans(_ASCII + _PERSIAN + _FULL_WIDTH, _ARABIC * 3),
    Language.EN: str.maketrans(_PERSIAN + _ARABIC + _FULL_WIDTH, _ASCII * 3),
}
# Minus signs carry the mark that keeps them before the number in a right-to-left line.
_SIGNS = {
    Language.FA: str.maketrans({",": "٬", ".": "٫", "-": "\u200e\u2212"}),
    Language.AR: str.maketrans({",": "٬", ".": "٫", "-": "\u061c-"}),
    Language.EN: {},
}
# Marks that keyboards and spreadsheets leave in and around numbers.
_NOISE = re.compile(r"[\u200b-\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]")
_GROUP_MARKS = str.maketrans(dict.fromkeys("،'’_ \xa0\u202f\u2009", ","))
_PLAIN = re.compile(
    r"[+-]?(?:(?:\d{1,24}|\d{1,3}(?:,\d{3}){1,7})(?:\.\d{1,12})?|\.\d{1,12})", re.ASCII
)
_COUNT_LIMIT = 10**15
_EXAMPLE = Decimal("1234.5")


def to_ascii(text: str) -> str:
    """Return the text with Persian, Arabic and full-width digits as 0-9; ٫ as point, ٬ as comma."""
    return text.translate(_TO_ASCII)


def localise(text: str, language: Language) -> str:
    """Return the text with all digits in those of the language; nothing else changes."""
    return text.translate(_SHOWN[language])


def grouped(value: float | Decimal, language: Language) -> str:
    """Return the number in digits of the language with thousands marked, for example ۱٬۲۳۴٫۵."""
    plain = f"{value:,}" if isinstance(value, int) else f"{Decimal(str(value)):,f}"
    return plain.translate(_SIGNS[language]).translate(_SHOWN[language])


def minus(language: Language) -> str:
    """Return the minus sign of the language, with the mark that keeps it before its number."""
    return "-".translate(_SIGNS[language])


def parse_number(text: str) -> Decimal:
    """Return the number somebody typed, in any of the digits, thousands marked or not.

    A comma, a space or an apostrophe marks thousands and must stand before three digits; a point
    or ٫ begins the fraction.

    Raises:
        Invalid: "number.invalid".
    """
    plain = to_ascii(_NOISE.sub("", text)).strip().translate(_GROUP_MARKS).replace("\u2212", "-")
    if _PLAIN.fullmatch(plain) is None:
        raise Invalid("number.invalid", example=_EXAMPLE)
    return Decimal(plain.replace(",", ""))


def parse_count(text: str) -> int:
    """Return the whole number of things somebody typed; 5.0 counts as 5.

    Raises:
        Invalid: "number.invalid", "number.negative", "number.not_whole" or "number.too_large".
    """
    value = parse_number(text)
    if value < 0:
        raise Invalid("number.negative")
    if value != value.to_integral_value():
        raise Invalid("number.not_whole")
    if value > _COUNT_LIMIT:
        raise Invalid("number.too_large", limit=_COUNT_LIMIT)
    return int(value)
