"""Single cells of a people file, understood. What cannot be understood raises Invalid."""

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from core.audience.fields import CUSTOM, EXTERNAL_LIMIT, TOPIC
from core.audience.terms import CustomField, ReadingPlan
from core.commerce.rules import customer_number
from core.contacts import attributes, catalogue
from core.contacts.catalogue import Place
from core.contacts.models import Attribute
from core.contacts.phones import parse_phone
from core.contacts.rules import SEARCH_LENGTH, search_text
from core.contacts.terms import AttributeKind
from core.errors import Invalid
from core.i18n.terms import Calendar
from core.i18n.text import search_key

Read = Callable[[str], object]
_MEMORY = 65_536
_IRANIAN_MOBILE = re.compile(r"(?:\+98|0098|0)(9[0-39][0-9]{8})")
_HOME = "IR"
_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)


def readers(plan: ReadingPlan) -> dict[str, Read]:
    """Return how one cell of each field but the email is read."""
    place = Place(country=plan.country, calendar=Calendar(plan.calendar))
    found: dict[str, Read] = {
        one.name: _standard(one.name, place) for one in catalogue.FIELDS if one.name != "email"
    }
    found |= {f"{CUSTOM}{one.key}": _custom(one, place.calendar) for one in plan.custom}
    answer = CustomField("answer", AttributeKind.FLAG)
    found |= {
        name: _custom(answer, place.calendar) for name in plan.columns if name.startswith(TOPIC)
    }
    return {
        **found,
        "external_id": external,
        "phone": lambda text: phone(text, place.country),
        "birth_date": lambda text: _birth_date(text, place),
    }


def external(text: str) -> str:
    """Return the number another system knows a person by."""
    found = customer_number(text)
    if len(found) > EXTERNAL_LIMIT:
        raise Invalid("import.text_too_long", limit=EXTERNAL_LIMIT)
    return found


def phone(text: str, home: str) -> tuple[str, str]:
    """Return the number in its international form, and as it was typed.

    Iranian mobile numbers, by far the most frequent ones, take a short way to the same result.
    """
    match = _IRANIAN_MOBILE.fullmatch(text)
    if match and (home == _HOME or not text.startswith("09")):
        return f"+98{match[1]}", text
    found = parse_phone(text, country=home)
    return found.normalised, found.raw


def _standard(name: str, place: Place) -> Read:
    return lambda text: catalogue.clean(name, text, place)


def _birth_date(text: str, place: Place) -> object:
    """Return the day, of the other calendar where only that one has such a year."""
    try:
        return str(catalogue.clean("birth_date", text, place))
    except Invalid as fault:
        if not fault.code.startswith("date.looks_"):
            raise
        other = Place(country=place.country, calendar=place.calendar.other)
        return str(catalogue.clean("birth_date", text, other))


def _custom(field: CustomField, calendar: Calendar) -> Read:
    row = Attribute(
        key=field.key, kind=AttributeKind(field.kind), options=[dict(one) for one in field.options]
    )
    return lambda text: attributes.typed_value(row, text, calendar=calendar)


@lru_cache(maxsize=_MEMORY)
def folded(text: str) -> str:
    """Return the search key of a name; names come again and again."""
    return search_key(text)


def person_key(first: str, last: str, *, company: str, email: str, number: str) -> str:
    """Return what `search_text` makes of a person with one address and one number at most."""
    mobile = _IRANIAN_MOBILE.fullmatch(number)
    if number and not mobile:
        return search_text(first, last, company=company, emails=[email] if email else (),
                           phones=[number])  # fmt: skip
    dialled = f"{number} 0{mobile[1]}" if mobile else ""
    parts = (folded(first), folded(last), folded(company), email, dialled)
    return " ".join(filter(None, parts))[:SEARCH_LENGTH]


def document(values: Mapping[str, object]) -> str:
    """Return these values as the store keeps them: JSON, days as ISO text."""
    return _ENCODER.encode(values) if values else "{}"
