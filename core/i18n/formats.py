"""Values as their reader writes them: numbers, dates, spans of time, money, file sizes."""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location

from core.i18n.calendar import parts
from core.i18n.catalog import codes, translate
from core.i18n.digits import grouped, localise, minus
from core.i18n.terms import Calendar, DateStyle, Figures, Language, Reader, Word

_UNITS = (
    ("year", 365 * 86_400),
    ("month", 30 * 86_400),
    ("week", 7 * 86_400),
    ("day", 86_400),
    ("hour", 3_600),
    ("minute", 60),
    ("second", 1),
)
_DURATION_UNITS = _UNITS[3:]
_SIZES = (("gigabyte", 1024**3), ("megabyte", 1024**2), ("kilobyte", 1024))
# The smallest unit people reckon with, which is what amounts are stored in. Kept here and not read
# from a library: a changed figure there would change the value of every stored amount.
_WITHOUT_FRACTION = frozenset(
    {"IRR", "IQD", "LBP", "SYP", "AFN", "YER", "JPY", "KRW", "VND", "ISK"}
)
_WITH_THREE_PLACES = frozenset({"KWD", "BHD", "OMR", "JOD", "TND", "LYD"})
_RIAL_PER_TOMAN = 10


def number(value: float | Decimal, reader: Reader, *, places: int | None = None) -> str:
    """Return the number with thousands marked, rounded half up to the places where given."""
    return grouped(value if places is None else _rounded(value, places), reader.language)


def percent(share: float | Decimal, reader: Reader, *, places: int = 0) -> str:
    """Return a share of one as per cent: 0.25 is ۲۵٪."""
    amount = _rounded(Decimal(str(share)) * 100, places)
    return translate(reader.language, "format.percent", amount=amount)


def date(day: dt.date, reader: Reader, style: DateStyle = DateStyle.MEDIUM) -> str:
    """Return the day in the reader's calendar and words."""
    return _date_in(day, reader.calendar, language=reader.language, style=style)


def month_of_year(day: dt.date, reader: Reader) -> str:
    """Return the month the day lies in, as in «فروردین ۱۴۰۵»."""
    named = parts(day, reader.calendar)
    month = Word(f"format.month.{reader.calendar}.{named.month}")
    year = Figures(named.year)
    return translate(reader.language, "format.month_of_year", month=month, year=year)


def other_calendar_caption(day: dt.date, reader: Reader) -> str:
    """Return the day in the calendar the reader does not use, as in «۲ آوریل ۲۰۲۶ میلادی»."""
    other = reader.calendar.other
    shown = _date_in(day, other, language=reader.language, style=DateStyle.MEDIUM)
    return translate(reader.language, f"format.other_calendar.{other}", date=shown)


def clock(at: dt.time, reader: Reader) -> str:
    """Return the hour and minute, as in ۰۸:۰۵."""
    return localise(at.strftime("%H:%M"), reader.language)


def local(moment: dt.datetime, reader: Reader) -> dt.datetime:
    """Return the moment on the reader's clock."""
    return moment.astimezone(ZoneInfo(reader.time_zone))


def moment(when: dt.datetime, reader: Reader, style: DateStyle = DateStyle.MEDIUM) -> str:
    """Return the local day and hour of an aware moment."""
    at = local(when, reader)
    shown, hour = date(at.date(), reader, style), clock(at.time(), reader)
    return translate(reader.language, "format.moment", date=shown, clock=hour)


def zone(reader: Reader) -> str:
    """Return whose clock the reader's hours are on, as in «به وقت تهران»."""
    city = get_timezone_location(reader.time_zone, locale=reader.language, return_city=True)
    return translate(reader.language, "format.zone", city=city)


def relative(when: dt.datetime, reader: Reader, *, now: dt.datetime) -> str:
    """Return how long ago or how soon, in the largest whole unit: «۳ روز پیش»."""
    seconds = int((when - now).total_seconds())
    for unit, size in _UNITS:
        if abs(seconds) >= size:
            way = "ago" if seconds < 0 else "until"
            count = abs(seconds) // size
            return translate(reader.language, f"format.{way}.{unit}", count=count)
    return translate(reader.language, "format.now")


def duration(span: dt.timedelta, reader: Reader) -> str:
    """Return the length in its largest unit and the next smaller one: «۲ روز و ۳ ساعت».

    What is smaller is cut off; the sign is not shown.
    """
    language, seconds = reader.language, int(abs(span).total_seconds())
    start = next((i for i, (_, size) in enumerate(_DURATION_UNITS) if seconds >= size), -1)
    words: list[str] = []
    for unit, size in _DURATION_UNITS[start:][:2]:
        count, seconds = divmod(seconds, size)
        if count or not words:
            words.append(translate(language, f"format.duration.{unit}", count=count))
    if len(words) == 1:
        return words[0]
    return translate(language, "format.duration.pair", first=words[0], second=words[1])


def minor_places(currency: str) -> int:
    """Return how many decimal places of the currency its minor unit stands for."""
    if currency in _WITHOUT_FRACTION:
        return 0
    return 3 if currency in _WITH_THREE_PLACES else 2


def money(minor: int, currency: str, reader: Reader) -> str:
    """Return an amount of minor units of the ISO 4217 currency, as in «۱۲٬۵۰۰ ریال»."""
    amount = Decimal(minor).scaleb(-minor_places(currency))
    code = f"format.money.{currency}"
    if code in codes(reader.language):
        return _priced(code, amount, language=reader.language)
    return _priced("format.money.other", amount, language=reader.language, currency=currency)


def toman(minor: int, reader: Reader) -> str:
    """Return an amount of rials in Toman, which is never stored: a tenth, as in «۱٬۲۵۰ تومان»."""
    amount = Decimal(minor) / _RIAL_PER_TOMAN
    return _priced("format.money.toman", amount, language=reader.language)


def file_size(byte_count: int, reader: Reader) -> str:
    """Return the size in bytes, or in kilo-, mega- or gigabytes of 1,024 with one decimal place."""
    for unit, size in _SIZES:
        if byte_count >= size:
            amount = _trimmed(_rounded(Decimal(byte_count) / size, 1))
            return translate(reader.language, f"format.size.{unit}", amount=amount)
    return translate(reader.language, "format.size.byte", count=byte_count)


def _date_in(day: dt.date, calendar: Calendar, *, language: Language, style: DateStyle) -> str:
    named = parts(day, calendar)
    if style is DateStyle.SHORT:
        mark = "-" if language is Language.EN and calendar is Calendar.GREGORIAN else "/"
        figures = f"{named.year:04}{mark}{named.month:02}{mark}{named.day:02}"
        return localise(figures, language)
    return translate(
        language,
        f"format.date.{style}",
        weekday=Word(f"format.weekday.{day.weekday()}"),
        day=named.day,
        month=Word(f"format.month.{calendar}.{named.month}"),
        year=Figures(named.year),
    )


def _priced(code: str, amount: Decimal, *, language: Language, currency: str = "") -> str:
    sign = Figures(minus(language) if amount < 0 else "")
    return translate(language, code, sign=sign, amount=abs(amount), currency=currency)


def _rounded(value: float | Decimal, places: int) -> Decimal:
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _trimmed(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value
