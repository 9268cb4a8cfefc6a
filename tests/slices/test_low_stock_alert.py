"""The first job from end to end: a count falls, and the people in charge read of it."""

from collections.abc import Callable

import pytest
from sqlmodel import col, select

from core import clock
from core.access.terms import DepartmentKind, Role
from core.accounts.models import User
from core.alerts.models import Episode
from core.alerts.service import acknowledge_by_token, ensure_default_rule
from core.db import reading, transaction
from core.i18n.terms import Language
from core.messages.models import Message
from core.messages.terms import MessageStatus
from core.operations import service as stock
from core.operations.terms import Move, MovementKind, NewItem
from tests.slices.conftest import running_worker
from tests.support.cast import (
    actor_of,
    department_id,
    make_organisation,
    make_user,
    without_limits,
)
from tests.support.inbox import Inbox
from tests.support.waiting import eventually

Wake = Callable[[str], None]


def a_shop() -> int:
    """Two people in operations, one reading Persian and one English; an item above its point."""
    with transaction() as session:
        make_organisation(session, now=clock.now())
        without_limits(session)
        ensure_default_rule(session, now=clock.now())
        make_user(session, "mina", Role.OPERATOR, language=Language.FA)
        make_user(session, "john", Role.OPERATOR, language=Language.EN)
        user = make_user(session, "boss", Role.MANAGER, DepartmentKind.PEOPLE)
        del user
        place = department_id(session, DepartmentKind.OPERATIONS)
        actor = actor_of(session, make_user(session, "sara", Role.OPERATOR))
        new = NewItem("A-4", "Carton A4", "Paper", "box", 30, 10, place)
        return stock.add_item(session, actor, new=new, now=clock.now()).id


def issue(item_id: int, count: int, kind: MovementKind = MovementKind.ISSUE) -> None:
    with transaction() as session:
        user = session.exec(select(User).where(User.login == "sara")).one()
        stock.move_stock(
            session, actor_of(session, user), item_id=item_id, move=Move(kind, count),
            now=clock.now(),
        )  # fmt: skip


@pytest.mark.spec("S86", "S92", "S01")
def test_a_low_count_reaches_the_buyer_once(inbox: Inbox, worker: object, wake: Wake) -> None:
    item_id = a_shop()
    issue(item_id, 24)
    mails = {mail.recipients[0]: mail.parsed() for mail in inbox.wait_for(3, deadline_s=30)}
    assert set(mails) == {"mina@example.com", "john@example.com", "sara@example.com"}
    assert "Carton A4" in str(mails["john@example.com"]["Subject"])
    body = mails["mina@example.com"].get_body(("html",))
    assert body is not None
    assert 'dir="rtl"' in body.get_content()
    issue(item_id, 1)
    assert inbox.stays_at(3, 2.0)
    text = mails["john@example.com"].get_body(("plain",))
    assert text is not None
    token = text.get_content().split("/a/")[1].split()[0]
    with transaction() as session:
        page = acknowledge_by_token(session, token, now=clock.now())
    assert len(page.lines) == 1
    issue(item_id, 40, MovementKind.RECEIPT)
    recovered = inbox.wait_for(6, deadline_s=30)[3:]
    assert {mail.recipients[0] for mail in recovered} == set(mails)
    with reading() as session:
        episode = session.exec(select(Episode)).one()
    assert episode.acknowledged_at is not None
    assert episode.closed_at is not None
    eventually(all_sent)


def all_sent() -> bool:
    with reading() as session:
        return set(session.exec(select(Message.status)).all()) == {MessageStatus.SENT}


@pytest.mark.spec("R4")
@pytest.mark.sqlite_only("what is lost here is the poke, whatever the store")
def test_mail_whose_poke_was_lost_is_found_by_the_sweep(inbox: Inbox) -> None:
    item_id = a_shop()
    issue(item_id, 24)  # nobody is woken: no waker is bound and no worker runs
    assert inbox.messages == []
    with running_worker():
        inbox.wait_for(3, deadline_s=90)


@pytest.mark.spec("R29")
@pytest.mark.sqlite_only("a stop concerns the process, not the store")
def test_a_stop_in_the_middle_of_work_leaves_nothing_in_doubt(inbox: Inbox, wake: Wake) -> None:
    item_id = a_shop()
    inbox.delays["dot"] = 0.4
    with running_worker():
        issue(item_id, 24)
        inbox.wait_for(1, deadline_s=30)
    with reading() as session:
        left = session.exec(
            select(Message.status).where(col(Message.status) != MessageStatus.SENT)
        ).all()
    assert MessageStatus.IN_DOUBT not in left
    assert MessageStatus.SENDING not in left
