"""Send one mail by the name of its template, for programs: to an address or to a known person."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session

from core import ids
from core.access.service import require_on, verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.contacts import queries as contacts
from core.contacts import service as people
from core.contacts.addresses import parse_address
from core.contacts.models import Contact
from core.contacts.terms import ContactKind, IdentityKind
from core.errors import Invalid, NotFound
from core.i18n.text import stored
from core.messages import links
from core.messages.models import Message
from core.messages.queueing import put
from core.messages.terms import Lane, MessageRequest
from core.organisation import queries as organisation
from core.templates import queries as templates
from core.templates.compiler import missing_name
from core.templates.models import Template, TemplateVersion
from core.templates.service import compiled_text, person_values, reader_of
from core.templates.terms import TemplateState

VALUES_LIMIT = 64_000
DEPTH_LIMIT = 6
SOURCE = "api"
FARTHEST = timedelta(days=366)
"""Nobody plans a mail for later; a moment at the edge of the calendar could not be kept."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """One mail to one person. Exactly one of email and contact (a public id) is given.

    template: the key of a shipped one, or a name. values: what the template reads.
    """

    template: str
    email: str = ""
    contact: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    send_at: datetime | None = None


@verb(Permission.MESSAGE_SEND, audit="message.ordered")
def send_by_template(session: Session, actor: Actor, *, order: Order, now: datetime) -> Message:
    """Return the queued message. What becomes of it, admission decides like for any other.

    Somebody unknown at this address becomes a lead where the actor may edit contacts. Raises
    NotFound or Invalid at `template`, `to`, `values` or `send_at`.
    """
    if order.send_at is not None and order.send_at - now > FARTHEST:
        raise Invalid("message.send_at_far", field="send_at")
    template, version = _text(session, order.template)
    require_on(actor, Permission.MESSAGE_SEND, department_id=template.department_id)
    values = plain_values(order.values)
    person = _person(session, actor, order, now=now)
    _check_values(session, person, version, values=values)
    request = MessageRequest(
        contact_id=person.id,
        template_version_id=version.id,
        dedup_key=f"order:{ids.uuid7(now).hex}",
        values=values,
        lane=Lane.URGENT if order.send_at is None else Lane.NORMAL,
        due_at=max(order.send_at, now) if order.send_at else None,
    )
    message = put(session, actor, request, now=now)
    audit.record(
        session, actor, "message.ordered", now=now, subject=message, name=template.name,
        contact_id=person.id, department_id=message.department_id,
    )  # fmt: skip
    return message


def plain_values(given: Mapping[str, object]) -> dict[str, object]:
    """Return the values as they may be kept: no NaN, no hidden signs, not too many.

    Raises Invalid "message.values_large" or "message.values_odd" at `values`.
    """
    clean = {stored(name): _plain(value, depth=1) for name, value in given.items()}
    if len(json.dumps(clean)) > VALUES_LIMIT:
        raise Invalid("message.values_large", field="values", limit=VALUES_LIMIT)
    return clean


def _plain(value: object, *, depth: int) -> object:
    if depth > DEPTH_LIMIT:
        raise Invalid("message.values_odd", field="values")
    match value:
        case None | bool() | int():
            return value
        case float() if value - value == 0:  # neither infinite nor not a number
            return value
        case str():
            return stored(value)
        case list():
            return [_plain(one, depth=depth + 1) for one in value]
        case dict():
            return {stored(str(name)): _plain(one, depth=depth + 1) for name, one in value.items()}
        case _:
            raise Invalid("message.values_odd", field="values")


def _text(session: Session, name: str) -> tuple[Template, TemplateVersion]:
    """Return the template in use under this key or name, and its newest version."""
    found = templates.by_key(session, name) or templates.named(session, stored(name))
    version = templates.newest_version(session, found.id) if found else None
    if found is None or version is None or found.state is not TemplateState.ACTIVE:
        raise NotFound("template.missing", field="template")
    return found, version


def _person(session: Session, actor: Actor, order: Order, *, now: datetime) -> Contact:
    if bool(order.email) is bool(order.contact):
        raise Invalid("message.one_recipient", field="to")
    found = (
        _at(session, order.email) if order.email else contacts.of_public_id(session, order.contact)
    )
    if found is None and order.email:
        found = _newcomer(session, actor, order.email, now=now)
    if found is None:
        raise NotFound("contact.missing", field="to")
    require_on(actor, Permission.MESSAGE_SEND, department_id=None, owner_id=found.owner_id)
    return found


def _at(session: Session, email: str) -> Contact | None:
    try:
        normalised = parse_address(email).normalised
    except Invalid as refusal:
        raise Invalid(refusal.code, field="to.email", **refusal.params) from refusal
    known = contacts.identity(session, IdentityKind.EMAIL, normalised)
    return contacts.contact(session, known.contact_id) if known else None


def _newcomer(session: Session, actor: Actor, email: str, *, now: datetime) -> Contact:
    require_on(actor, Permission.CONTACT_EDIT, department_id=None)
    made = people.add_contact(session, kind=ContactKind.LEAD, now=now, details={"source": SOURCE})
    people.set_email(session, made, email)
    return made


def _check_values(
    session: Session, person: Contact, version: TemplateVersion, *, values: Mapping[str, object]
) -> None:
    """Raise Invalid "message.value_missing" for the first value the text needs and lacks."""
    home = organisation.organisation(session)
    text = compiled_text(version, reader_of(person, home, version).language)
    known = person_values(person, home, sender_name=home.name)
    name = missing_name(text, {**links.filled(values, links.shown()), **known})
    if name is not None:
        raise Invalid("message.value_missing", field=f"values.{name}", name=name)
