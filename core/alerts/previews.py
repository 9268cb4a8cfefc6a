"""A rule tried out before it is saved: whom it would warn about what, and a sample of its mail."""

from datetime import datetime

from sqlmodel import Session

from core.access.service import require_on, verb
from core.access.terms import Actor, Permission
from core.alerts import queries, rules
from core.alerts.models import AlertRule, Episode
from core.alerts.telling import Case, Recipient, send_notice
from core.alerts.terms import SHOWN_ITEMS, Explanation, LowItem, NoticeKind, Person, RuleDraft
from core.audit import service as audit
from core.contacts import queries as contacts
from core.errors import Conflict, Invalid
from core.i18n.catalog import translate
from core.i18n.terms import Language
from core.messages.models import Message
from core.operations.models import StockItem

EXAMPLE_LEVEL = 10


@verb(Permission.ALERT_EDIT, audit=None)
def explain_rule(session: Session, actor: Actor, *, draft: RuleDraft) -> Explanation:
    """Return whom a rule like this would warn about what today; an unfinished draft is no error."""
    require_on(actor, Permission.ALERT_EDIT, department_id=draft.department_id)
    found, count = queries.low_items(session, draft.condition, limit=SHOWN_ITEMS)
    return Explanation(
        people=_people(session, draft),
        items=tuple(_low_item(draft, item) for item in found),
        item_count=count,
    )


@verb(Permission.ALERT_EDIT, audit="alert.sample_sent")
def send_sample(session: Session, actor: Actor, *, draft: RuleDraft, now: datetime) -> Message:
    """Queue to the actor the mail this rule would send, about a real item where there is one.

    Raises Invalid `alert.sample_without_contact` for an actor who is nobody in particular.
    """
    require_on(actor, Permission.ALERT_EDIT, department_id=draft.department_id)
    if actor.contact_id is None:
        raise Invalid("alert.sample_without_contact")
    rules.check(draft)
    case = _sample_case(session, actor, draft, now=now)
    key = f"{NoticeKind.SAMPLE}:{actor.contact_id}:{now.isoformat()}"
    to = Recipient(actor.contact_id, key)
    message = send_notice(session, NoticeKind.SAMPLE, [case], to=to, now=now)
    if message is None:
        raise Conflict("alert.sample_sent_already")
    audit.record(session, actor, "alert.sample_sent", now=now, subject=message)
    return message


def _people(session: Session, draft: RuleDraft) -> tuple[Person, ...]:
    members = queries.members(session, draft.department_ids)
    ids = {*draft.contact_ids, *(one for group in members.values() for one in group)}
    addresses = contacts.primary_addresses(session, ids)
    found = sorted(contacts.contacts(session, ids), key=lambda one: (one.search_key, one.id))
    return tuple(
        Person(one.id, f"{one.first_name} {one.last_name}".strip(), one.id in addresses)
        for one in found
    )


def _low_item(draft: RuleDraft, item: StockItem) -> LowItem:
    level = rules.level_of(draft.condition, reorder_point=item.reorder_point)
    return LowItem(item.id, item.code, item.name, item.unit, item.on_hand, level)


def _sample_case(session: Session, actor: Actor, draft: RuleDraft, *, now: datetime) -> Case:
    item = _sample_item(session, actor, draft)
    level = rules.level_of(draft.condition, reorder_point=item.reorder_point)
    episode = Episode(opened_at=now, level_at_open=level, on_hand_at_open=item.on_hand)
    rule = AlertRule(name=draft.name, department_id=draft.department_id, severity=draft.severity)
    return Case(episode, rule, item)


def _sample_item(session: Session, actor: Actor, draft: RuleDraft) -> StockItem:
    """Return an item that is low now; else one as it would be; else an invented one."""
    low, _ = queries.low_items(session, draft.condition, limit=1)
    if low:
        return low[0]
    real = queries.some_item(session, draft.condition)
    if real is None:
        name = translate(Language(actor.language), "alert.sample_item")
        real = StockItem(public_id="", code="A-4", name=name, reorder_point=EXAMPLE_LEVEL)
    level = rules.level_of(draft.condition, reorder_point=real.reorder_point)
    return StockItem(
        public_id=real.public_id,
        code=real.code,
        name=real.name,
        unit=real.unit,
        on_hand=level,
        reorder_point=level,
    )
