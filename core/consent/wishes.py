"""What people choose about mail from us, by links of their own. Building blocks."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from core.consent import queries, rules
from core.consent.models import Preference, Suppression, Topic
from core.consent.noting import note_consent
from core.consent.service import place
from core.consent.terms import ConsentState, SuppressionReason, TopicRule, Wishes
from core.errors import Invalid

BY_LINK = "preferences"


@dataclass(frozen=True)
class Choice:
    """A topic that is offered, whether the person gets it, and where they stand."""

    topic: Topic
    is_on: bool
    state: ConsentState | None


def choices(session: Session, contact_id: int) -> list[Choice]:
    """Return the topics offered to this person, and whether mail of each reaches them."""
    held = queries.subscriptions(session, contact_id)
    gone = is_gone(session, contact_id)
    found = []
    for topic in queries.offered_topics(session):
        state = held[topic.id].state if topic.id in held else None
        found.append(Choice(topic, not gone and _gets(topic, state), state))
    return found


def _gets(topic: Topic, state: ConsentState | None) -> bool:
    if topic.rule is TopicRule.OPT_OUT and state is None:
        return True
    return state is ConsentState.CONFIRMED


def choose(
    session: Session, contact_id: int, topic_ids: Collection[int], *, ip: str | None, now: datetime
) -> None:
    """Make exactly these of the offered topics reach the person.

    A yes through a link of their own is a confirmed one, and ends an unsubscription from all.
    """
    offered = choices(session, contact_id)
    if any(one.topic.id in topic_ids for one in offered):
        come_back(session, contact_id, now=now)
    for one in offered:
        wanted = one.topic.id in topic_ids
        state = ConsentState.CONFIRMED if wanted else ConsentState.UNSUBSCRIBED
        is_news = wanted != one.is_on or (wanted and one.state is not ConsentState.CONFIRMED)
        if one.state is state or not is_news:
            continue
        if wanted and one.topic.rule is TopicRule.OPT_OUT and one.state is None:
            continue  # left as it was: nobody has to say yes to it
        note_consent(
            session, contact_id=contact_id, topic_id=one.topic.id, state=state, source=BY_LINK,
            text_version=one.topic.text_version, ip=ip, now=now,
        )  # fmt: skip


def leave_topic(
    session: Session,
    contact_id: int,
    topic_id: int,
    *,
    source: str,
    ip: str | None,
    now: datetime,
) -> None:
    """Withdraw this person's consent to a topic; nothing is added where it is withdrawn."""
    held = queries.consent_states(session, [(contact_id, topic_id)])
    if held.get((contact_id, topic_id)) is ConsentState.UNSUBSCRIBED:
        return
    topic = queries.topics(session, [topic_id])[topic_id]
    note_consent(
        session, contact_id=contact_id, topic_id=topic_id, state=ConsentState.UNSUBSCRIBED,
        source=source, text_version=topic.text_version, ip=ip, now=now,
    )  # fmt: skip


def leave_all(
    session: Session, contact_id: int, *, source: str, ip: str | None, now: datetime
) -> None:
    """Keep relationship and promotional mail from this person, and withdraw every yes."""
    place(session, reason=SuppressionReason.UNSUBSCRIBED, contact_id=contact_id, note=source,
          now=now)  # fmt: skip
    for topic_id, row in queries.subscriptions(session, contact_id).items():
        if row.state is not ConsentState.UNSUBSCRIBED:
            leave_topic(session, contact_id, topic_id, source=source, ip=ip, now=now)


def is_gone(session: Session, contact_id: int) -> bool:
    """Return whether the person unsubscribed from everything."""
    reason = SuppressionReason.UNSUBSCRIBED
    found = queries.find_active(session, reason=reason, contact_id=contact_id, address_id=None)
    return found is not None


def come_back(session: Session, contact_id: int, *, now: datetime) -> None:
    """End this person's unsubscription from all: they have just said yes to something."""
    statement = select(Suppression).where(
        Suppression.contact_id == contact_id,
        Suppression.reason == SuppressionReason.UNSUBSCRIBED,
        col(Suppression.lifted_at).is_(None),
    )
    for one in session.exec(statement):
        one.lifted_at = now
    session.flush()


def set_wishes(session: Session, contact_id: int, wishes: Wishes, *, now: datetime) -> None:
    """Keep what this person asks of us for all mail; raises Invalid `preference.*`."""
    start, end = wishes.paused_from, wishes.paused_until
    if end is not None and (end <= (start or now) or end <= now):
        raise Invalid("preference.pause_past", field="until")
    longest = timedelta(days=rules.LONGEST_PAUSE_DAYS)
    if end is not None and end - now > longest:
        raise Invalid("preference.pause_long", field="until", days=rules.LONGEST_PAUSE_DAYS)
    if wishes.at_most is not None and not 1 <= wishes.at_most <= rules.MOST_PER_PERIOD:
        raise Invalid("preference.at_most", field="at_most", limit=rules.MOST_PER_PERIOD)
    known = queries.preferences(session, [contact_id]).get(contact_id)
    kept = known or Preference(contact_id=contact_id)
    kept.paused_from = (start or now) if end is not None else None
    kept.paused_until = end
    kept.at_most = wishes.at_most
    kept.window_s = wishes.window_s if wishes.at_most is not None else None
    session.add(kept)
    session.flush()
