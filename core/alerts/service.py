"""Verbs of alerts: write rules, see what they would say, acknowledge what they said."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from core import outbox
from core.access import rules as access
from core.access.service import require_on, verb
from core.access.terms import Actor, DepartmentKind, Permission
from core.alerts import episodes, queries, reactions, rules
from core.alerts.history import (
    acknowledge,
    acknowledge_by_token,
    list_episodes,
    notice_by_token,
    tiles,
)
from core.alerts.models import AlertRule
from core.alerts.previews import explain_rule, send_sample
from core.alerts.reactions import react, settle
from core.alerts.telling import nag, tell
from core.alerts.terms import Level, RuleDraft, RuleLine
from core.audit import service as audit
from core.contacts import queries as contacts
from core.contacts.models import Contact
from core.contacts.terms import ContactKind
from core.errors import Conflict, Invalid, NotFound
from core.events.service import LANE
from core.i18n.catalog import translate
from core.i18n.text import stored_line
from core.organisation import queries as organisation
from core.organisation.models import Department

DEFAULT_RULE = "low_stock"


@verb(Permission.ALERT_EDIT, audit="alert.rule_added")
def add_rule(session: Session, actor: Actor, *, draft: RuleDraft, now: datetime) -> AlertRule:
    """Return a new rule in force; episodes are open for the items it holds for already."""
    require_on(actor, Permission.ALERT_EDIT, department_id=draft.department_id)
    _check(session, draft)
    made = _add(session, draft, now=now)
    audit.record(
        session, actor, "alert.rule_added", now=now, subject=made, name=made.name,
        department_id=made.department_id, after=draft.model_dump(mode="json"),
    )  # fmt: skip
    return made


@verb(Permission.ALERT_EDIT, audit="alert.rule_changed")
def change_rule(
    session: Session,
    actor: Actor,
    *,
    rule_id: int,
    seen_version: int,
    draft: RuleDraft,
    now: datetime,
) -> AlertRule:
    """Return the rule as the draft says. Episodes it no longer holds for are withdrawn.

    Raises Conflict when somebody else changed it since `seen_version`.
    """
    found = _editable(session, actor, rule_id)
    require_on(actor, Permission.ALERT_EDIT, department_id=draft.department_id)
    _check(session, draft)
    before = _draft_of(session, [found])[found.id]
    _claim(session, found, seen_version)
    _write(session, found, draft)
    if found.nag is not before.nag:
        next_nag_at = rules.first_nag(found.nag, told_at=now)
        episodes.renew_nags(session, found.id, next_nag_at=next_nag_at)
    if found.is_enabled:
        _settle(session, found, now=now)
    audit.record(
        session, actor, "alert.rule_changed", now=now, subject=found, name=found.name,
        department_id=found.department_id, before=before.model_dump(mode="json"),
        after=draft.model_dump(mode="json"),
    )  # fmt: skip
    return found


@verb(Permission.ALERT_EDIT, audit="alert.rule_enabled")
def enable_rule(
    session: Session, actor: Actor, *, rule_id: int, seen_version: int, now: datetime
) -> AlertRule:
    """Put the rule in force again; episodes open for the items it holds for."""
    found = _editable(session, actor, rule_id)
    _claim(session, found, seen_version)
    found.is_enabled = True
    session.flush()
    _settle(session, found, now=now)
    audit.record(
        session, actor, "alert.rule_enabled", now=now, subject=found, name=found.name,
        department_id=found.department_id,
    )  # fmt: skip
    return found


@verb(Permission.ALERT_EDIT, audit="alert.rule_disabled")
def disable_rule(
    session: Session, actor: Actor, *, rule_id: int, seen_version: int, now: datetime
) -> AlertRule:
    """Switch the rule off; its open episodes are withdrawn and nobody hears of them again."""
    found = _editable(session, actor, rule_id)
    _claim(session, found, seen_version)
    found.is_enabled = False
    reactions.withdraw_all(session, found, now=now)
    audit.record(
        session, actor, "alert.rule_disabled", now=now, subject=found, name=found.name,
        department_id=found.department_id,
    )  # fmt: skip
    return found


@verb(Permission.ALERT_VIEW, audit=None)
def list_rules(session: Session, actor: Actor) -> list[RuleLine]:
    """Return the rules this actor may see, oldest first."""
    found = queries.visible_rules(session, access.departments(actor, Permission.ALERT_VIEW))
    drafts = _draft_of(session, found)
    counts = queries.open_counts(session, drafts)
    return [
        RuleLine(one.id, drafts[one.id], one.is_enabled, one.version, counts.get(one.id, 0))
        for one in found
    ]


def ensure_default_rule(session: Session, *, now: datetime) -> AlertRule:
    """Return the rule that comes with Chapar, made if it is missing.

    Every item, at or under its reorder point, tells the operations department. A building block
    of set-up; what somebody changed in it since stays.
    """
    found = queries.rule_of_key(session, DEFAULT_RULE)
    if found is not None:
        return found
    department = organisation.department_of_kind(session, DepartmentKind.OPERATIONS)
    language = organisation.organisation(session).language
    draft = RuleDraft(
        name=translate(language, "alert.default_rule_name"),
        department_id=department.id if department else None,
        department_ids=(department.id,) if department else (),
    )
    return _add(session, draft, key=DEFAULT_RULE, now=now)


def _editable(session: Session, actor: Actor, rule_id: int) -> AlertRule:
    found = queries.rule(session, rule_id)
    if found is None:
        raise NotFound("alert.rule_missing")
    require_on(actor, Permission.ALERT_EDIT, department_id=found.department_id)
    return found


def _claim(session: Session, found: AlertRule, seen_version: int) -> None:
    if not queries.raise_version(session, found.id, seen_version):
        raise Conflict("alert.rule_changed_meanwhile")
    session.refresh(found)


def _add(session: Session, draft: RuleDraft, *, now: datetime, key: str | None = None) -> AlertRule:
    made = AlertRule(key=key, name="")
    _write(session, made, draft)
    _settle(session, made, now=now)
    return made


def _write(session: Session, row: AlertRule, draft: RuleDraft) -> None:
    row.name, row.department_id = stored_line(draft.name), draft.department_id
    row.categories, row.codes = sorted(set(draft.categories)), sorted(set(draft.codes))
    row.level, row.severity, row.nag = draft.level, draft.severity, draft.nag
    row.number = draft.number if draft.level is Level.NUMBER else None
    row.tells_recovery = draft.tells_recovery
    session.add(row)
    session.flush()
    queries.replace_recipients(
        session, row.id, contact_ids=draft.contact_ids, department_ids=draft.department_ids
    )


def _settle(session: Session, row: AlertRule, *, now: datetime) -> None:
    reactions.settle_rule(session, row, now=now)
    outbox.poke(session, LANE)


def _check(session: Session, draft: RuleDraft) -> None:
    rules.check(draft)
    unknown = set(draft.codes) - queries.known_codes(session, draft.codes)
    if unknown:
        raise Invalid("alert.unknown_code", field="codes", item_code=min(unknown))
    for department_id in {*draft.department_ids, draft.department_id}:
        if department_id is not None and session.get(Department, department_id) is None:
            raise Invalid("alert.unknown_department", field="recipients")
    known = {one.id: one for one in contacts.contacts(session, draft.contact_ids)}
    for contact_id in draft.contact_ids:
        _check_recipient(known.get(contact_id))


def _check_recipient(contact: Contact | None) -> None:
    if contact is None or contact.erased_at is not None:
        raise Invalid("alert.unknown_recipient", field="recipients")
    if contact.kind is not ContactKind.EMPLOYEE:
        raise Invalid("alert.recipient_outside", field="recipients")


def _draft_of(session: Session, found: Sequence[AlertRule]) -> dict[int, RuleDraft]:
    """Return the rules as drafts, by id."""
    named = queries.recipients(session, [one.id for one in found])
    return {
        one.id: RuleDraft(
            name=one.name,
            department_id=one.department_id,
            categories=tuple(one.categories),
            codes=tuple(one.codes),
            level=one.level,
            number=one.number,
            severity=one.severity,
            nag=one.nag,
            tells_recovery=one.tells_recovery,
            contact_ids=tuple(r.contact_id for r in named if r.rule_id == one.id and r.contact_id),
            department_ids=tuple(
                r.department_id for r in named if r.rule_id == one.id and r.department_id
            ),
        )
        for one in found
    }


__all__ = [
    "acknowledge",
    "acknowledge_by_token",
    "add_rule",
    "change_rule",
    "disable_rule",
    "enable_rule",
    "ensure_default_rule",
    "explain_rule",
    "list_episodes",
    "list_rules",
    "nag",
    "notice_by_token",
    "react",
    "send_sample",
    "settle",
    "tell",
    "tiles",
]
