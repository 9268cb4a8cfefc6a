"""Values in the reader's words: numbers, dates, spans of time, money, sizes."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from core.i18n import formats
from core.i18n.terms import Calendar, DateStyle, Language, Reader

FA = Reader(Language.FA, Calendar.JALALI, "Asia/Tehran")
AR = Reader(Language.AR, Calendar.GREGORIAN, "Asia/Baghdad")
EN = Reader(Language.EN, Calendar.GREGORIAN, "Europe/Berlin")
EN_JALALI = Reader(Language.EN, Calendar.JALALI, "Asia/Tehran")
FA_GREGORIAN = Reader(Language.FA, Calendar.GREGORIAN, "Asia/Tehran")
DAY = date(2026, 4, 2)
NOON = datetime(2026, 4, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        (1_234_567, None, ("۱٬۲۳۴٬۵۶۷", "١٬٢٣٤٬٥٦٧", "1,234,567")),
        (0.125, 2, ("۰٫۱۳", "٠٫١٣", "0.13")),
        (Decimal("2.5"), 0, ("۳", "٣", "3")),
        (12, 1, ("۱۲٫۰", "١٢٫٠", "12.0")),
        (
            1e16,
            None,
            ("۱۰٬۰۰۰٬۰۰۰٬۰۰۰٬۰۰۰٬۰۰۰", "١٠٬٠٠٠٬٠٠٠٬٠٠٠٬٠٠٠٬٠٠٠", "10,000,000,000,000,000"),
        ),
        (-3, None, ("\u200e−۳", "\u061c-٣", "-3")),
    ],
)
def test_numbers(value: float | Decimal, places: int | None, shown: tuple[str, str, str]) -> None:
    assert tuple(formats.number(value, reader, places=places) for reader in (FA, AR, EN)) == shown


def test_per_cent() -> None:
    assert formats.percent(0.25, FA) == "۲۵٪"
    assert formats.percent(0.256, EN, places=1) == "25.6%"
    assert formats.percent(1, AR) == "١٠٠٪\u061c"


@pytest.mark.spec("N04", "S107")
@pytest.mark.parametrize(
    ("reader", "shown"),
    [
        (FA, ("۱۴۰۵/۰۱/۱۳", "۱۳ فروردین ۱۴۰۵", "پنجشنبه ۱۳ فروردین ۱۴۰۵")),
        (FA_GREGORIAN, ("۲۰۲۶/۰۴/۰۲", "۲ آوریل ۲۰۲۶", "پنجشنبه ۲ آوریل ۲۰۲۶")),
        (AR, ("٢٠٢٦/٠٤/٠٢", "٢ أبريل ٢٠٢٦", "الخميس ٢ أبريل ٢٠٢٦")),
        (EN, ("2026-04-02", "2 April 2026", "Thursday 2 April 2026")),
        (EN_JALALI, ("1405/01/13", "13 Farvardin 1405", "Thursday 13 Farvardin 1405")),
    ],
)
def test_dates_in_three_styles(reader: Reader, shown: tuple[str, str, str]) -> None:
    assert tuple(formats.date(DAY, reader, style) for style in DateStyle) == shown


def test_the_other_calendar_is_named_in_the_caption() -> None:
    assert formats.other_calendar_caption(DAY, FA) == "۲ آوریل ۲۰۲۶ میلادی"
    assert formats.other_calendar_caption(DAY, AR) == "١٣ فروردين ١٤٠٥ هـ.ش"
    assert formats.other_calendar_caption(DAY, EN_JALALI) == "2 April 2026 (Gregorian)"


def test_months_of_a_report() -> None:
    assert formats.month_of_year(DAY, FA) == "فروردین ۱۴۰۵"
    assert formats.month_of_year(DAY, EN) == "April 2026"


def test_a_moment_is_shown_on_the_readers_clock() -> None:
    assert formats.moment(NOON, FA) == "۱۳ فروردین ۱۴۰۵، ساعت ۱۵:۳۰"
    assert formats.moment(NOON, AR) == "٢ أبريل ٢٠٢٦، الساعة ١٥:٠٠"
    assert formats.moment(NOON, EN, DateStyle.SHORT) == "2026-04-02, 14:00"
    assert formats.moment(datetime(2026, 4, 2, 21, tzinfo=UTC), FA).startswith("۱۴ فروردین")
    assert formats.clock(time(8, 5), FA) == "۰۸:۰۵"


def test_the_zone_is_named_by_its_city() -> None:
    assert formats.zone(FA) == "به وقت تهران"
    assert formats.zone(AR) == "بتوقيت بغداد"
    assert formats.zone(EN) == "Berlin time"


@pytest.mark.parametrize(
    ("ahead", "shown"),
    [
        (timedelta(0), ("همین حالا", "الآن", "just now")),
        (timedelta(seconds=30), ("۳۰ ثانیه دیگر", "بعد ٣٠ ثانية", "in 30 seconds")),
        (timedelta(minutes=-1), ("۱ دقیقه پیش", "قبل دقيقة واحدة", "1 minute ago")),
        (timedelta(hours=2, minutes=59), ("۲ ساعت دیگر", "بعد ساعتين", "in 2 hours")),
        (timedelta(days=-3), ("۳ روز پیش", "قبل ٣ أيام", "3 days ago")),
        (timedelta(days=14), ("۲ هفته دیگر", "بعد أسبوعين", "in 2 weeks")),
        (timedelta(days=-90), ("۳ ماه پیش", "قبل ٣ أشهر", "3 months ago")),
        (timedelta(days=800), ("۲ سال دیگر", "بعد سنتين", "in 2 years")),
    ],
)
def test_relative_times(ahead: timedelta, shown: tuple[str, str, str]) -> None:
    when = NOON + ahead
    assert tuple(formats.relative(when, reader, now=NOON) for reader in (FA, AR, EN)) == shown


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        (timedelta(0), ("۰ ثانیه", "٠ ثانية", "0 seconds")),
        (timedelta(seconds=59), ("۵۹ ثانیه", "٥٩ ثانية", "59 seconds")),
        (timedelta(minutes=5), ("۵ دقیقه", "٥ دقائق", "5 minutes")),
        (timedelta(hours=1, seconds=30), ("۱ ساعت", "ساعة واحدة", "1 hour")),
        (
            timedelta(days=2, hours=3, minutes=59),
            ("۲ روز و ۳ ساعت", "يومان و٣ ساعات", "2 days and 3 hours"),
        ),
        (
            timedelta(minutes=-90),
            ("۱ ساعت و ۳۰ دقیقه", "ساعة واحدة و٣٠ دقيقة", "1 hour and 30 minutes"),
        ),
    ],
)
def test_durations_are_told_in_two_units(span: timedelta, shown: tuple[str, str, str]) -> None:
    assert tuple(formats.duration(span, reader) for reader in (FA, AR, EN)) == shown


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (12_500, "IRR", ("۱۲٬۵۰۰ ریال", "١٢٬٥٠٠ ريال إيراني", "IRR 12,500")),
        (-1_250, "USD", ("\u200e−۱۲٫۵۰ دلار", "\u061c-١٢٫٥٠ دولار أمريكي", "-$12.50")),
        (5, "EUR", ("۰٫۰۵ یورو", "٠٫٠٥ يورو", "€0.05")),
        (1_250, "KWD", ("۱٫۲۵۰ دینار کویت", "١٫٢٥٠ دينار كويتي", "KWD 1.250")),
        (1_250, "CHF", ("۱۲٫۵۰ \u2068CHF\u2069", "١٢٫٥٠ \u2068CHF\u2069", "CHF 12.50")),
        (0, "IRR", ("۰ ریال", "٠ ريال إيراني", "IRR 0")),
    ],
)
def test_money_is_shown_from_minor_units(
    minor: int, currency: str, shown: tuple[str, str, str]
) -> None:
    assert tuple(formats.money(minor, currency, reader) for reader in (FA, AR, EN)) == shown


@pytest.mark.spec("N10")
def test_toman_is_a_tenth_of_the_rials_stored() -> None:
    assert formats.toman(12_500, FA) == "۱٬۲۵۰ تومان"
    assert formats.toman(12_505, FA) == "۱٬۲۵۰٫۵ تومان"
    assert formats.toman(-10, EN) == "-1 toman"
    assert formats.toman(10_000_000_000_000_000_000, EN) == "1,000,000,000,000,000,000 toman"


@pytest.mark.parametrize(
    ("byte_count", "shown"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1_023, "1,023 bytes"),
        (1_536, "1.5 KB"),
        (20 * 1024**2, "20 MB"),
        (5 * 1024**3 // 2, "2.5 GB"),
    ],
)
def test_file_sizes(byte_count: int, shown: str) -> None:
    assert formats.file_size(byte_count, EN) == shown


def test_file_sizes_in_persian() -> None:
    assert formats.file_size(1_536, FA) == "۱٫۵ کیلوبایت"
