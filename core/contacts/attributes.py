"""Custom fields: declared first, then filled; every value is kept as what its field holds."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlsplit

from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.contacts import service
from core.contacts.models import Attribute, Contact
from core.contacts.terms import AttributeKind
from core.errors import Conflict, Invalid
from core.i18n.calendar import parse_date
from core.i18n.digits import parse_number
from core.i18n.terms import Calendar, Language
from core.i18n.text import search_key, stored_line

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST, MOST_OPTIONS, LONGEST = 200, 200, 500
_YES = {"1", "true", "yes", "y", "بله", "بلی", "نعم"}
_NO = {"0", "false", "no", "n", "خیر", "نه", "لا"}
_CHOOSING = (AttributeKind.CHOICE, AttributeKind.CHOICES)


@dataclass(frozen=True, kw_only=True)
class AttributeInput:
    """A custom field as a form describes it. options: one name a line, for fields of choice."""

    key: str = ""
    names: Mapping[str, str]
    kind: AttributeKind
    options: Sequence[str] = field(default_factory=tuple)
    is_required: bool = False
    is_active: bool = True


@verb(Permission.CONTACT_VIEW, audit=None)
def list_attributes(session: Session, _actor: Actor) -> list[Attribute]:
    """Return all custom fields, in their order, those out of use too."""
    return list(session.exec(_ordered()).all())


def active(session: Session) -> Sequence[Attribute]:
    """Return the custom fields in use, in their order. For other verbs."""
    return session.exec(_ordered().where(col(Attribute.is_active).is_(True))).all()


@verb(Permission.CONTACT_CONFIGURE, audit="attribute.added")
def add_attribute(
    session: Session, actor: Actor, *, given: AttributeInput, now: datetime
) -> Attribute:
    """Return a new custom field. Its key is fixed from now on: filters and templates use it.

    Raises:
        Invalid: "attribute.…" at the field that is wrong.
        Conflict: "attribute.key_taken".
    """
    key = given.key.strip().lower()
    if not KEY.fullmatch(key):
        raise Invalid("attribute.key_invalid", field="key")
    if session.exec(select(Attribute).where(Attribute.key == key)).first() is not None:
        raise Conflict("attribute.key_taken", field="key")
    count = session.exec(select(func.count(col(Attribute.id)))).one()
    if count >= MOST:
        raise Invalid("attribute.too_many", limit=MOST)
    made = Attribute(key=key, kind=given.kind, position=count)
    _describe(made, given)
    session.add(made)
    session.flush()
    audit.record(session, actor, "attribute.added", now=now, subject=made, name=key)
    return made


@verb(Permission.CONTACT_CONFIGURE, audit="attribute.changed")
def change_attribute(
    session: Session,
    actor: Actor,
    *,
    attribute_id: int,
    version: int,
    given: AttributeInput,
    now: datetime,
) -> Attribute:
    """Return the custom field as now described; key and kind stay. Options in use stay valid.

    Raises:
        Conflict: "common.changed_meanwhile" where somebody was faster.
    """
    found = service.as_seen(session, Attribute, attribute_id, version=version)
    _describe(found, given)
    found.is_active = given.is_active
    found.version += 1
    session.add(found)
    session.flush()
    audit.record(session, actor, "attribute.changed", now=now, subject=found, name=found.key)
    return found


def set_attributes(
    session: Session,
    contact: Contact,
    given: Mapping[str, object],
    *,
    calendar: Calendar = Calendar.GREGORIAN,
) -> None:
    """Take over these values, by key; an empty one removes what was there.

    Raises:
        Invalid: "attribute.…" at the key: unknown, required, or no value of its kind.
    """
    known = {one.key: one for one in active(session)}
    values = dict(contact.attributes)
    for key, typed in given.items():
        if key not in known:
            raise Invalid("attribute.unknown", field=key, key=key)
        value = typed_value(known[key], typed, calendar=calendar)
        if value is None and known[key].is_required:
            raise Invalid("attribute.required", field=key)
        values.pop(key, None)
        if value is not None:
            values[key] = value
    contact.attributes = values


def typed_value(attribute: Attribute, typed: object, *, calendar: Calendar) -> object | None:
    """Return the value as it is stored: text, number, true, ISO day, or names of options.

    Raises:
        Invalid: "attribute.value_…" at the key.
    """
    if typed is None or typed in ("", [], ()):
        return None
    try:
        return _typed(attribute, typed, calendar)
    except Invalid as error:
        raise Invalid(error.code, field=attribute.key, **error.params) from error


def _typed(attribute: Attribute, typed: object, calendar: Calendar) -> object:
    match attribute.kind:
        case AttributeKind.DATE:
            day = typed if isinstance(typed, date) else parse_date(str(typed), calendar)
            return day.isoformat()
        case AttributeKind.CHOICE:
            return _option(attribute, typed)
        case AttributeKind.CHOICES:
            several = typed if isinstance(typed, list | tuple) else str(typed).split("|")
            return list(dict.fromkeys(_option(attribute, one) for one in several))
        case kind:
            return _READERS[kind](typed)


def _line(typed: object) -> str:
    text = stored_line(str(typed))
    if len(text) > LONGEST:
        raise Invalid("attribute.value_long", limit=LONGEST)
    return text


def _number(typed: object) -> int | float:
    if isinstance(typed, bool):
        raise Invalid("attribute.value_number")
    try:
        found = typed if isinstance(typed, int | float) else parse_number(str(typed))
    except Invalid as error:
        raise Invalid("attribute.value_number") from error
    exact = Decimal(str(found))
    if not exact.is_finite() or abs(exact) > Decimal(10) ** 15:
        raise Invalid("attribute.value_number")
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _flag(typed: object) -> bool:
    if isinstance(typed, bool):
        return typed
    key = search_key(str(typed))
    if key not in {search_key(one) for one in _YES | _NO}:
        raise Invalid("attribute.value_flag")
    return key in {search_key(one) for one in _YES}


def _option(attribute: Attribute, typed: object) -> str:
    key = search_key(str(typed))
    for option in attribute.options:
        if search_key(str(option["value"])) == key:
            return str(option["value"])
    raise Invalid("attribute.value_option", typed=str(typed)[:80])


def _link(typed: object) -> str:
    text = _line(typed)
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise Invalid("attribute.value_link") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Invalid("attribute.value_link")
    return text


_READERS: Mapping[AttributeKind, Callable[[object], object]] = {
    AttributeKind.TEXT: _line,
    AttributeKind.NUMBER: _number,
    AttributeKind.FLAG: _flag,
    AttributeKind.LINK: _link,
}


def _describe(row: Attribute, given: AttributeInput) -> None:
    names = {one.value: stored_line(given.names.get(one.value, ""))[:120] for one in Language}
    row.names = {language: name for language, name in names.items() if name}
    if not row.names:
        raise Invalid("attribute.name_missing", field="names")
    row.is_required = given.is_required
    if row.kind not in _CHOOSING:
        return
    values = list(dict.fromkeys(stored_line(one)[:120] for one in given.options if one.strip()))
    if not values or len(values) > MOST_OPTIONS:
        raise Invalid("attribute.options", field="options", limit=MOST_OPTIONS)
    row.options = [{"value": value, "names": {}} for value in values]


def _ordered() -> SelectOfScalar[Attribute]:
    return select(Attribute).order_by(col(Attribute.position), col(Attribute.id))
