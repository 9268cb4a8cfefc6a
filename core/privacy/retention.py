"""Periods after which data is dropped at night: off until somebody switches them on."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Text, cast, delete, exists, or_, select, update
from sqlmodel import Session, col
from sqlmodel import select as pick

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.commerce.models import Order
from core.consent import policy
from core.consent.models import Subscription
from core.consent.terms import ConsentState, HouseRules
from core.contacts.models import Contact
from core.contacts.terms import ContactKind, ContactStatus
from core.delivery import queries as delivery
from core.errors import Conflict
from core.messages.models import Message
from core.messages.terms import MessageStatus
from core.privacy import erasing, rules, walk
from core.privacy.models import Erasure, RetentionRule
from core.privacy.terms import ErasureLine, Period, Preset, RetentionKind

BATCH = 500
LATEST = 20
AT_WORK = (MessageStatus.QUEUED, MessageStatus.LEASED, MessageStatus.SENDING,
           MessageStatus.IN_DOUBT)  # fmt: skip


@dataclass(frozen=True)
class Old:
    """What is old enough, how much of it goes at once, and the time it is now."""

    before: datetime
    limit: int
    now: datetime


@verb(Permission.SETTINGS_VIEW, audit=None)
def list_periods(session: Session, _actor: Actor) -> list[Period]:
    """Return the period of every kind of data."""
    return rules.periods({one.kind: one for one in _set(session)})


@verb(Permission.SETTINGS_VIEW, audit=None)
def list_erasures(session: Session, _actor: Actor) -> list[ErasureLine]:
    """Return the latest erasures, newest first."""
    found = session.exec(pick(Erasure).order_by(col(Erasure.id).desc()).limit(LATEST))
    return [ErasureLine(one.reference, one.erased_at, one.by_name, sum(one.counts.values()))
            for one in found]  # fmt: skip


@verb(Permission.SETTINGS_EDIT, audit="retention.set")
def set_period(session: Session, actor: Actor, *, given: Period, now: datetime) -> None:
    """Keep this kind of data so long from now on. version: of the period that was seen.

    Raises:
        Invalid: "privacy.days".
        Conflict: "common.changed_meanwhile" where somebody else changed it meanwhile.
    """
    days = rules.checked_days(given.days)
    row = _row(session, given.kind)
    seen = row.version if row else 0
    if seen != given.version:
        raise Conflict("common.changed_meanwhile")
    row = row or RetentionRule(kind=given.kind, days=days, version=0)
    before = {"days": row.days, "is_enabled": row.is_enabled}
    row.days, row.is_enabled, row.version = days, given.is_enabled, seen + 1
    session.add(row)
    session.flush()
    audit.record(session, actor, "retention.set", now=now, subject=row, name=row.kind,
                 before=before, after={"days": days, "is_enabled": row.is_enabled})  # fmt: skip


@verb(Permission.SETTINGS_EDIT, audit="retention.preset_taken")
def take_preset(session: Session, actor: Actor, *, preset: Preset, now: datetime) -> None:
    """Take over the periods and house rules that go with a law.

    Periods that are on stay on, those that are off stay off; who decides on an erasure stays too.
    """
    for kind, days in rules.PRESETS[preset].items():
        row = _row(session, kind) or RetentionRule(kind=kind, days=days, version=0)
        row.days, row.version = days, row.version + 1
        session.add(row)
    session.flush()
    held = asdict(policy.in_force(session))
    given = HouseRules(**{**held, **rules.HOUSE[preset]})
    policy.set_house_rules(session, actor, given=given, now=now)
    audit.record(session, actor, "retention.preset_taken", now=now, name=preset)


def in_force(session: Session) -> list[Period]:
    """Return the periods that are switched on."""
    return [one for one in _set(session) if one.is_enabled]


def drop_old(session: Session, period: Period, *, now: datetime, limit: int = BATCH) -> int:
    """Return how many of the oldest rows went that were kept long enough; 0 when none is left."""
    return _DROPS[period.kind](session, Old(now - timedelta(days=period.days), limit, now))


def _set(session: Session) -> list[Period]:
    known = {one.value for one in RetentionKind}
    return [Period(RetentionKind(row.kind), row.days, row.is_enabled, row.version)
            for row in session.exec(pick(RetentionRule)) if row.kind in known]  # fmt: skip


def _row(session: Session, kind: RetentionKind) -> RetentionRule | None:
    return session.exec(pick(RetentionRule).where(RetentionRule.kind == kind)).first()


def _events(session: Session, old: Old) -> int:
    """Drop what people did; what happened to stock opened episodes and stays with them."""
    rows, episode = walk.table("event"), walk.table("episode")
    opened = exists().where(
        or_(episode.c.opened_by_event_id == rows.c.id, episode.c.closed_by_event_id == rows.c.id)
    )
    of_people = or_(rows.c.contact_id.is_not(None), rows.c.anonymous_id.is_not(None))
    return _delete(
        session, "event", rows.c.occurred_at < old.before, of_people, ~opened, limit=old.limit
    )


def _messages(session: Session, old: Old) -> int:
    """Empty mails that are through: that they were sent stays, what they said does not."""
    rows = walk.table("message")
    said = or_(rows.c.subject_text != "", cast(rows.c["values"], Text) != "{}")
    wanted = select(rows.c.id).where(
        rows.c.created_at < old.before, rows.c.status.not_in(AT_WORK), said
    )
    emptying = update(Message).where(col(Message.id).in_(wanted.limit(old.limit)))
    return _count(session.execute(
        emptying.values(values={}, subject_text="", reason_detail=""),
        execution_options={"synchronize_session": False},
    ))  # fmt: skip


def _captured(session: Session, old: Old) -> int:
    return delivery.drop_captured(session, before=old.before, limit=old.limit)


def _submissions(session: Session, old: Old) -> int:
    sent_at = walk.table("submission").c.sent_at
    return _delete(session, "submission", sent_at < old.before, limit=old.limit)


def _refused(session: Session, old: Old) -> int:
    created_at = walk.table("refused_row").c.created_at
    return _delete(session, "refused_row", created_at < old.before, limit=old.limit)


def _leads(session: Session, old: Old) -> int:
    """Forget leads who never reacted, bought or agreed to anything."""
    person = col(Contact.id)
    bought = exists().where(col(Order.contact_id) == person)
    agreed = exists().where(
        col(Subscription.contact_id) == person, col(Subscription.state) == ConsentState.CONFIRMED
    )
    underway = exists().where(col(Message.contact_id) == person, col(Message.status).in_(AT_WORK))
    wanted = pick(Contact.id).where(
        Contact.kind == ContactKind.LEAD,
        col(Contact.status).in_([ContactStatus.ENABLED, ContactStatus.DISABLED]),
        col(Contact.engaged_at).is_(None),
        col(Contact.created_at) < old.before,
        ~bought, ~agreed, ~underway,
    )  # fmt: skip
    found = list(session.exec(wanted.order_by(person).limit(old.limit)))
    if found:
        erasing.forget_strangers(session, found, now=old.now)
    return len(found)


_Drop = Callable[[Session, Old], int]
_DROPS: dict[RetentionKind, _Drop] = {
    RetentionKind.EVENTS: _events,
    RetentionKind.MESSAGES: _messages,
    RetentionKind.CAPTURED: _captured,
    RetentionKind.SUBMISSIONS: _submissions,
    RetentionKind.REFUSED: _refused,
    RetentionKind.LEADS: _leads,
}


def _delete(session: Session, name: str, *where: Any, limit: int) -> int:
    rows = walk.table(name)
    old = select(rows.c.id).where(*where).order_by(rows.c.id).limit(limit)
    return _count(session.execute(delete(rows).where(rows.c.id.in_(old))))


def _count(result: Any) -> int:
    return int(result.rowcount)
