"""How near people are: drawn from orders, reactions and time by one rule."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from core.commerce import lifecycle
from core.commerce.rules import SILENCE, WARMTH, lifecycle_of
from core.contacts.models import Contact
from core.contacts.terms import ContactKind, Lifecycle
from core.db import reading, transaction
from core.events.service import Fact, record
from tests.support.cast import NOON, make_contact

L = Lifecycle
MINUTE = timedelta(minutes=1)


@pytest.mark.sqlite_only("the rule is pure")
@pytest.mark.spec("S43")
@pytest.mark.parametrize(
    ("orders", "ordered", "engaged", "known", "stage"),
    [
        (0, None, None, timedelta(0), L.NEW),
        (0, None, None, SILENCE, L.NEW),
        (0, None, None, SILENCE + MINUTE, L.INACTIVE),
        (0, None, WARMTH, SILENCE * 2, L.ACTIVE_LEAD),
        (0, None, WARMTH + MINUTE, SILENCE * 2, L.NEW),
        (0, None, SILENCE + MINUTE, SILENCE * 2, L.INACTIVE),
        (1, timedelta(1), None, SILENCE * 2, L.FIRST_TIME),
        (2, timedelta(1), None, SILENCE * 2, L.REPEAT),
        (9, SILENCE + MINUTE, None, SILENCE * 2, L.INACTIVE),
        (9, SILENCE * 2, timedelta(1), SILENCE * 2, L.REPEAT),
    ],
)
def test_a_stage_follows_from_orders_reactions_and_time(
    *, orders: int, ordered: timedelta | None, engaged: timedelta | None, known: timedelta,
    stage: Lifecycle,
) -> None:  # fmt: skip
    def ago(span: timedelta | None) -> datetime | None:
        return None if span is None else NOON - span

    assert (
        lifecycle_of(orders, last_order_at=ago(ordered), engaged_at=ago(engaged),
                     known_since=NOON - known, now=NOON)
        is stage
    )  # fmt: skip


@pytest.mark.spec("S43")
def test_stages_are_kept_in_step_batch_by_batch(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "BATCH", 2)
    with transaction() as session:
        people = [make_contact(session, f"p{n}@example.com") for n in range(4)]
        for one in people:
            one.first_touch_at = NOON
            one.kind = ContactKind.LEAD
        people[3].kind = ContactKind.EMPLOYEE
        for who, count in ((0, 1), (1, 2), (3, 2)):
            for number in range(count):
                record(session, Fact("order.placed", "t", f"{who}:{number}", NOON,
                                     contact_id=people[who].id))  # fmt: skip
    after_id, rounds = 0, 0
    while after_id or not rounds:
        with transaction() as session:
            after_id = lifecycle.renew_next(session, after_id=after_id, now=NOON)
        rounds += 1
    with reading() as session:
        stages = session.exec(select(Contact.lifecycle).order_by(Contact.id)).all()  # type: ignore[arg-type]
    assert list(stages) == [L.FIRST_TIME, L.REPEAT, L.NEW, L.NEW]
    with transaction() as session:
        assert lifecycle.renew(session, [one.id for one in people], now=NOON + 2 * SILENCE) == 3
