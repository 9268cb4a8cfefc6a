"""Stock verbs: items, counts, movements, and the events that alerts stand on."""

import contextlib
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlmodel import Session, col, select

from core.access.terms import Actor, DepartmentKind, Role
from core.audit.models import AuditEntry
from core.db import reading, transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events.models import Event
from core.operations import service as stock
from core.operations.models import StockItem, StockMovement
from core.operations.terms import (
    ItemChange,
    Move,
    MovementKind,
    NewItem,
    StockFilter,
    StockSort,
    StockState,
    StockTiles,
    StockWord,
)
from tests.support.cast import (
    actor_of,
    administrator,
    department_id,
    make_organisation,
    make_user,
)

RECEIPT, ISSUE, SALE = MovementKind.RECEIPT, MovementKind.ISSUE, MovementKind.SALE


@pytest.fixture
def session(store: str) -> Iterator[Session]:
    with transaction() as session:
        make_organisation(session)
        yield session


@pytest.fixture
def actor(session: Session) -> Actor:
    return actor_of(session, make_user(session, "omid"))


def add(session: Session, actor: Actor, now: datetime, **given: object) -> StockItem:
    new = {"code": "A4", "name": "Carton", "on_hand": 12, "reorder_point": 10, **given}
    return stock.add_item(session, actor, new=NewItem(**new), now=now)  # type: ignore[arg-type]


def levels(session: Session) -> list[tuple[str, str, int, str]]:
    rows = session.exec(
        select(Event).where(Event.name == "stock.level_changed").order_by(col(Event.id))
    )
    return [
        (str(e.properties["from"]), str(e.properties["to"]), int(str(e.properties["on_hand"])),
         str(e.properties["reason"]))
        for e in rows
    ]  # fmt: skip


def counted(session: Session) -> list[int]:
    rows = session.exec(select(Event).where(Event.name == "stock.counted").order_by(col(Event.id)))
    return [int(str(event.properties["on_hand"])) for event in rows]


@pytest.mark.spec("S86")
def test_a_low_count_is_told_once_until_it_is_above_again(
    session: Session, actor: Actor, now: datetime
) -> None:
    item = add(session, actor, now)
    for count in (11, 10, 9, 0, 10, 11, 10):
        stock.adjust_stock(session, actor, item_id=item.id, counted=count, now=now)
    assert levels(session) == [
        ("ok", "low", 10, "moved"),
        ("low", "ok", 11, "moved"),
        ("ok", "low", 10, "moved"),
    ]
    assert counted(session) == [11, 9, 0, 10]


def test_a_level_event_says_what_an_alert_must_know(
    session: Session, actor: Actor, now: datetime
) -> None:
    item = add(session, actor, now, unit="box")
    stock.adjust_stock(session, actor, item_id=item.id, counted=6, now=now)
    event = session.exec(select(Event).where(Event.name == "stock.level_changed")).one()
    assert event.properties == {
        "code": "A4", "name": "Carton", "unit": "box", "on_hand": 6, "reorder_point": 10,
        "from": "ok", "to": "low", "reason": "moved",
    }  # fmt: skip
    assert (event.subject_type, event.subject_id, event.source) == (
        "stock_item", item.id, "operations"
    )  # fmt: skip
    assert event.occurred_at == now
    assert not event.is_held
    assert (item.state, item.low_since) == (StockState.LOW, now)


def test_an_item_born_low_counts_as_fallen(session: Session, actor: Actor, now: datetime) -> None:
    add(session, actor, now, on_hand=10)
    assert levels(session) == [("ok", "low", 10, "added")]
    opening = session.exec(select(StockMovement)).one()
    assert (opening.kind, opening.quantity, opening.on_hand_after) == ("opening", 10, 10)


def test_a_new_reorder_point_crosses_as_a_movement_does(
    session: Session, actor: Actor, now: datetime
) -> None:
    item = add(session, actor, now)
    for point in (12, 15, 11):
        change: ItemChange = {"reorder_point": point}
        stock.change_item(session, actor, item_id=item.id, version=item.version, change=change,
                          now=now)  # fmt: skip
    assert levels(session) == [
        ("ok", "low", 12, "reorder_point"),
        ("low", "ok", 12, "reorder_point"),
    ]


def test_every_movement_tells_the_count_after_it(
    session: Session, actor: Actor, now: datetime
) -> None:
    item = add(session, actor, now, on_hand=5, reorder_point=0)
    moves = [Move(RECEIPT, 10), Move(ISSUE, 3), Move(SALE, 20), Move(MovementKind.RETURN, 1)]
    made = [stock.move_stock(session, actor, item_id=item.id, move=m, now=now) for m in moves]
    assert [(m.quantity, m.on_hand_after) for m in made] == [(10, 15), (-3, 12), (-20, -8), (1, -7)]
    stock.adjust_stock(session, actor, item_id=item.id, counted=4, note="shelf", now=now)
    last = session.exec(select(StockMovement).order_by(col(StockMovement.id).desc())).first()
    assert last is not None
    assert (last.kind, last.quantity, last.on_hand_after, last.note) == ("count", 11, 4, "shelf")
    assert last.user_id == actor.id
    assert item.on_hand == 4


def test_the_same_key_never_moves_stock_twice(
    session: Session, actor: Actor, now: datetime
) -> None:
    item = add(session, actor, now)
    move = Move(SALE, 5, source="shop", source_key="order-1")
    first = stock.move_stock(session, actor, item_id=item.id, move=move, now=now)
    again = stock.move_stock(session, actor, item_id=item.id, move=move, now=now)
    assert (again.id, item.on_hand) == (first.id, 7)
    other = Move(SALE, 6, source="shop", source_key="order-1")
    with pytest.raises(Conflict, match="key_used"):
        stock.move_stock(session, actor, item_id=item.id, move=other, now=now)


@pytest.mark.parametrize(
    ("counted", "code"), [(-1, "number.negative"), (10**13, "number.too_large")]
)
def test_a_typed_count_stays_within_reason(
    session: Session, actor: Actor, now: datetime, counted: int, code: str
) -> None:
    item = add(session, actor, now)
    with pytest.raises(Invalid) as refused:
        stock.adjust_stock(session, actor, item_id=item.id, counted=counted, now=now)
    assert (refused.value.code, refused.value.field) == (code, "counted")
    assert item.on_hand == 12


def test_a_stale_form_is_refused(session: Session, actor: Actor, now: datetime) -> None:
    item = add(session, actor, now)
    seen = item.version
    stock.change_item(
        session, actor, item_id=item.id, version=seen, change={"name": "Box"}, now=now
    )
    with pytest.raises(Conflict, match="changed_meanwhile"):
        stock.change_item(session, actor, item_id=item.id, version=seen, change={"name": "X"},
                          now=now)  # fmt: skip
    assert item.name == "Box"


def test_a_movement_does_not_make_an_open_form_stale(
    session: Session, actor: Actor, now: datetime
) -> None:
    item = add(session, actor, now)
    seen = item.version
    stock.adjust_stock(session, actor, item_id=item.id, counted=3, now=now)
    changed = stock.change_item(session, actor, item_id=item.id, version=seen,
                                change={"category": "Paper", "unit": "sheet"}, now=now)  # fmt: skip
    assert (changed.category, changed.unit, changed.on_hand) == ("Paper", "sheet", 3)


def test_codes_are_unique_and_digits_of_any_script_are_the_same(
    session: Session, actor: Actor, now: datetime
) -> None:
    add(session, actor, now, code="۱۲۳")
    assert stock.item_of_code(session, actor, code="١٢٣").code == "123"
    with pytest.raises(Conflict) as refused:
        add(session, actor, now, code="123")
    assert (refused.value.code, refused.value.field) == ("stock.code_taken", "code")
    add(session, actor, now, code="123a")
    add(session, actor, now, code="123A")


def test_many_points_are_set_together_or_not_at_all(
    session: Session, actor: Actor, now: datetime
) -> None:
    one = add(session, actor, now, code="1", on_hand=5, reorder_point=0)
    two = add(session, actor, now, code="2", on_hand=5, reorder_point=0)
    stock.set_reorder_points(session, actor, points={one.id: 5, two.id: 4}, now=now)
    assert levels(session) == [("ok", "low", 5, "reorder_point")]
    assert (one.version, two.version) == (2, 2)
    with pytest.raises(NotFound):
        stock.set_reorder_points(session, actor, points={one.id: 1, 999: 1}, now=now)
    with pytest.raises(Invalid):
        stock.set_reorder_points(session, actor, points=dict.fromkeys(range(501), 1), now=now)


def test_an_archived_item_is_out_of_sight_and_warns_nobody(
    session: Session, actor: Actor, now: datetime
) -> None:
    item = add(session, actor, now, on_hand=5)
    before = levels(session)
    stock.archive_item(session, actor, item_id=item.id, version=1, now=now)
    assert stock.list_items(session, actor).count == 0
    assert stock.tiles(session, actor) == StockTiles(0, 0, 0, 0)
    with pytest.raises(Conflict, match="archived"):
        stock.adjust_stock(session, actor, item_id=item.id, counted=0, now=now)
    stock.change_item(session, actor, item_id=item.id, version=2, change={"reorder_point": 0},
                      now=now)  # fmt: skip
    stock.change_item(session, actor, item_id=item.id, version=3, change={"reorder_point": 9},
                      now=now)  # fmt: skip
    assert levels(session) == before
    stock.restore_item(session, actor, item_id=item.id, version=4, now=now)
    assert levels(session)[1:] == [("ok", "low", 5, "restored")]


@pytest.fixture
def shelf(session: Session, actor: Actor, now: datetime) -> list[StockItem]:
    rows = [
        ("B-2", "كيك شكلاتي", "شیرینی", 0, 5),
        ("A-1", "چای سبز", "نوشیدنی", 9, 10),
        ("C_3", "قهوه", "نوشیدنی", 30, 10),
        ("D-4", "Tea 50%", "", 4, 3),
    ]
    items = [
        add(session, actor, now, code=code, name=name, category=category, on_hand=count,
            reorder_point=point)
        for code, name, category, count, point in rows
    ]  # fmt: skip
    move = Move(SALE, 40)
    stock.move_stock(session, actor, item_id=items[2].id, move=move, now=now)
    return items


def test_tiles_count_what_is_low_oversold_and_out(
    session: Session, actor: Actor, shelf: list[StockItem]
) -> None:
    assert stock.tiles(session, actor) == StockTiles(4, 3, 1, 1)
    assert list(stock.categories(session, actor)) == ["شیرینی", "نوشیدنی"]


FOUND = [
    (StockFilter(), ["A-1", "B-2", "C_3", "D-4"]),
    (StockFilter(search="کیک"), ["B-2"]),
    (StockFilter(search="شیرینی کیک"), ["B-2"]),
    (StockFilter(search="b-"), ["B-2"]),
    (StockFilter(search="۵۰"), ["D-4"]),
    (StockFilter(search="%"), ["D-4"]),
    (StockFilter(search="_"), ["C_3"]),
    (StockFilter(search="nothing"), []),
    (StockFilter(category="نوشیدنی"), ["A-1", "C_3"]),
    (StockFilter(category=""), ["D-4"]),
    (StockFilter(word=StockWord.LOW), ["A-1", "B-2", "C_3"]),
    (StockFilter(word=StockWord.OUT), ["B-2"]),
    (StockFilter(word=StockWord.OVERSOLD), ["C_3"]),
    (StockFilter(word=StockWord.OK), ["D-4"]),
    (StockFilter(is_archived=True), []),
]


@pytest.mark.spec("N10")
@pytest.mark.usefixtures("shelf")
def test_items_are_found(session: Session, actor: Actor) -> None:
    pages = [stock.list_items(session, actor, wanted=wanted) for wanted, _ in FOUND]
    assert [[item.code for item in page.lines] for page in pages] == [codes for _, codes in FOUND]
    assert [page.count for page in pages] == [len(codes) for _, codes in FOUND]


@pytest.mark.usefixtures("shelf")
def test_items_are_sorted_and_paged(session: Session, actor: Actor) -> None:
    expected = {
        StockSort.CODE: ["A-1", "B-2", "C_3", "D-4"],
        StockSort.ON_HAND: ["C_3", "B-2", "D-4", "A-1"],
        StockSort.HEADROOM: ["C_3", "B-2", "A-1", "D-4"],
    }
    for sort, codes in expected.items():
        pages = [stock.list_items(session, actor, sort=sort, offset=n, limit=2) for n in (0, 2)]
        assert [item.code for page in pages for item in page.lines] == codes
        assert {page.count for page in pages} == {4}


def test_the_latest_movement_comes_first_with_its_item(
    session: Session, actor: Actor, shelf: list[StockItem]
) -> None:
    page = stock.movements(session, actor, limit=1)
    movement, item = page.lines[0]
    assert (movement.on_hand_after, item.code, page.count) == (-10, "C_3", 5)
    own = stock.movements(session, actor, item_id=shelf[2].id)
    assert [m.quantity for m, _ in own.lines] == [-40, 30]
    assert stock.movements(session, actor, kind=SALE).count == 1


def test_a_chart_has_one_count_for_each_local_day(
    session: Session, actor: Actor, now: datetime
) -> None:
    item = add(session, actor, now - timedelta(days=3), on_hand=20)
    for days, count in ((2, 15), (0, 9)):
        at = now - timedelta(days=days)
        stock.adjust_stock(session, actor, item_id=item.id, counted=count, now=at)
    today = date(2026, 11, 21)
    series = stock.daily_levels(session, actor, item_id=item.id, since=today - timedelta(days=4),
                                until=today, zone="Asia/Tehran")  # fmt: skip
    assert [level.on_hand for level in series] == [0, 20, 15, 15, 9]


def test_every_act_leaves_its_row_in_the_audit_log(
    session: Session, actor: Actor, now: datetime
) -> None:
    item = add(session, actor, now)
    stock.adjust_stock(session, actor, item_id=item.id, counted=3, now=now)
    session.flush()
    rows = session.exec(
        select(AuditEntry)
        .where(col(AuditEntry.action).startswith("stock."))
        .order_by(col(AuditEntry.id))
    ).all()
    assert [(row.action, row.before, row.after) for row in rows][1:] == [
        ("stock.adjusted", {"on_hand": 12}, {"on_hand": 3})
    ]
    assert rows[0].action == "stock.added"
    assert rows[1].object_id == item.id


def test_a_viewer_may_look_and_not_touch(session: Session, actor: Actor, now: datetime) -> None:
    item = add(session, actor, now)
    viewer = actor_of(session, make_user(session, "vida", Role.VIEWER))
    assert stock.item(session, viewer, item_id=item.id).code == "A4"
    with pytest.raises(Forbidden):
        stock.adjust_stock(session, viewer, item_id=item.id, counted=1, now=now)
    stranger = actor_of(session, make_user(session, "sam", Role.OPERATOR, DepartmentKind.PEOPLE))
    with pytest.raises(Forbidden):
        stock.list_items(session, stranger)


def test_items_of_another_department_are_neither_seen_nor_touched(
    session: Session, actor: Actor, now: datetime
) -> None:
    sales = department_id(session, DepartmentKind.SALES)
    theirs = add(session, administrator(), now, code="S", department_id=sales)
    assert stock.list_items(session, actor).count == 0
    for act in (
        lambda: stock.item(session, actor, item_id=theirs.id),
        lambda: stock.adjust_stock(session, actor, item_id=theirs.id, counted=1, now=now),
        lambda: stock.set_reorder_points(session, actor, points={theirs.id: 1}, now=now),
        lambda: add(session, actor, now, code="T", department_id=sales),
    ):
        with pytest.raises(Forbidden):
            act()
    seller = actor_of(session, make_user(session, "sara", Role.SELLER, DepartmentKind.SALES))
    assert stock.list_items(session, seller).count == 1


def test_what_is_not_there_is_said_so(session: Session, actor: Actor, now: datetime) -> None:
    with pytest.raises(NotFound, match="missing"):
        stock.adjust_stock(session, actor, item_id=99, counted=1, now=now)
    with pytest.raises(NotFound, match="missing"):
        stock.item_of_code(session, actor, code="none")


def test_naughty_strings_are_kept_or_refused_at_their_field(
    session: Session, actor: Actor, now: datetime, corpora: Path
) -> None:
    strings = json.loads((corpora / "attacks" / "naughty_strings.json").read_text("utf-8"))
    kept = 0
    for number, text in enumerate(strings):
        new = NewItem(f"N{number}", name=text, category=text[:20])
        with contextlib.suppress(Invalid):
            item = stock.add_item(session, actor, new=new, now=now)
            session.expire(item)
            assert item.name == " ".join(item.name.split())
            assert not any(ord(sign) < 32 for sign in item.name)
            kept += 1
    assert kept > len(strings) * 0.9
    assert stock.list_items(session, actor).count == kept


def test_counts_taken_at_the_same_time_all_count(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session)
        item_id = add(session, administrator(), now, on_hand=100, reorder_point=50).id

    def sell() -> None:
        for _ in range(10):
            with transaction() as session:
                stock.move_stock(
                    session, administrator(), item_id=item_id, move=Move(SALE, 2), now=now
                )

    threads = [Thread(target=sell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading() as session:
        item = session.get(StockItem, item_id)
        assert item is not None
        assert item.on_hand == 20
        after = session.exec(select(StockMovement.on_hand_after)).all()
        assert sorted(after) == list(range(20, 101, 2))
        assert levels(session) == [("ok", "low", 50, "moved")]
