"""What alerts did, and who took them in hand: in the application, or by the link in a mail."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session

from core import signing
from core.access import rules as access
from core.access.service import require_on, verb
from core.access.terms import Actor, Permission
from core.alerts import episodes, listing, rules
from core.alerts.models import AlertNotice
from core.alerts.telling import ACKNOWLEDGE
from core.alerts.terms import EpisodeFilter, EpisodePage, NoticeKind, NoticePage, Tiles
from core.audit import service as audit
from core.contacts import queries as contacts
from core.errors import NotFound

PAGE = 50
_ACTED_ON = {NoticeKind.RAISED, NoticeKind.NAG}


@verb(Permission.ALERT_VIEW, audit=None)
def list_episodes(
    session: Session,
    actor: Actor,
    *,
    wanted: EpisodeFilter | None = None,
    offset: int = 0,
    limit: int = PAGE,
) -> EpisodePage:
    """Return one page of the episodes this actor may see, the newest first."""
    scope = access.departments(actor, Permission.ALERT_VIEW)
    return listing.page(session, wanted or EpisodeFilter(), scope, offset=offset, limit=limit)


@verb(Permission.ALERT_VIEW, audit=None)
def tiles(session: Session, actor: Actor, *, since: datetime) -> Tiles:
    """Return how many alerts are open, and the median reaction to those told since then."""
    scope = access.departments(actor, Permission.ALERT_VIEW)
    is_open, is_waiting = listing.open_counts(session, scope)
    seen = listing.milestones(session, scope, since=since)
    return Tiles(is_open, is_waiting, rules.reaction_times(seen))


@verb(Permission.ALERT_ACKNOWLEDGE, audit="alert.acknowledged")
def acknowledge(
    session: Session, actor: Actor, *, episode_ids: Collection[int], now: datetime
) -> int:
    """Take these episodes in hand, which ends their reminders; return how many were waiting.

    Raises NotFound when one does not exist.
    """
    departments = listing.departments_of(session, episode_ids)
    if len(departments) < len(set(episode_ids)):
        raise NotFound("alert.episode_missing")
    for department_id in set(departments.values()):
        require_on(actor, Permission.ALERT_ACKNOWLEDGE, department_id=department_id)
    return _acknowledge(session, actor, episode_ids, now=now)


def notice_by_token(session: Session, text: str, *, now: datetime) -> NoticePage:
    """Return what the link in a notice speaks of; raises NotFound `alert.link_unknown`."""
    return _page(session, _notice(session, text, now=now))


def acknowledge_by_token(session: Session, text: str, *, now: datetime) -> NoticePage:
    """Take in hand what the notice told of, for the person it was sent to; again changes nothing.

    Raises NotFound `alert.link_unknown`.
    """
    notice = _notice(session, text, now=now)
    person = contacts.contact(session, notice.contact_id)
    if person is not None and notice.kind in _ACTED_ON:
        name = f"{person.first_name} {person.last_name}".strip()
        holder = Actor(kind="link", id=None, name=name, contact_id=person.id)
        ids = episodes.ids_of_notice(session, notice.id)
        _acknowledge(session, holder, ids, now=now)
    return _page(session, notice)


def _acknowledge(
    session: Session, actor: Actor, episode_ids: Collection[int], *, now: datetime
) -> int:
    done = episodes.acknowledge(session, episode_ids, by_id=actor.contact_id, now=now)
    for episode_id in done:
        audit.record(
            session, actor, "alert.acknowledged", now=now,
            subject=episodes.one(session, episode_id), contact_id=actor.contact_id,
        )  # fmt: skip
    return len(done)


def _notice(session: Session, text: str, *, now: datetime) -> AlertNotice:
    notice_id = signing.row_id(ACKNOWLEDGE, text, now=now)
    found = episodes.notice(session, notice_id) if notice_id is not None else None
    if found is None:
        raise NotFound("alert.link_unknown")
    return found


def _page(session: Session, notice: AlertNotice) -> NoticePage:
    lines = listing.of_notice(session, notice.id)
    return NoticePage(notice.id, notice.contact_id, notice.kind, lines)
