"""Made-up customers and their mail: what was sent, and what is held, capped or suppressed now."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from core import ids
from core.access.terms import SYSTEM, DepartmentKind
from core.consent import service as consent
from core.consent.terms import SuppressionReason
from core.contacts import queries as contact_queries
from core.contacts import service as contacts
from core.contacts.models import Contact
from core.contacts.terms import Audience, ContactKind
from core.messages import admission, rules, settings
from core.messages import service as messages
from core.messages.capping import Slot
from core.messages.letters import header_id, sender_of
from core.messages.models import Delivery, Message, SendLedger
from core.messages.rules import Facts
from core.messages.terms import Lane, MessageRequest, MessageStatus, OnCap, Reason
from core.notices.going_live import PRACTICE_SOURCE
from core.organisation import queries as organisation
from core.practice.people import CUSTOMERS, DOMAIN, MAILS, NEWS, THANKS, ZONES
from core.practice.staff import department_id
from core.practice.terms import Customer, Mail, Spot
from core.templates import queries as template_queries
from core.templates import service as templates
from core.templates.models import TemplateVersion
from core.templates.service import render_for
from core.templates.terms import MessageClass

KLASSES = {THANKS.key: MessageClass.RELATIONSHIP, NEWS.key: MessageClass.PROMOTIONAL}
PLACES = {THANKS.key: DepartmentKind.SALES, NEWS.key: DepartmentKind.MARKETING}
SENT_DAYS_AGO = (3, 9, 16)
NOON, MIDNIGHT = 12, 1


def write(session: Session, *, now: datetime) -> None:
    """Make customers and templates, what they got in the past weeks, and one mail to each now."""
    versions = {mail.key: _template(session, mail, now=now) for mail in MAILS}
    for customer in CUSTOMERS:
        person = _person(session, customer, now=now)
        for days in SENT_DAYS_AGO:
            sent_at = now - timedelta(days=days, minutes=7 * len(customer.key))
            _sent(session, person, versions[THANKS.key], at=sent_at)
        _prepare(session, customer, person, versions=versions, now=now)
        request = MessageRequest(
            contact_id=person.id,
            template_version_id=versions[NEWS.key].id,
            dedup_key=f"practice:{person.id}:news",
            lane=Lane.BULK,
            on_cap=OnCap.DEFER,
        )
        messages.queue(session, SYSTEM, request, now=now)


def _prepare(
    session: Session,
    customer: Customer,
    person: Contact,
    *,
    versions: Mapping[str, TemplateVersion],
    now: datetime,
) -> None:
    """Bring about what the next mail to this person is to show."""
    match customer.spot:
        case Spot.CAPPED:
            for hours in (2, 5):
                at = now - timedelta(hours=hours)
                message = _sent(session, person, versions[THANKS.key], at=at)
                session.add(_slot(message, person, at=at))
        case Spot.SUPPRESSED:
            address = contact_queries.primary_addresses(session, [person.id])[person.id]
            consent.place(
                session, reason=SuppressionReason.COMPLAINT, address_id=address.id, now=now
            )
        case Spot.HELD:
            until = now + timedelta(days=2)
            settings.place_hold(session, SYSTEM, contact_id=person.id, until=until, now=now)
        case Spot.QUIET | Spot.PLAIN:
            pass


def _template(session: Session, mail: Mail, *, now: datetime) -> TemplateVersion:
    language = organisation.organisation(session).language
    name = mail.names[language]
    if template_queries.named(session, name) is not None:
        name = f"{name} {ids.uuid7(now).hex[-6:]}"
    given = templates.TemplateInput(
        name=name,
        purpose=mail.purpose,
        klass=KLASSES[mail.key],
        department_id=department_id(session, PLACES[mail.key]),
    )
    texts = {code.value: text for code, text in mail.texts.items()}
    made = templates.add_template(session, SYSTEM, given=given, texts=texts, now=now)
    version = template_queries.newest_version(session, made.id)
    assert version is not None  # noqa: S101 - it was made with its first version
    return version


def _person(session: Session, customer: Customer, *, now: datetime) -> Contact:
    """Return the customer, living where it is night for the quiet one and noon for the others."""
    hour = MIDNIGHT if customer.spot is Spot.QUIET else NOON
    details: dict[str, object] = {
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "language": customer.language,
        "time_zone": zone_at(hour, now=now),
        "source": PRACTICE_SOURCE,
    }
    person = contacts.add_contact(session, kind=ContactKind.CUSTOMER, now=now, details=details)
    contacts.set_email(session, person, f"{customer.key}@customers.{DOMAIN}")
    return person


def zone_at(hour: int, *, now: datetime) -> str:
    """Return the zone in which it is nearest to this hour now."""

    def distance(zone: str) -> float:
        local = now.astimezone(ZoneInfo(zone))
        apart = abs(local.hour + local.minute / 60 - hour)
        return min(apart, 24 - apart)

    return min(ZONES, key=distance)


def _sent(session: Session, person: Contact, version: TemplateVersion, *, at: datetime) -> Message:
    """Return a mail that this person got then, with the checklist and attempt it would have."""
    home = organisation.organisation(session)
    mail = render_for(version, person, home, sender_name=home.name, values={})
    address = contact_queries.primary_addresses(session, [person.id])[person.id]
    message = Message(
        public_id=ids.public_id("msg", at),
        dedup_key=f"practice:{person.id}:{at.isoformat()}",
        status=MessageStatus.SENT,
        lane=Lane.NORMAL,
        klass=KLASSES[THANKS.key],
        audience=Audience.EXTERNAL,
        contact_id=person.id,
        address_id=address.id,
        department_id=department_id(session, PLACES[THANKS.key]),
        template_version_id=version.id,
        language=mail.language,
        subject_text=mail.subject,
        due_at=at,
        admitted_at=at,
        reserved_at=at,
        first_tried_at=at,
        sent_at=at,
        attempt_count=1,
        reason=Reason.SENT,
        created_at=at,
    )
    message.message_id_header = header_id(message, sender_of(session, message))
    session.add(message)
    session.flush()
    facts = Facts(
        klass=message.klass,
        audience=message.audience,
        slot=Slot(message.klass, message.audience),
        zone=person.time_zone or home.time_zone,
        address=address.deliverable,
    )
    session.add(admission.decision(message, rules.admit(facts, now=at), now=at))
    session.add(Delivery(message_id=message.id, attempt=1, started_at=at, ended_at=at, kind="sent",
                         reply_code=250, reply_text="2.0.0 Ok"))  # fmt: skip
    return message


def _slot(message: Message, person: Contact, *, at: datetime) -> SendLedger:
    return SendLedger(
        contact_id=person.id,
        counted_at=at,
        message_id=message.id,
        klass=message.klass,
        audience=message.audience,
        department_id=message.department_id,
    )
