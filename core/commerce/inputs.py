"""Reads the lines of an order file. Pure; every refusal names its field."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.commerce.rules import customer_number, minor_units, plain_code
from core.commerce.terms import SoldLine
from core.errors import Invalid
from core.i18n.calendar import parse_date
from core.i18n.digits import parse_number, to_ascii
from core.i18n.terms import Calendar, Figures
from core.i18n.text import stored_line
from core.jobs.terms import ImportField

QUANTITY_LIMIT = 10**9
PRICE_LIMIT = 10**15
LIMITS = {"reference": 60, "code": 60, "description": 300, "customer": 80, "country": 60}
_MEMORY = 8_192
_FIRST_GREGORIAN_YEAR = 1700
_INTEGER = re.compile(r"-?[0-9]{1,9}")
_MOMENT = re.compile(
    r"(?P<day>[0-9]{4}[/.-][0-9]{1,2}[/.-][0-9]{1,2})"
    r"(?:[T ]+(?P<clock>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)(?:\.[0-9]+)?"
    r"\s*(?P<offset>Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)

FIELDS = (
    ImportField(
        "reference",
        "order.field.reference",
        ("invoice", "invoice no", "invoice number", "order", "order no", "order number",
         "order id", "شماره فاکتور", "فاکتور", "شماره سفارش", "سفارش", "رقم الفاتورة", "الفاتورة",
         "رقم الطلب", "الطلب"),
        is_required=True,
    ),
    ImportField(
        "code",
        "order.field.code",
        ("stock code", "item code", "product code", "sku", "item number", "کد", "کد کالا",
         "کد محصول", "شناسه کالا", "رمز الصنف", "كود الصنف", "رقم الصنف", "الرمز"),
        is_required=True,
    ),
    ImportField(
        "description",
        "order.field.description",
        ("item", "product", "product name", "item name", "name", "شرح", "شرح کالا", "نام کالا",
         "نام محصول", "توضیح", "الوصف", "اسم الصنف", "اسم المنتج"),
    ),
    ImportField(
        "quantity",
        "order.field.quantity",
        ("qty", "count", "pieces", "units", "تعداد", "مقدار", "الكمية", "العدد"),
        is_required=True,
    ),
    ImportField(
        "at",
        "order.field.at",
        ("date", "time", "invoice date", "order date", "date time", "ordered at", "تاریخ", "زمان",
         "تاریخ فاکتور", "تاریخ سفارش", "التاريخ", "تاريخ الفاتورة", "تاريخ الطلب", "الوقت"),
        is_required=True,
    ),
    ImportField(
        "price",
        "order.field.price",
        ("unit price", "price each", "قیمت", "قیمت واحد", "بهای واحد", "فی", "السعر",
         "سعر الوحدة"),
    ),
    ImportField(
        "customer",
        "order.field.customer",
        ("customer id", "customer no", "customer number", "client", "client id", "مشتری",
         "کد مشتری", "شماره مشتری", "شناسه مشتری", "العميل", "رقم العميل", "رمز العميل"),
    ),
    ImportField("country", "order.field.country", ("کشور", "الدولة", "البلد")),
    ImportField(
        "line",
        "order.field.line",
        ("order line", "line number", "line no", "ردیف سفارش", "ردیف فاکتور", "سطر الطلب",
         "سطر الفاتورة"),
    ),
)  # fmt: skip


@dataclass
class LineReader:
    """Reads lines in file order. Numbers them within their order, refused ones too.

    places: decimal places of the currency; zone: whose clock the file's times are on.
    """

    places: int
    zone: ZoneInfo
    _line_counts: Counter[str] = field(default_factory=Counter)

    def number(self, reference: str, stated: str) -> int:
        """Return the number of the next line of an order, or the one the file states."""
        self._line_counts[reference] += 1
        if not stated.strip():
            return self._line_counts[reference]
        line = _whole("line", stated)
        if line < 1:
            raise Invalid("number.negative", field="line")
        return line

    def read(self, row: int, line: int, text: Callable[[str], str]) -> SoldLine:
        """Return the line; text gives the cell of a field.

        Raises:
            Invalid: At the field at fault.
        """
        reference = _required("reference", text("reference"))
        code = _required("code", plain_code(text("code")))
        return SoldLine(
            row=row,
            reference=reference,
            line=line,
            code=code,
            description=_line("description", text("description")),
            quantity=_whole("quantity", text("quantity")),
            at=moment(text("at"), self.zone),
            price_minor=_price(text("price"), self.places),
            customer=customer_number(_line("customer", text("customer"))),
            country=_line("country", text("country")),
        )


@lru_cache(maxsize=_MEMORY)
def moment(text: str, zone: ZoneInfo) -> datetime:
    """Return the moment a cell names, in UTC; local to the zone where it gives no offset.

    Any digits; year, month, day in the Gregorian or, for years under 1700, the Jalali calendar.

    Raises:
        Invalid: "order.time_invalid", or a "date.*" code, at "at".
    """
    found = _MOMENT.fullmatch(to_ascii(text).strip())
    if found is None:
        raise Invalid("order.time_invalid", field="at", example=Figures("2026-04-02 14:30"))
    year = int(found["day"][:4])
    calendar = Calendar.GREGORIAN if year >= _FIRST_GREGORIAN_YEAR else Calendar.JALALI
    try:
        day = parse_date(found["day"].replace("/", "-").replace(".", "-"), calendar)
        hour, minute, second = [int(part) for part in f"{found['clock'] or '0:0'}:0".split(":")][:3]
        clock = time(hour, minute, second)
    except Invalid as error:
        raise Invalid(error.code, field="at", **error.params) from error
    except ValueError as error:
        example = Figures("2026-04-02 14:30")
        raise Invalid("order.time_invalid", field="at", example=example) from error
    if found["offset"]:
        return datetime.fromisoformat(f"{day} {clock}{found['offset']}").astimezone(UTC)
    return datetime.combine(day, clock, zone).astimezone(UTC)


@lru_cache(maxsize=_MEMORY)
def _whole(name: str, text: str) -> int:
    if _INTEGER.fullmatch(text):
        return int(text)
    value = _number(name, text)
    if value != value.to_integral_value():
        raise Invalid("number.not_whole", field=name)
    if abs(value) > QUANTITY_LIMIT:
        raise Invalid("number.too_large", field=name, limit=QUANTITY_LIMIT)
    return int(value)


@lru_cache(maxsize=_MEMORY)
def _price(text: str, places: int) -> int:
    if not text.strip():
        return 0
    minor = minor_units(_number("price", text), places)
    if abs(minor) > PRICE_LIMIT:
        raise Invalid("number.too_large", field="price", limit=PRICE_LIMIT)
    return minor


def _number(name: str, text: str) -> Decimal:
    try:
        return parse_number(text)
    except Invalid as error:
        raise Invalid(error.code, field=name, **error.params) from error


def _required(name: str, text: str) -> str:
    clean = _line(name, text)
    if not clean:
        raise Invalid(f"order.{name}_missing", field=name)
    return clean


def _line(name: str, text: str) -> str:
    clean = stored_line(text)
    if len(clean) > LIMITS[name]:
        raise Invalid("import.text_too_long", field=name, limit=LIMITS[name])
    return clean
