"""Custom fields of a person: drawn as fields of their kind, and as words."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from components import actions, dates, forms
from components.i18n import day, language, number, t
from core.contacts import attributes
from core.contacts.models import Attribute
from core.contacts.terms import AttributeKind


def fields(key: str, known: Mapping[str, object]) -> dict[str, object]:
    """Draw a field for each custom field in use; return their values by key."""
    defined = [one for one in actions.ask(attributes.list_attributes) if one.is_active]
    return {one.key: _field(key, one, known.get(one.key)) for one in defined}


def _field(key: str, one: Attribute, value: Any) -> object:
    name, field = name_of(one), f"{key}.{one.key}"
    values = [str(option["value"]) for option in one.options]
    match one.kind:
        case AttributeKind.FLAG:
            return forms.switch(field, name, value=bool(value))
        case AttributeKind.CHOICE:
            return forms.pick(field, name, ["", *values], value=value or "")
        case AttributeKind.CHOICES:
            return forms.many(field, name, values, value=value or ())
        case AttributeKind.DATE:
            chosen = dates.date_field(field, name, value=_day(value))
            return chosen.isoformat() if chosen else ""
        case _:
            return forms.text(field, name, value="" if value is None else str(value))


def _day(value: Any) -> Any:
    return date.fromisoformat(value) if value else None


def lines(known: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the custom fields of a person as pairs of words, in their order."""
    defined = [one for one in actions.ask(attributes.list_attributes) if one.key in known]
    return [(name_of(one), _shown(one, known[one.key])) for one in defined]


def _shown(one: Attribute, value: Any) -> str:
    if isinstance(value, bool):
        return t("common.yes" if value else "common.no")
    if isinstance(value, int | float):
        return number(value)
    if one.kind is AttributeKind.DATE:
        return day(date.fromisoformat(value))
    return " · ".join(map(str, value)) if isinstance(value, list) else str(value)


def name_of(one: Attribute) -> str:
    """Return the name of a custom field in the reader's language, else in another one."""
    return one.names.get(language().value) or next(iter(one.names.values()), one.key)
