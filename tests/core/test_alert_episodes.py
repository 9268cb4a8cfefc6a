"""Episodes: opened and closed exactly once by what happens to stock."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from core.access.terms import DepartmentKind, Role
from core.alerts import service as alerts
from core.alerts.models import AlertNotice, AlertRule, Episode
from core.alerts.terms import (
    EpisodeFilter,
    EpisodeState,
    Level,
    Nag,
    Reaction,
    RuleDraft,
    Severity,
)
from core.audit.models import AuditEntry
from core.db import reading, transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import queries as events_queries
from core.jobs.models import Job
from core.jobs.terms import JobKind, JobState
from core.messages.models import Message
from core.operations.models import StockItem
from tests.support.cast import (
    NOON,
    actor_of,
    administrator,
    department_id,
    make_contact,
    make_organisation,
    make_user,
)
from tests.support.stock_events import Stock, drain, drain_all, make_item

pytestmark = pytest.mark.usefixtures("store")

ADMIN = administrator()


@pytest.fixture
def session(store: str) -> Session:
    with transaction() as opened:
        start(opened)
        yield opened


def start(session: Session) -> None:
    """An organisation without any rule."""
    make_organisation(session)
    for rule in session.exec(select(AlertRule)).all():
        session.delete(rule)
    session.flush()


def draft(session: Session, **given: object) -> RuleDraft:
    here = department_id(session, DepartmentKind.OPERATIONS)
    return RuleDraft(**{"department_id": here, "department_ids": (here,), **given})


def add(session: Session, now: datetime, **given: object) -> AlertRule:
    return alerts.add_rule(session, ADMIN, draft=draft(session, **given), now=now)


def episodes(session: Session) -> Sequence[Episode]:
    session.expire_all()
    return session.exec(select(Episode).order_by(col(Episode.id))).all()


def spans(session: Session) -> list[tuple[int, datetime, datetime | None]]:
    return [(one.item_id, one.opened_at, one.closed_at) for one in episodes(session)]


@pytest.mark.spec("S86")
def test_an_item_at_its_reorder_point_opens_one_episode_until_it_is_above(
    session: Session, now: datetime
) -> None:
    add(session, now)
    item = make_item(session, "A4", on_hand=30, reorder_point=20)
    stock = Stock(session, now)
    minute = timedelta(minutes=1)
    for step, count in enumerate([21, 20, 7, 20, 21, 20, 80]):
        stock.set(item, count, at=now + step * minute)
        drain(session, now=now + step * minute)
    assert spans(session) == [
        (item.id, now + minute, now + 4 * minute),
        (item.id, now + 5 * minute, now + 6 * minute),
    ]


@pytest.mark.spec("S86")
def test_a_rule_with_a_number_of_its_own_follows_every_count(
    session: Session, now: datetime
) -> None:
    add(session, now, level=Level.NUMBER, number=50)
    item = make_item(session, "A4", on_hand=90, reorder_point=20)
    stock = Stock(session, now)
    for step, count in enumerate([51, 50, 10, 30, 51]):
        stock.set(item, count, at=now + timedelta(minutes=step))
    assert drain(session, now=now) == Reaction(1, 1)
    (only,) = episodes(session)
    assert (only.level_at_open, only.on_hand_at_open) == (50, 50)
    assert only.closed_at == now + timedelta(minutes=4)


def test_events_read_twice_open_nothing_twice(session: Session, now: datetime) -> None:
    add(session, now)
    item = make_item(session, "A4")
    Stock(session, now).set(item, 3)
    found = events_queries.claim_waiting(session, limit=10, now=now)
    assert alerts.react(session, found, now=now) == Reaction(1, 0)
    assert alerts.react(session, found, now=now) == Reaction(0, 0)
    Stock(session, now).set(item, 90)
    later = events_queries.claim_waiting(session, limit=10, now=now)
    assert alerts.react(session, [*found, *later], now=now) == Reaction(0, 1)
    assert alerts.react(session, [*found, *later], now=now) == Reaction(0, 0)
    assert len(episodes(session)) == 1


def test_rules_see_only_the_items_they_name(session: Session, now: datetime) -> None:
    pen = make_item(session, "P1", category="pens")
    paper = add(session, now, categories=("paper",))
    sheet = make_item(session, "A4", category="paper")
    add(session, now, codes=("P1",), severity=Severity.CRITICAL)
    stock = Stock(session, now)
    stock.set(sheet, 1)
    stock.set(pen, 1)
    drain(session, now=now)
    found = {(one.rule_id == paper.id, one.item_id) for one in episodes(session)}
    assert found == {(True, sheet.id), (False, pen.id)}


def test_other_events_and_items_put_away_are_left_alone(session: Session, now: datetime) -> None:
    add(session, now)
    item = make_item(session, "A4")
    item.is_archived = True
    Stock(session, now).set(item, 1)
    assert drain(session, now=now) == Reaction()
    assert episodes(session) == []


# Histories, compared with a plain model


@dataclass
class Model:
    """What a person with paper and pencil would write down."""

    level: int
    is_open: bool = False
    opened: int = 0
    closed: int = 0

    def see(self, count: int) -> None:
        if count <= self.level and not self.is_open:
            self.is_open, self.opened = True, self.opened + 1
        elif count > self.level and self.is_open:
            self.is_open, self.closed = False, self.closed + 1


moves = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 2), st.integers(-5, 40)),
        st.just("drain"),
        st.just("again"),
    ),
    max_size=40,
)


@pytest.mark.spec("S86")
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=moves, number=st.integers(0, 35))
def test_react_agrees_with_a_plain_model_over_any_history(
    session: Session, now: datetime, *, history: list[object], number: int
) -> None:
    with session.begin_nested() as attempt:
        _play(Stock(session, now), history, number)
        attempt.rollback()


def _play(stock: Stock, history: list[object], number: int) -> None:
    session, now = stock.session, stock.now
    items = [make_item(session, f"I{one}", on_hand=100, reorder_point=20) for one in range(3)]
    at_point, at_number = add(session, now), add(session, now, level=Level.NUMBER, number=number)
    models = {(rule.id, item.id): Model(level) for item in items
              for rule, level in ((at_point, 20), (at_number, number))}  # fmt: skip
    read = []
    for move in history:
        if move == "drain":
            found = events_queries.claim_waiting(session, limit=3, now=now)
            read.extend(found)
            alerts.react(session, found, now=now)
        elif move == "again":
            alerts.react(session, read[-2:], now=now)
        elif isinstance(move, tuple):
            stock.set(items[move[0]], move[1])
            for rule in (at_point, at_number):
                models[rule.id, items[move[0]].id].see(move[1])
    alerts.react(session, events_queries.claim_waiting(session, limit=99, now=now), now=now)
    found = {key: Model(model.level) for key, model in models.items()}
    for one in episodes(session):
        seen = found[one.rule_id, one.item_id]
        seen.opened += 1
        seen.closed += one.closed_at is not None
        seen.is_open |= one.closed_at is None
    assert found == models


def test_a_file_of_orders_makes_exactly_the_episodes_its_arithmetic_demands(
    session: Session, now: datetime
) -> None:
    """Three hundred items, each sold and returned in its own rhythm, in one import."""
    add(session, now)
    items = [make_item(session, f"{10000 + one}", on_hand=100) for one in range(300)]
    stock, expected = Stock(session, now), []
    for one, item in enumerate(items):
        counts = [100 - one % 100, 20 - one % 30 + 10, 5 + one % 40, 60 - one % 60]
        opened: datetime | None = None
        for step, count in enumerate(counts):
            at = now - timedelta(days=4000 - step, minutes=one)
            stock.set(item, count, at=at, batch="job:1")
            if count <= 20 and opened is None:
                opened = at
            elif count > 20 and opened is not None:
                expected.append((item.id, opened, at))
                opened = None
        if opened is not None:
            expected.append((item.id, opened, None))
    assert drain(session, now=now) == Reaction()
    stock.end("job:1")
    while drain(session, now=now, limit=100) != Reaction():
        pass
    assert sorted(spans(session), key=str) == sorted(expected, key=str)
    assert any(closed is None for *_, closed in expected)


def test_number_rules_are_compared_when_an_import_ends_and_keep_the_files_times(
    session: Session, now: datetime
) -> None:
    rule = add(session, now, level=Level.NUMBER, number=60)
    quiet = make_item(session, "A4", on_hand=100, reorder_point=20)
    loud = make_item(session, "B5", on_hand=100, reorder_point=20)
    long_ago = now - timedelta(days=1000)
    stock = Stock(session, now)
    for hours, count in enumerate([100, 61, 60, 55]):
        stock.set(quiet, count, at=long_ago + timedelta(hours=hours), batch="job:7")
    stock.set(loud, 10, at=long_ago, batch="job:7")
    stock.end("job:7")
    drain(session, now=now)
    found = {one.item_id: one for one in episodes(session)}
    assert set(found) == {quiet.id, loud.id}
    assert found[quiet.id].rule_id == rule.id
    assert found[quiet.id].opened_at == long_ago + timedelta(hours=2)
    assert found[quiet.id].batch == "job:7"
    assert found[loud.id].opened_at == long_ago


# What the events did not say


def test_the_sweep_finds_what_no_event_told_and_waits_for_what_one_will(
    session: Session, now: datetime
) -> None:
    add(session, now, level=Level.NUMBER, number=60)
    stock = Stock(session, now)
    silent, waiting = make_item(session, "A4"), make_item(session, "B5")
    stock.set(silent, 50, batch="job:1")  # crosses no reorder point, so its import tells nothing
    stock.set(waiting, 50)
    assert alerts.settle(session, now=now) == Reaction(1, 0)
    assert [one.item_id for one in episodes(session)] == [silent.id]
    assert alerts.settle(session, now=now) == Reaction(0, 0)
    silent.on_hand = 100
    assert alerts.settle(session, now=now + timedelta(minutes=1)) == Reaction(0, 1)
    assert drain(session, now=now) == Reaction(1, 0)


def test_while_stock_is_imported_number_rules_wait_for_its_end(
    session: Session, now: datetime
) -> None:
    add(session, now, level=Level.NUMBER, number=60)
    Stock(session, now).set(make_item(session, "A4"), 50, batch="job:1")
    job = Job(kind=JobKind.IMPORT_ORDERS, state=JobState.RUNNING)
    session.add(job)
    session.flush()
    assert alerts.settle(session, now=now) == Reaction()
    job.state = JobState.DONE
    session.flush()
    assert alerts.settle(session, now=now) == Reaction(1, 0)


def test_a_new_rule_opens_episodes_for_what_is_low_already_with_its_true_beginning(
    session: Session, now: datetime
) -> None:
    item, other = make_item(session, "A4"), make_item(session, "B5")
    stock = Stock(session, now)
    for hours, count in enumerate([15, 30, 12, 8]):
        stock.set(item, count, at=now - timedelta(hours=9 - hours))
    stock.set(other, 90)
    drain(session, now=now)
    add(session, now)
    (only,) = episodes(session)
    assert (only.item_id, only.opened_at) == (item.id, now - timedelta(hours=7))


# Rules are written


def test_a_changed_rule_withdraws_what_it_no_longer_means_and_keeps_the_rest(
    session: Session, now: datetime
) -> None:
    make_user(session, "omid")
    rule = add(session, now)
    kept, dropped = make_item(session, "A4", category="paper"), make_item(session, "P1")
    for item in (kept, dropped):
        Stock(session, now).set(item, 2)
    drain(session, now=now)
    alerts.change_rule(
        session, ADMIN, rule_id=rule.id, seen_version=1, now=now,
        draft=draft(session, categories=("paper",), nag=Nag.HOURLY),
    )  # fmt: skip
    found = {one.item_id: one for one in episodes(session)}
    assert found[kept.id].closed_at is None
    assert found[kept.id].next_nag_at == now + timedelta(hours=1)
    assert found[dropped.id].is_withdrawn
    assert found[dropped.id].recovery_due_at is None


def test_two_people_cannot_change_a_rule_over_each_other(session: Session, now: datetime) -> None:
    rule = add(session, now)
    changed = alerts.change_rule(
        session, ADMIN, rule_id=rule.id, seen_version=1, draft=draft(session, name="One"), now=now
    )
    assert changed.version == 2
    with pytest.raises(Conflict) as caught:
        alerts.change_rule(
            session, ADMIN, rule_id=rule.id, seen_version=1, draft=draft(session), now=now
        )
    assert caught.value.code == "alert.rule_changed_meanwhile"


def test_a_rule_switched_off_is_silent_and_starts_afresh_when_switched_on(
    session: Session, now: datetime
) -> None:
    make_user(session, "omid")
    rule = add(session, now)
    item = make_item(session, "A4")
    Stock(session, now).set(item, 2)
    drain(session, now=now)
    alerts.disable_rule(session, ADMIN, rule_id=rule.id, seen_version=1, now=now)
    Stock(session, now).set(item, 1)
    drain(session, now=now)
    (first,) = episodes(session)
    assert first.is_withdrawn
    alerts.enable_rule(session, ADMIN, rule_id=rule.id, seen_version=2, now=now)
    assert [one.is_withdrawn for one in episodes(session)] == [True, False]
    (line,) = alerts.list_rules(session, ADMIN)
    assert (line.is_enabled, line.version, line.open_count) == (True, 3, 1)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"codes": ("nope",)}, "alert.unknown_code"),
        ({"department_ids": (999,)}, "alert.unknown_department"),
        ({"contact_ids": (999,)}, "alert.unknown_recipient"),
        ({"department_ids": ()}, "alert.nobody_to_tell"),
        ({"level": Level.NUMBER}, "alert.number_missing"),
    ],
)
def test_a_rule_that_cannot_work_is_refused(
    session: Session, now: datetime, *, given: dict[str, object], code: str
) -> None:
    with pytest.raises(Invalid) as caught:
        add(session, now, **given)
    assert caught.value.code == code


def test_customers_are_not_told_of_stock(session: Session, now: datetime) -> None:
    customer = make_contact(session, "sara@example.com")
    with pytest.raises(Invalid) as caught:
        add(session, now, contact_ids=(customer.id,))
    assert caught.value.code == "alert.recipient_outside"


def test_a_rule_keeps_its_words_and_leaves_audit_rows(session: Session, now: datetime) -> None:
    user = make_user(session, "omid")
    wanted = draft(
        session, name="  Paper\n first ", categories=("paper", "paper"), severity=Severity.CRITICAL,
        nag=Nag.DAILY, tells_recovery=False, contact_ids=(user.contact_id,),
    )  # fmt: skip
    rule = alerts.add_rule(session, ADMIN, draft=wanted, now=now)
    (line,) = alerts.list_rules(session, ADMIN)
    assert line.rule_id == rule.id
    assert line.draft == wanted.model_copy(update={"name": "Paper first", "categories": ("paper",)})
    acts = session.exec(select(AuditEntry.action)).all()
    assert acts.count("alert.rule_added") == 1


def test_the_default_rule_is_made_once_and_then_belongs_to_its_users(
    session: Session, now: datetime
) -> None:
    rule = alerts.ensure_default_rule(session, now=now)
    assert rule.department_id == department_id(session, DepartmentKind.OPERATIONS)
    alerts.disable_rule(session, ADMIN, rule_id=rule.id, seen_version=1, now=now)
    assert alerts.ensure_default_rule(session, now=now).is_enabled is False
    assert len(alerts.list_rules(session, ADMIN)) == 1


def test_people_see_and_change_the_rules_of_their_department_only(
    session: Session, now: datetime
) -> None:
    rule = add(session, now)
    inside = actor_of(session, make_user(session, "mina", Role.MANAGER))
    outside = actor_of(session, make_user(session, "sina", Role.MANAGER, DepartmentKind.SALES))
    viewer = actor_of(session, make_user(session, "vida", Role.VIEWER))
    assert [one.rule_id for one in alerts.list_rules(session, inside)] == [rule.id]
    assert alerts.list_rules(session, outside) == []
    for actor in (outside, viewer):
        with pytest.raises(Forbidden):
            alerts.disable_rule(session, actor, rule_id=rule.id, seen_version=1, now=now)
    with pytest.raises(NotFound):
        alerts.disable_rule(session, inside, rule_id=999, seen_version=1, now=now)


# Episodes are looked at and taken in hand


@pytest.mark.spec("S92")
def test_an_episode_is_taken_in_hand_once_and_by_name(session: Session, now: datetime) -> None:
    add(session, now)
    make_user(session, "omid")
    Stock(session, now).set(make_item(session, "A4"), 2)
    drain(session, now=now)
    (only,) = episodes(session)
    mina = actor_of(session, make_user(session, "mina"))
    nader = actor_of(session, make_user(session, "nader"))
    later = now + timedelta(minutes=5)
    assert alerts.acknowledge(session, mina, episode_ids=[only.id], now=later) == 1
    assert alerts.acknowledge(session, nader, episode_ids=[only.id], now=now) == 0
    (line,) = alerts.list_episodes(session, mina).lines
    assert (line.acknowledged_by, line.acknowledged_at) == ("Mina Karimi", later)
    entries = session.exec(
        select(AuditEntry).where(AuditEntry.action == "alert.acknowledged")
    ).all()
    assert [entry.object_id for entry in entries if entry.object_id] == [only.id]


def test_nobody_takes_in_hand_what_is_not_theirs_or_not_there(
    session: Session, now: datetime
) -> None:
    add(session, now)
    Stock(session, now).set(make_item(session, "A4"), 2)
    drain(session, now=now)
    (only,) = episodes(session)
    outside = actor_of(session, make_user(session, "sina", Role.OPERATOR, DepartmentKind.SALES))
    with pytest.raises(Forbidden):
        alerts.acknowledge(session, outside, episode_ids=[only.id], now=now)
    with pytest.raises(NotFound):
        alerts.acknowledge(session, ADMIN, episode_ids=[only.id, 999], now=now)
    assert alerts.list_episodes(session, outside).count == 0


@pytest.fixture
def reacted(session: Session, now: datetime) -> Session:
    """Three alerts: A4 taken in hand, B5 taken in hand and back in stock, C6 waiting."""
    make_user(session, "omid")
    add(session, now)
    names = (("A4", "کاغذ سفید"), ("B5", "Blue pen"), ("C6", "Stapler"))
    items = [make_item(session, code, name=name) for code, name in names]
    stock = Stock(session, now)
    for item in items:
        stock.set(item, 2)
    drain(session, now=now)
    taken, closed, _ = (one.id for one in episodes(session))
    alerts.acknowledge(session, ADMIN, episode_ids=[taken], now=now + timedelta(minutes=10))
    alerts.acknowledge(session, ADMIN, episode_ids=[closed], now=now + timedelta(minutes=30))
    stock.set(items[1], 70, at=now + timedelta(minutes=90))
    drain(session, now=now + timedelta(minutes=90))
    return session


FILTERS: list[tuple[EpisodeFilter, list[str]]] = [
    (EpisodeFilter(), ["A4", "B5", "C6"]),
    (EpisodeFilter(state=EpisodeState.OPEN), ["A4", "C6"]),
    (EpisodeFilter(state=EpisodeState.UNACKNOWLEDGED), ["C6"]),
    (EpisodeFilter(state=EpisodeState.ACKNOWLEDGED), ["A4"]),
    (EpisodeFilter(state=EpisodeState.CLOSED), ["B5"]),
    (EpisodeFilter(text="كاغذ"), ["A4"]),
    (EpisodeFilter(text="c6", severity=Severity.WARNING), ["C6"]),
    (EpisodeFilter(severity=Severity.CRITICAL), []),
    (EpisodeFilter(since=NOON), ["A4", "B5", "C6"]),
    (EpisodeFilter(since=NOON + timedelta(seconds=1)), []),
    (EpisodeFilter(until=NOON), []),
]


def test_the_list_of_episodes_narrows(reacted: Session) -> None:
    for wanted, expected in FILTERS:
        page = alerts.list_episodes(reacted, ADMIN, wanted=wanted)
        assert sorted(line.code for line in page.lines) == expected, wanted
        assert page.count == len(expected)


def test_a_page_of_episodes_knows_how_many_there_are(reacted: Session) -> None:
    page = alerts.list_episodes(reacted, ADMIN, offset=1, limit=1)
    assert (len(page.lines), page.count) == (1, 3)


@pytest.mark.spec("S92")
def test_the_tiles_count_what_is_open_and_measure_reaction(reacted: Session, now: datetime) -> None:
    tiles = alerts.tiles(reacted, ADMIN, since=now - timedelta(days=1))
    assert (tiles.open_count, tiles.unacknowledged_count) == (2, 1)
    assert tiles.times.to_acknowledge == timedelta(minutes=20)
    assert tiles.times.to_resolve == timedelta(minutes=90)
    assert tiles.times.acknowledged_to_resolved == timedelta(minutes=60)


# What a rule would do


def test_a_draft_says_whom_it_would_warn_about_what_and_writes_nothing(
    session: Session, now: datetime
) -> None:
    for number in range(60):
        make_item(session, f"L{number:02}", on_hand=20 - number % 20)
    make_item(session, "FULL", on_hand=90)
    omid = make_user(session, "omid")
    away = make_user(session, "gone")
    away.is_active = False
    silent = make_contact(session, kind="employee", first_name="Bi", last_name="Neshani")
    found = alerts.explain_rule(session, ADMIN, draft=draft(session, contact_ids=(silent.id,)))
    assert found.item_count == 60
    assert len(found.items) == 50
    depths = [item.on_hand - item.level for item in found.items]
    assert depths == sorted(depths)
    people = {person.contact_id: person.is_reachable for person in found.people}
    assert people == {omid.contact_id: True, silent.id: False}
    assert session.exec(select(AlertRule)).all() == []
    unfinished = RuleDraft(department_id=found.items[0].item_id and None, level=Level.NUMBER)
    nothing = alerts.explain_rule(session, ADMIN, draft=unfinished)
    assert (nothing.people, nothing.item_count) == ((), 0)


# Two workers at once


@pytest.mark.spec("S86")
def test_two_drains_at_once_open_and_tell_nothing_twice(store: str, now: datetime) -> None:
    with transaction() as session:
        start(session)
        make_user(session, "omid")
        make_user(session, "mina")
        add(session, now)
        stock = Stock(session, now)
        items = [make_item(session, f"{10000 + one}") for one in range(40)]
        for item in items:
            stock.set(item, 5, batch="job:1")
        stock.end("job:1")
    both = threading.Barrier(2)

    def work() -> int:
        both.wait(timeout=10)
        return drain_all(now=now, limit=7)

    with ThreadPoolExecutor(2) as pool:
        for worker in [pool.submit(work) for _ in range(2)]:
            assert worker.result(timeout=60) > 0
    with transaction() as session:
        alerts.tell(session, now=now)
    with reading() as session:
        assert len(session.exec(select(Episode)).all()) == 40
        notices = session.exec(select(AlertNotice)).all()
        assert len({one.contact_id for one in notices}) == 2
        assert len(notices) == len(session.exec(select(Message)).all()) == 2
        assert len(session.exec(select(StockItem)).all()) == 40
