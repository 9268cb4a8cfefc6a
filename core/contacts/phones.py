"""Phone numbers: typed in any script and form, kept in the one international form (E.164)."""

from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from core.errors import Invalid
from core.i18n.digits import to_ascii

MAX_LENGTH = 60


@dataclass(frozen=True)
class PhoneNumber:
    """A number that can be called. `normalised` is +98912…, the key by which two are the same."""

    raw: str
    normalised: str


def parse_phone(text: str, *, country: str) -> PhoneNumber:
    """Return the number; `country` is where numbers without a country code belong.

    Raises:
        Invalid: "phone.empty" or "phone.invalid", at "phone".
    """
    typed = text.strip()
    if not typed:
        raise Invalid("phone.empty", field="phone")
    if len(typed) > MAX_LENGTH:
        raise Invalid("phone.invalid", field="phone")
    plain = to_ascii(typed)
    try:
        found = phonenumbers.parse(plain, country.upper() or None)
    except NumberParseException as error:
        raise Invalid("phone.invalid", field="phone") from error
    if not phonenumbers.is_possible_number(found) or found.extension:
        raise Invalid("phone.invalid", field="phone")
    return PhoneNumber(typed, phonenumbers.format_number(found, PhoneNumberFormat.E164))


@lru_cache(maxsize=4096)
def shown(normalised: str) -> str:
    """Return the number as people read it, in groups: +98 912 345 6789."""
    try:
        found = phonenumbers.parse(normalised, None)
    except NumberParseException:
        return normalised
    return phonenumbers.format_number(found, PhoneNumberFormat.INTERNATIONAL)


def searchable(normalised: str) -> str:
    """Return the forms a number is looked for by: international, and as dialled at home."""
    try:
        found = phonenumbers.parse(normalised, None)
    except NumberParseException:
        return normalised
    national = phonenumbers.format_number(found, PhoneNumberFormat.NATIONAL)
    digits = "".join(sign for sign in national if sign.isdecimal())
    return normalised if digits in normalised else f"{normalised} {digits}"
