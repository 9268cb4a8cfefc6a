"""What somebody typed into a form, read field by field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session

from core.contacts import attributes, catalogue
from core.contacts.addresses import EmailAddress, parse_address
from core.contacts.catalogue import Place
from core.contacts.models import Attribute
from core.errors import Invalid
from core.forms.models import Form
from core.forms.terms import CUSTOM, FieldName
from core.i18n.terms import Calendar, Language
from core.organisation import queries as organisation

Typed = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Answers:
    """The values of one filled-in form: the address, standard fields, custom fields by key."""

    address: EmailAddress
    standard: dict[str, object] = field(default_factory=dict)
    custom: dict[str, object] = field(default_factory=dict)


def attributes_of(session: Session) -> dict[str, Attribute]:
    """Return the custom fields in use, by key."""
    return {one.key: one for one in attributes.active(session)}


def read(session: Session, form: Form, typed: Typed) -> Answers:
    """Return the answers; only fields of the form are looked at.

    Raises Invalid at the first field that is wrong, or is required and empty.
    """
    home = organisation.default_office(session).country
    place = Place(country=home, calendar=calendar_of(form.language))
    known, address = attributes_of(session), None
    standard: dict[str, object] = {}
    custom: dict[str, object] = {}
    for one in form.fields:
        name = str(one["field"])
        values = [text for text in typed.get(name, ()) if text.strip()]
        if one["is_required"] and not values:
            raise Invalid("form.field_empty", field=name)
        if name == FieldName.EMAIL:
            address = parse_address(values[0].strip())
        elif name.startswith(CUSTOM) and values and (row := known.get(name.removeprefix(CUSTOM))):
            custom[row.key] = _custom(row, values, calendar=place.calendar)
        elif not name.startswith(CUSTOM) and values:
            standard[name] = catalogue.clean(name, values[0], place)
    if address is None:
        raise Invalid("form.no_email", field="email")
    return Answers(address, standard, custom)


def _custom(row: Attribute, values: list[str], *, calendar: Calendar) -> object:
    typed = values if row.kind.value == "choices" else values[0]
    try:
        return attributes.typed_value(row, typed, calendar=calendar)
    except Invalid as refusal:
        raise Invalid(refusal.code, field=f"{CUSTOM}{row.key}", **refusal.params) from refusal


def calendar_of(language: Language) -> Calendar:
    """Return the calendar in which people write dates into a form of this language."""
    return Calendar.JALALI if language is Language.FA else Calendar.GREGORIAN
