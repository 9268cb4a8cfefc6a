"""Pure decisions about orders."""

import re
import unicodedata
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from core.contacts.terms import Lifecycle
from core.i18n.digits import to_ascii
from core.i18n.text import persian_letters, stored_line

SILENCE, WARMTH = timedelta(days=180), timedelta(days=90)
"""Without a sign for so long somebody is inactive; so long after one a lead is active."""

_ARTICLE = re.compile(r"[0-9]{5}")
_WHOLE = re.compile(r"(\d+)\.0+")


def plain_code(text: str) -> str:
    """Return a code as it is kept and compared: exactly, but for what the eye cannot tell.

    Digits of any script are the same, ي and ك are ی and ک, and invisible signs are left out.
    """
    code = stored_line(text)
    if code.isascii():
        return code
    plain = persian_letters(to_ascii(code))
    return "".join(sign for sign in plain if unicodedata.category(sign) != "Cf").strip()


def is_article(code: str) -> bool:
    """Return whether the code is of something kept in stock: it begins with five digits.

    Postage, fees and vouchers have other codes and make no stock.
    """
    return _ARTICLE.match(code) is not None


def customer_number(text: str) -> str:
    """Return the number as it is known by; spreadsheets write 17850 as 17850.0."""
    clean = text.strip()
    whole = _WHOLE.fullmatch(clean)
    return whole[1] if whole else clean


def minor_units(price: Decimal, places: int) -> int:
    """Return a price in minor units, of which the major one has 10 to the power of `places`."""
    scaled = price.scaleb(places)
    return int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def line_key(reference: str, line: int) -> str:
    """Return the key of a line within its source."""
    return f"{reference}:{line}"


def lifecycle_of(
    order_count: int,
    *,
    last_order_at: datetime | None,
    engaged_at: datetime | None,
    known_since: datetime,
    now: datetime,
) -> Lifecycle:
    """Return how near a person is: inactive after half a year without a sign, else by orders.

    Somebody who has not ordered is an active lead while a reaction is no older than 90 days.
    """
    signs = [at for at in (last_order_at, engaged_at, known_since) if at is not None]
    if now - max(signs) > SILENCE:
        return Lifecycle.INACTIVE
    if order_count:
        return Lifecycle.FIRST_TIME if order_count == 1 else Lifecycle.REPEAT
    is_warm = engaged_at is not None and now - engaged_at <= WARMTH
    return Lifecycle.ACTIVE_LEAD if is_warm else Lifecycle.NEW
