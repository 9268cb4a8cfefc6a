"""What the links in a mail do: leave its topic, or everything. The token is all that is asked."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from core import signing
from core.consent import queries as consent
from core.consent import wishes
from core.consent.models import Topic
from core.consent.terms import ConsentState, Wishes
from core.contacts import queries as contacts
from core.contacts.models import Contact
from core.messages import links
from core.messages.models import Message
from core.messages.settings import look_again
from core.messages.terms import Reason

OF_WISHES = frozenset({Reason.OWN_PAUSE, Reason.OWN_LIMIT})


class Scope(StrEnum):
    """What somebody leaves."""

    TOPIC = "topic"
    ALL = "all"


@dataclass(frozen=True)
class Leaver:
    """Whom an unsubscribe link is about, and the topic of the mail it came in."""

    person: Contact
    topic: Topic | None
    message_id: int


def leaver_of(session: Session, token: str, *, now: datetime) -> Leaver | None:
    """Return whom an unsubscribe link is about; None where it is false, too old or of nobody."""
    message_id = signing.row_id(links.UNSUBSCRIBE, token, now=now)
    message = session.get(Message, message_id) if message_id else None
    person = contacts.contact(session, message.contact_id or 0) if message else None
    if message is None or person is None or person.erased_at is not None:
        return None
    topic = session.get(Topic, message.topic_id) if message.topic_id else None
    return Leaver(person, topic, message.id)


def owner_of(session: Session, token: str, *, now: datetime) -> Contact | None:
    """Return whose preferences a link opens; None where it is false, too old or of nobody."""
    contact_id = signing.row_id(links.PREFERENCES, token, now=now)
    person = contacts.contact(session, contact_id) if contact_id else None
    return person if person is not None and person.erased_at is None else None


def leave(
    session: Session, leaver: Leaver, scope: Scope | None, *, ip: str | None, now: datetime
) -> Scope:
    """Carry out what the person asked for, by default to leave the mail's topic if it has one.

    Return what they left; a second time changes nothing.
    """
    source = f"message:{leaver.message_id}"
    if leaver.topic is not None and scope is not Scope.ALL:
        wishes.leave_topic(
            session, leaver.person.id, leaver.topic.id, source=source, ip=ip, now=now
        )
        return Scope.TOPIC
    wishes.leave_all(session, leaver.person.id, source=source, ip=ip, now=now)
    return Scope.ALL


def left(session: Session, leaver: Leaver) -> Scope | None:
    """Return what the person of an unsubscribe link has left already."""
    if wishes.is_gone(session, leaver.person.id):
        return Scope.ALL
    if leaver.topic is None:
        return None
    pair = (leaver.person.id, leaver.topic.id)
    state = consent.consent_states(session, [pair]).get(pair)
    return Scope.TOPIC if state is ConsentState.UNSUBSCRIBED else None


def set_wishes(session: Session, contact_id: int, asked: Wishes, *, now: datetime) -> None:
    """Keep a pause and a limit of this person's own; what waits because of one is looked at."""
    wishes.set_wishes(session, contact_id, asked, now=now)
    look_again(session, OF_WISHES, now=now, contact_id=contact_id)
