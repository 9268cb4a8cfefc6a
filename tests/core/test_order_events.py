"""Orders as events: what other departments hear of an import, once and only at its end."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import col, select

from core.access.terms import SYSTEM
from core.commerce.models import Order
from core.db import reading
from core.events.models import Event
from core.operations import order_import
from core.operations.order_import import import_orders
from tests.support.imports import found_organisation

HEADS = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
LINES = (
    "536365,85123A,Lantern,6,2010-12-01 08:26:00,2.55,17850,United Kingdom",
    "536365,71053,Lantern,6,2010-12-01 08:26:00,3.39,17850,United Kingdom",
    "536366,22633,Warmer,6,2010-12-01 08:28:00,1.85,,United Kingdom",
    "C536379,85123A,Lantern,-1,2010-12-01 09:41:00,2.55,17850,United Kingdom",
)


@pytest.fixture(autouse=True)
def organised(store: str) -> None:
    found_organisation()


def take(folder: Path, lines: Sequence[str], *, source: str = "") -> None:
    file = folder / "orders.csv"
    file.write_text("\n".join([HEADS, *lines]), encoding="utf-8")
    import_orders(SYSTEM, file, options={"currency": "GBP", "source": source})


def placed() -> list[Event]:
    with reading() as session:
        statement = select(Event).where(Event.name == "order.placed").order_by(col(Event.id))
        return list(session.exec(statement))


def test_each_new_order_is_an_event_of_its_time_and_its_customer(tmp_path: Path) -> None:
    take(tmp_path, LINES)
    known, stranger = placed()
    with reading() as session:
        orders = {order.reference: order for order in session.exec(select(Order))}
    assert set(orders) == {"536365", "536366", "C536379"}
    assert known.subject_type == stranger.subject_type == "order"
    assert known.subject_id == orders["536365"].id
    assert known.contact_id == orders["536365"].contact_id is not None
    assert stranger.contact_id is None, "an order without a customer is an order all the same"
    assert known.occurred_at == datetime(2010, 12, 1, 4, 56, tzinfo=UTC)
    assert known.properties == {"source": "orders", "reference": "536365", "currency": "GBP"}


def test_a_credit_note_is_no_order_placed(tmp_path: Path) -> None:
    take(tmp_path, LINES)
    assert {event.properties["reference"] for event in placed()} == {"536365", "536366"}


def test_a_second_import_tells_only_of_what_is_new(tmp_path: Path) -> None:
    take(tmp_path, LINES[:2])
    take(tmp_path, LINES)
    take(tmp_path, LINES)
    assert [event.properties["reference"] for event in placed()] == ["536365", "536366"]
    take(tmp_path, LINES[:1], source="bazaar")
    assert len(placed()) == 3, "the same number in another shop is another order"


def test_they_are_reacted_to_only_when_the_last_row_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[bool] = []
    really = order_import.commerce.take_lines

    def watched(*about: object, **more: object) -> object:
        taken = really(*about, **more)  # type: ignore[arg-type]
        session = about[0]
        held.extend(session.exec(select(Event.is_held)).all())  # type: ignore[attr-defined]
        return taken

    monkeypatch.setattr(order_import.commerce, "take_lines", watched)
    take(tmp_path, LINES)
    assert held == [True, True]
    assert [event.is_held for event in placed()] == [False, False]
