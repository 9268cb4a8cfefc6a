"""Verbs of topics: make one, change one, archive one, see them all."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core import ids
from core.access.editing import Seen, editable
from core.access.service import require_on, verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.consent import queries, rules
from core.consent.models import ConsentText, Topic
from core.consent.terms import ConsentState, TopicInput


@dataclass(frozen=True)
class TopicLine:
    """A topic as a list shows it, with how many people stand where."""

    topic: Topic
    confirmed_count: int
    unconfirmed_count: int
    unsubscribed_count: int


@verb(Permission.TOPIC_VIEW, audit=None)
def list_topics(session: Session, _actor: Actor) -> list[TopicLine]:
    """Return every topic, those in use first."""
    counts = queries.subscriber_counts(session)
    return [
        TopicLine(topic, *(counts.get((topic.id, state), 0) for state in (
            ConsentState.CONFIRMED, ConsentState.UNCONFIRMED, ConsentState.UNSUBSCRIBED)))
        for topic in queries.all_topics(session)
    ]  # fmt: skip


@verb(Permission.TOPIC_EDIT, audit="topic.created")
def create_topic(session: Session, actor: Actor, *, given: TopicInput, now: datetime) -> Topic:
    """Return a new topic with the first version of its words."""
    values = rules.checked_topic(given)
    require_on(actor, Permission.TOPIC_EDIT, department_id=given.department_id)
    topic = Topic.model_validate({"key": ids.public_id("top", now), **values})
    session.add(topic)
    session.flush()
    _keep_text(session, topic)
    audit.record(session, actor, "topic.created", now=now, subject=topic,
                 department_id=topic.department_id, after=values)  # fmt: skip
    return topic


@verb(Permission.TOPIC_EDIT, audit="topic.changed")
def change_topic(
    session: Session,
    actor: Actor,
    *,
    topic_id: int,
    seen_version: int,
    given: TopicInput,
    now: datetime,
) -> Topic:
    """Return the topic as given; other words are a new version, and old ones stay as proof."""
    topic = _editable(session, actor, Seen(topic_id, seen_version))
    values = rules.checked_topic(given)
    require_on(actor, Permission.TOPIC_EDIT, department_id=given.department_id)
    said = rules.words_of(topic.names, topic.promises)
    before = {name: getattr(topic, name) for name in values}
    for name, value in values.items():
        setattr(topic, name, value)
    if rules.words_of(topic.names, topic.promises) != said:
        topic.text_version += 1
        _keep_text(session, topic)
    session.flush()
    audit.record(session, actor, "topic.changed", now=now, subject=topic,
                 department_id=topic.department_id, before=before, after=values)  # fmt: skip
    return topic


@verb(Permission.TOPIC_EDIT, audit="topic.archived")
def archive_topic(
    session: Session, actor: Actor, *, topic_id: int, seen_version: int, now: datetime
) -> Topic:
    """Return the topic, no longer offered anywhere; who agreed to it stays on record."""
    return _switched(session, actor, Seen(topic_id, seen_version), is_active=False, now=now)


@verb(Permission.TOPIC_EDIT, audit="topic.restored")
def restore_topic(
    session: Session, actor: Actor, *, topic_id: int, seen_version: int, now: datetime
) -> Topic:
    """Return the topic, in use again."""
    return _switched(session, actor, Seen(topic_id, seen_version), is_active=True, now=now)


def _switched(
    session: Session, actor: Actor, seen: Seen, *, is_active: bool, now: datetime
) -> Topic:
    topic = _editable(session, actor, seen)
    topic.is_active = is_active
    session.flush()
    act = "topic.restored" if is_active else "topic.archived"
    audit.record(session, actor, act, now=now, subject=topic, department_id=topic.department_id)
    return topic


def _editable(session: Session, actor: Actor, seen: Seen) -> Topic:
    return editable(
        session, actor, seen, table=Topic, permission=Permission.TOPIC_EDIT, area="topic"
    )


def _keep_text(session: Session, topic: Topic) -> None:
    words = rules.words_of(topic.names, topic.promises)
    session.add(ConsentText(topic_id=topic.id, number=topic.text_version, texts=words))
    session.flush()
