"""The second yes of a double opt-in: asked for by mail, given on a page."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from core import signing
from core.access.terms import SYSTEM
from core.consent import queries as consent
from core.consent import wishes
from core.consent.models import Topic
from core.consent.service import note_consent
from core.consent.terms import ConsentState
from core.contacts import queries as contacts
from core.contacts import visitors
from core.contacts.models import Contact
from core.contacts.terms import IdentityKind
from core.forms import downloads, limits, queries
from core.forms.models import Submission
from core.forms.terms import SubmissionState
from core.messages import links as mail_links
from core.messages import service as messages
from core.messages.terms import Lane, MessageRequest

PURPOSE = "confirm"
CONFIRM_MAIL, LINK_MAIL = "confirm_subscription", "preferences_link"
HOUR = timedelta(hours=1)
FORM = "form:"


@dataclass(frozen=True)
class Asked:
    """What the link in a confirmation mail is about. topics: what waits for the second yes."""

    person: Contact
    topics: list[Topic]
    has_confirmed: bool


def ask(session: Session, person: Contact, sent: Submission, *, now: datetime) -> None:
    """Queue the mail that asks to confirm, unless this address had one within the hour."""
    address = contacts.primary_addresses(session, [person.id]).get(person.id)
    if address is None or not limits.allows(
        session, "confirm", address.normalised, limit=1, window=HOUR, now=now
    ):
        return
    link = mail_links.unsigned(PURPOSE, path="/p/confirm", about=mail_links.About.PERSON)
    request = MessageRequest(
        contact_id=person.id,
        dedup_key=f"confirm:{sent.id}",
        template_key=CONFIRM_MAIL,
        values={"links": {"confirm": link}},
        lane=Lane.URGENT,
        subject_type="submission",
        subject_id=sent.id,
    )
    messages.queue(session, SYSTEM, request, now=now)


def asked_of(session: Session, token: str, *, now: datetime) -> Asked | None:
    """Return what a confirmation link is about; None where it is false, too old or of nobody."""
    contact_id = signing.row_id(PURPOSE, token, now=now)
    person = contacts.contact(session, contact_id) if contact_id else None
    if person is None or person.erased_at is not None:
        return None
    steps = consent.newest_steps(session, person.id)
    mine = {topic_id: step for topic_id, step in steps.items() if step.source.startswith(FORM)}
    waiting = [one for one, step in mine.items() if step.state is ConsentState.UNCONFIRMED]
    topics = consent.topics(session, waiting)
    confirmed = any(step.source == PURPOSE for step in steps.values())
    return Asked(person, [topics[one] for one in waiting if topics[one].is_active], confirmed)


def confirm(
    session: Session,
    asked: Asked,
    *,
    topic_ids: Collection[int],
    ip: str | None,
    now: datetime,
) -> None:
    """Confirm these topics, of those that wait; what a form promised then goes out."""
    person = asked.person
    wanted = [topic for topic in asked.topics if topic.id in topic_ids]
    if not wanted:
        return
    wishes.come_back(session, person.id, now=now)
    for topic in wanted:
        note_consent(
            session, contact_id=person.id, topic_id=topic.id, state=ConsentState.CONFIRMED,
            source=PURPOSE, basis="consent", text_version=topic.text_version, ip=ip, now=now,
        )  # fmt: skip
    done = list(queries.waiting(session, person.id))
    for sent in done:
        sent.state = SubmissionState.CONFIRMED
        visitors.meet(session, person, anonymous_id=sent.visitor or "", now=now)
        sent.visitor = None
    _note_verified(session, person, now=now)
    downloads.send(session, person, done, now=now)


def _note_verified(session: Session, person: Contact, *, now: datetime) -> None:
    address = contacts.primary_addresses(session, [person.id]).get(person.id)
    if address is None:
        return
    known = contacts.identity(session, IdentityKind.EMAIL, address.normalised)
    if known is not None:
        known.verified_at = known.verified_at or now
    session.flush()


def send_link(session: Session, normalised: str, *, now: datetime) -> None:
    """Mail whoever has this address a link to their preferences, at most one an hour."""
    known = contacts.identity(session, IdentityKind.EMAIL, normalised)
    person = contacts.contact(session, known.contact_id) if known else None
    if person is None or person.erased_at is not None:
        return
    if not limits.allows(session, "preferences", normalised, limit=1, window=HOUR, now=now):
        return
    request = MessageRequest(
        contact_id=person.id,
        dedup_key=f"preferences:{person.id}:{now.isoformat()}",
        template_key=LINK_MAIL,
        lane=Lane.URGENT,
    )
    messages.queue(session, SYSTEM, request, now=now)
