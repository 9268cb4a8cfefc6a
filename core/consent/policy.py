"""How this house takes people in and lets them go: read anywhere, changed in two places."""

from dataclasses import asdict, replace
from datetime import datetime

from sqlmodel import Session, select

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.consent.models import Policy
from core.consent.rules import checked_days
from core.consent.terms import HouseRules, ThrowawayRule
from core.errors import Conflict


def in_force(session: Session) -> HouseRules:
    """Return the rules that hold; the usual ones where nobody has set any."""
    row = _row(session)
    if row is None:
        return HouseRules()
    return HouseRules(**{name: getattr(row, name) for name in asdict(HouseRules())})


@verb(Permission.TOPIC_VIEW, audit=None)
def read_domain_rules(session: Session, _actor: Actor) -> HouseRules:
    """Return the rules that hold, for the page of domains."""
    return in_force(session)


@verb(Permission.SETTINGS_VIEW, audit=None)
def read_house_rules(session: Session, _actor: Actor) -> HouseRules:
    """Return the rules that hold, for the page of privacy."""
    return in_force(session)


@verb(Permission.TOPIC_EDIT, audit="domain.rules_set")
def set_domain_rules(
    session: Session,
    actor: Actor,
    *,
    throwaway: ThrowawayRule,
    takes_only_allowed: bool,
    seen_version: int,
    now: datetime,
) -> None:
    """Take in whom the lists of domains let in from now on, and nobody else."""
    given = replace(in_force(session), throwaway=throwaway, version=seen_version,
                    takes_only_allowed=takes_only_allowed)  # fmt: skip
    _keep(session, actor, given, act="domain.rules_set", now=now)


@verb(Permission.SETTINGS_EDIT, audit="consent.rules_set")
def set_house_rules(session: Session, actor: Actor, *, given: HouseRules, now: datetime) -> None:
    """Ask twice, wait and answer as given from now on; what domains may do stays as it is.

    Raises:
        Invalid: "privacy.answer_days".
        Conflict: "common.changed_meanwhile".
    """
    held = in_force(session)
    wanted = replace(given, throwaway=held.throwaway, takes_only_allowed=held.takes_only_allowed)
    _keep(session, actor, wanted, act="consent.rules_set", now=now)


def _keep(session: Session, actor: Actor, given: HouseRules, *, act: str, now: datetime) -> None:
    before = in_force(session)
    if before.version != given.version:
        raise Conflict("common.changed_meanwhile")
    checked_days(given.answer_days)
    values = asdict(replace(given, version=given.version + 1))
    row = _row(session) or Policy.model_validate(values)
    for name, value in values.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    old = asdict(before)
    changed = [name for name in values if name != "version" and values[name] != old[name]]
    audit.record(session, actor, act, now=now, subject=row,
                 before={name: old[name] for name in changed},
                 after={name: values[name] for name in changed})  # fmt: skip


def _row(session: Session) -> Policy | None:
    return session.exec(select(Policy)).first()
