"""The standard fields of a person: what each is called, what it holds and how it is made clean.

Forms, the import, filters and the API read this one list, so that a field means the same at every
door. A value that is no value of its field raises Invalid at the field; an empty one is None.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale

from core.contacts.addresses import parse_address
from core.contacts.phones import parse_phone
from core.contacts.terms import ContactKind, Gender
from core.errors import Invalid
from core.i18n.calendar import parse_date
from core.i18n.terms import Calendar, Language
from core.i18n.text import search_key, stored, stored_line


class FieldKind(StrEnum):
    """What a standard field holds."""

    LINE = "line"
    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    DATE = "date"
    CHOICE = "choice"
    LANGUAGE = "language"
    COUNTRY = "country"
    ZONE = "zone"
    TAGS = "tags"


@dataclass(frozen=True)
class Place:
    """What a value is read by: where numbers without a country code belong, and whose calendar."""

    country: str = "IR"
    calendar: Calendar = Calendar.GREGORIAN


@dataclass(frozen=True)
class StandardField:
    """A field every person has. `words`: heads of columns it goes by; `label` is a code."""

    name: str
    kind: FieldKind
    words: tuple[str, ...]
    limit: int = 120
    options: Mapping[str, tuple[str, ...]] | None = None

    @property
    def label(self) -> str:
        """The code of its name."""
        return f"contact.field.{self.name}"


_KINDS = {
    ContactKind.LEAD.value: ("سرنخ", "عميل محتمل"),
    ContactKind.CUSTOMER.value: ("مشتری", "عميل", "زبون"),
    ContactKind.PARTNER.value: ("شریک", "همکار تجاری", "شريك"),
}
_GENDERS = {
    Gender.FEMALE.value: ("f", "زن", "خانم", "أنثى", "امرأة", "woman"),
    Gender.MALE.value: ("m", "مرد", "آقا", "ذكر", "رجل", "man"),
    Gender.OTHER.value: ("دیگر", "آخر"),
}
_K = FieldKind

FIELDS: tuple[StandardField, ...] = (
    StandardField("first_name", _K.LINE, ("نام", "الاسم", "الاسم الأول", "first", "given name")),
    StandardField("last_name", _K.LINE, ("نام خانوادگی", "اسم العائلة", "last", "surname",
                                         "family name")),
    StandardField("email", _K.EMAIL, ("ایمیل", "پست الکترونیک", "البريد الإلكتروني", "e-mail",
                                      "mail"), 254),
    StandardField("phone", _K.PHONE, ("موبایل", "تلفن", "شماره تماس", "همراه", "الهاتف", "الجوال",
                                      "mobile", "cell", "telephone"), 60),
    StandardField("kind", _K.CHOICE, ("نوع", "نوع مخاطب", "النوع", "type", "stage"),
                  options=_KINDS),
    StandardField("company", _K.LINE, ("شرکت", "سازمان", "الشركة", "organisation",
                                       "organization"), 200),
    StandardField("position", _K.LINE, ("سمت", "عنوان شغلی", "المنصب", "الوظيفة", "job title")),
    StandardField("country", _K.COUNTRY, ("کشور", "الدولة", "البلد"), 2),
    StandardField("city", _K.LINE, ("شهر", "المدينة", "town")),
    StandardField("postal_address", _K.TEXT, ("نشانی", "آدرس", "نشانی پستی", "العنوان البريدي",
                                              "street", "postal address"), 500),
    StandardField("language", _K.LANGUAGE, ("زبان", "اللغة", "locale"), 12),
    StandardField("time_zone", _K.ZONE, ("منطقهٔ زمانی", "المنطقة الزمنية", "timezone"), 64),
    StandardField("birth_date", _K.DATE, ("تاریخ تولد", "تولد", "تاريخ الميلاد", "birthday",
                                          "date of birth"), 40),
    StandardField("gender", _K.CHOICE, ("جنسیت", "الجنس", "sex"), options=_GENDERS),
    StandardField("source", _K.LINE, ("منبع", "منبع جذب", "المصدر", "lead source"), 80),
    StandardField("sub_source", _K.LINE, ("زیرمنبع", "المصدر الفرعي", "campaign"), 80),
    StandardField("tags", _K.TAGS, ("برچسب", "برچسب‌ها", "الوسوم", "labels"), 1000),
)  # fmt: skip
BY_NAME: Mapping[str, StandardField] = {one.name: one for one in FIELDS}


def clean(name: str, typed: str, place: Place) -> object | None:
    """Return the value of a standard field, normalised; None where nothing was typed.

    Raises:
        Invalid: "address.…", "phone.…", "date.…" or "contact.field_…", at the field.
    """
    field = BY_NAME[name]
    text = stored(typed) if field.kind is FieldKind.TEXT else stored_line(typed)
    if not text:
        return None
    if len(text) > field.limit and field.kind is not FieldKind.COUNTRY:
        raise Invalid("contact.field_long", field=name, limit=field.limit)
    return _CLEANERS[field.kind](field, text, place)


def _words(_field: StandardField, text: str, _place: Place) -> str:
    return text


def _email(_field: StandardField, text: str, _place: Place) -> str:
    parse_address(text)
    return text


def _phone(_field: StandardField, text: str, place: Place) -> str:
    return parse_phone(text, country=place.country).normalised


def _date(field: StandardField, text: str, place: Place) -> date:
    try:
        return parse_date(text, place.calendar)
    except Invalid as error:
        raise Invalid(error.code, field=field.name, **error.params) from error


def _choice(field: StandardField, text: str, _place: Place) -> str:
    key = search_key(text)
    for value, words in (field.options or {}).items():
        if key in {search_key(word) for word in (value, *words)}:
            return value
    raise Invalid("contact.field_choice", field=field.name, typed=text)


def _language(field: StandardField, text: str, _place: Place) -> str:
    key = search_key(text).replace("_", "-").split("-")[0]
    for one in Language:
        names = {one.value, search_key(one.own_name), search_key(_name_of(one))}
        if key in names:
            return one.value
    raise Invalid("contact.field_choice", field=field.name, typed=text)


def _name_of(language: Language) -> str:
    return str(Locale("en").languages[language.value])


def _country(field: StandardField, text: str, _place: Place) -> str:
    found = _countries().get(search_key(text))
    if found is None:
        raise Invalid("contact.field_country", field=field.name, typed=text)
    return found


@cache
def _countries() -> dict[str, str]:
    """Return country codes by code and by name in our languages, folded."""
    found: dict[str, str] = {}
    for language in Language:
        for code, name in Locale(language.value).territories.items():
            if len(code) == len("IR") and code.isalpha():
                found |= {code.casefold(): code, search_key(name): code}
    return found | {"uk": "GB", "usa": "US", "uae": "AE"}


def _zone(field: StandardField, text: str, _place: Place) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid("contact.field_zone", field=field.name, typed=text) from error


def _tags(_field: StandardField, text: str, _place: Place) -> list[str]:
    for sign in ("،", ";", "؛", "|"):
        text = text.replace(sign, ",")
    return [one.strip()[:80] for one in text.split(",") if one.strip()]


_CLEANERS: Mapping[FieldKind, Callable[[StandardField, str, Place], object]] = {
    FieldKind.LINE: _words,
    FieldKind.TEXT: _words,
    FieldKind.EMAIL: _email,
    FieldKind.PHONE: _phone,
    FieldKind.DATE: _date,
    FieldKind.CHOICE: _choice,
    FieldKind.LANGUAGE: _language,
    FieldKind.COUNTRY: _country,
    FieldKind.ZONE: _zone,
    FieldKind.TAGS: _tags,
}
