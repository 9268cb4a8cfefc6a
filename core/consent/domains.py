"""Mail domains: those from which nobody is taken in, and those that are let in whatever is said."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.consent import policy
from core.consent.models import AllowedDomain, BlockedDomain
from core.consent.rules import THROWAWAY_DOMAINS, is_under
from core.consent.terms import DomainLists, DomainVerdict, ThrowawayRule
from core.contacts import tagging
from core.contacts.addresses import parse_address
from core.contacts.models import Contact
from core.contacts.terms import ContactStatus
from core.errors import Conflict, Invalid, NotFound
from core.i18n.catalog import translate
from core.i18n.text import stored_line
from core.organisation import queries as organisation

Domain = AllowedDomain | BlockedDomain


def lists(session: Session) -> DomainLists:
    """Return all that decides whether somebody is taken in by their mail domain."""
    rules = policy.in_force(session)
    return DomainLists(
        allowed=frozenset(session.exec(select(AllowedDomain.domain))),
        blocked=frozenset(session.exec(select(BlockedDomain.domain))),
        throwaway=rules.throwaway,
        takes_only_allowed=rules.takes_only_allowed,
    )


def risky(session: Session) -> set[str]:
    """Return the domains of throwaway mailboxes and the blocked ones, but for those allowed."""
    known = lists(session)
    return {*THROWAWAY_DOMAINS, *known.blocked} - known.allowed


def refused(session: Session) -> frozenset[str]:
    """Return the names under which nobody at all is taken in, whatever stands before them."""
    known = lists(session)
    is_refusing = known.throwaway is ThrowawayRule.REFUSE
    names = known.blocked | (THROWAWAY_DOMAINS if is_refusing else frozenset())
    return frozenset(
        name for name in names if not any(is_under(one, name) for one in known.allowed)
    )


def hold(session: Session, contact_ids: Sequence[int], verdict: DomainVerdict) -> None:
    """Have nothing reach these people, and mark them, until a colleague lets them in."""
    if not contact_ids:
        return
    held = update(Contact).where(col(Contact.id).in_(contact_ids))
    session.execute(held.values(status=ContactStatus.DISABLED))
    is_short_lived = verdict in {DomainVerdict.HOLD, DomainVerdict.THROWAWAY}
    code = "domain.throwaway.tag" if is_short_lived else "domain.refused.tag"
    name = translate(organisation.organisation(session).language, code)
    tagging.put(session, contact_ids, [one.id for one in tagging.ensure(session, [name])])


@verb(Permission.TOPIC_VIEW, audit=None)
def list_blocked(session: Session, _actor: Actor) -> list[BlockedDomain]:
    """Return the mail domains nobody is taken in from, by name."""
    return list(session.exec(select(BlockedDomain).order_by(col(BlockedDomain.domain))))


@verb(Permission.TOPIC_VIEW, audit=None)
def list_allowed(session: Session, _actor: Actor) -> list[AllowedDomain]:
    """Return the mail domains that are let in whatever longer lists say, by name."""
    return list(session.exec(select(AllowedDomain).order_by(col(AllowedDomain.domain))))


@verb(Permission.TOPIC_EDIT, audit="domain.blocked")
def block(session: Session, actor: Actor, *, domain: str, now: datetime) -> BlockedDomain:
    """Return the domain on the block list; forms and imports take nobody in from it.

    Raises:
        Invalid: "domain.wrong".
        Conflict: "domain.known" where it is on either list.
    """
    made = BlockedDomain(domain=_new_name(session, domain))
    _added(session, actor, made, act="domain.blocked", now=now)
    return made


@verb(Permission.TOPIC_EDIT, audit="domain.allowed")
def allow(session: Session, actor: Actor, *, domain: str, now: datetime) -> AllowedDomain:
    """Return the domain on the allow list; people from it are taken in. Errors as `block`."""
    made = AllowedDomain(domain=_new_name(session, domain))
    _added(session, actor, made, act="domain.allowed", now=now)
    return made


@verb(Permission.TOPIC_EDIT, audit="domain.unblocked")
def unblock(session: Session, actor: Actor, *, domain_id: int, now: datetime) -> None:
    """Take a domain off the block list."""
    found = session.get(BlockedDomain, domain_id)
    _removed(session, actor, found, act="domain.unblocked", now=now)


@verb(Permission.TOPIC_EDIT, audit="domain.disallowed")
def disallow(session: Session, actor: Actor, *, domain_id: int, now: datetime) -> None:
    """Take a domain off the allow list."""
    found = session.get(AllowedDomain, domain_id)
    _removed(session, actor, found, act="domain.disallowed", now=now)


def _new_name(session: Session, typed: str) -> str:
    try:
        name = parse_address(f"a@{stored_line(typed).lower().lstrip('@')}").domain
    except Invalid as refusal:
        raise Invalid("domain.wrong", field="domain") from refusal
    known = lists(session)
    if name in known.allowed | known.blocked:
        raise Conflict("domain.known", field="domain")
    return name


def _added(session: Session, actor: Actor, made: Domain, *, act: str, now: datetime) -> None:
    session.add(made)
    session.flush()
    audit.record(session, actor, act, now=now, subject=made, name=made.domain)


def _removed(
    session: Session, actor: Actor, found: Domain | None, *, act: str, now: datetime
) -> None:
    if found is None:
        raise NotFound("domain.missing")
    audit.record(session, actor, act, now=now, subject=found, name=found.domain)
    session.delete(found)
    session.flush()
