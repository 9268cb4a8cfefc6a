"""The plan of somebody's first days: made, moved and taken back together with its mails and tasks.

Building blocks of the verbs of HR, which ask for permission and leave the audit rows.
"""

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from core.access.terms import SYSTEM, Actor
from core.activities import service as activities
from core.errors import Conflict
from core.messages import service as messages
from core.messages.models import Message
from core.messages.terms import MessageStatus
from core.people import queries
from core.people.house import House, Newcomer, Wanted, wanted_steps
from core.people.models import OnboardingItem
from core.people.queries import Placed
from core.people.terms import ItemState, PastDue


def renew_plan(
    session: Session,
    actor: Actor,
    shared: House,
    *,
    who: Newcomer,
    past_due: PastDue,
    now: datetime,
) -> None:
    """Bring the plan of the employee in line with its dates, office and manager and with the steps.

    What has gone out, what was done, cancelled or set by hand stays as it is; so does what is due
    and only waits for its turn.
    """
    present = {found.item.step_id: found for found in queries.items_of(session, who.employee.id)}
    wanted = wanted_steps(shared, who, past_due=past_due, now=now)
    for step_id, found in present.items():
        if step_id not in wanted and is_movable(found):
            withdraw(session, actor, found, state=ItemState.SKIPPED, now=now)
    for step_id, want in wanted.items():
        known = present.get(step_id)
        if known is None:
            place(session, actor, _new_item(who, want), want=want, now=now)
        elif _must_move(known, want, now=now) and withdraw(
            session, actor, known, state=ItemState.SKIPPED, now=now
        ):
            place(session, actor, known.item, want=want, now=now)


def is_movable(found: Placed) -> bool:
    """Return whether a new plan may touch the item: nothing of it has happened, nobody fixed it."""
    if found.item.is_fixed or found.item.state is ItemState.CANCELLED:
        return False
    if found.item.state is ItemState.SKIPPED:
        return True
    if found.message is not None:
        return found.message.status is MessageStatus.QUEUED
    return found.task is None or found.task.done_at is None


def withdraw(
    session: Session, actor: Actor, found: Placed, *, state: ItemState, now: datetime
) -> bool:
    """Take back what was made for the item; False when its mail has left or its task is done."""
    if found.item.state is ItemState.PLANNED:
        if found.message is not None and not withdraw_mail(session, actor, found.message, now=now):
            return False
        if found.task is not None and not activities.cancel_task(session, found.task.id, now=now):
            return False
    found.item.state = state
    session.flush()
    return True


def withdraw_mail(session: Session, actor: Actor, message: Message, *, now: datetime) -> bool:
    """Take back a mail that still waits; False when it does not."""
    session.expire(message)  # a worker may have leased it since it was read
    behalf = replace(SYSTEM, kind=actor.kind, id=actor.id, name=actor.name)
    try:
        messages.recall(session, behalf, public_id=message.public_id, now=now)
    except Conflict:
        return False
    return True


def place(
    session: Session, actor: Actor, item: OnboardingItem, *, want: Wanted, now: datetime
) -> None:
    """Make the item what is wanted, its mail queued or its task placed under a new revision."""
    item.day, item.moved_from = want.planned.day, want.planned.moved_from
    item.due_at = want.moment or want.planned.due_at
    item.state = ItemState.PLANNED if want.moment else ItemState.SKIPPED
    item.message_id = item.task_id = None
    item.revision += 1
    session.add(item)
    session.flush()
    key = f"onboarding:{item.id}:{item.revision}"
    if want.mail is not None:
        request = replace(want.mail, dedup_key=key)
        item.message_id = messages.queue(session, actor, request, now=now).id
    if want.task is not None:
        task = replace(want.task, dedup_key=key)
        item.task_id = activities.place_task(session, task, now=now).id
    session.flush()


def _new_item(who: Newcomer, want: Wanted) -> OnboardingItem:
    return OnboardingItem(
        employee_id=who.employee.id,
        step_id=want.planned.step_id,
        day=want.planned.day,
        due_at=want.planned.due_at,
        revision=0,
    )


def _must_move(found: Placed, want: Wanted, *, now: datetime) -> bool:
    item = found.item
    is_due = item.state is ItemState.PLANNED and item.due_at <= now
    if not is_movable(found) or (is_due and item.day == want.planned.day):
        return False
    return not _is_as_wanted(found, want)


def _is_as_wanted(found: Placed, want: Wanted) -> bool:
    """Return whether the item, with its mail or task, already is what it should be."""
    item, made, task = found.item, found.message, found.task
    if want.moment is None:
        return item.state is ItemState.SKIPPED and item.due_at == want.planned.due_at
    if item.state is not ItemState.PLANNED or item.due_at != want.moment:
        return False
    if want.mail is not None:
        return made is not None and (
            (made.template_version_id, made.contact_id, made.values)
            == (want.mail.template_version_id, want.mail.contact_id, dict(want.mail.values))
        )
    if want.task is not None:
        return task is not None and (
            (task.title, task.owner_id, task.department_id)
            == (want.task.title, want.task.owner_id, want.task.department_id)
        )
    return True
