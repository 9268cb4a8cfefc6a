"""Calls about stock: read it, set a count, move pieces."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlmodel import Session

from core.db import reading
from core.errors import NotFound
from core.http.api import cursors, once
from core.http.api.callers import Caller, Reads, Writes
from core.http.api.shapes import CountIn, MovementIn, MovementOut, StockItemOut, StockPage
from core.operations import service as operations
from core.operations import walk
from core.operations.models import StockItem
from core.operations.terms import ItemChange, Move, MovementKind, NewItem

router = APIRouter(tags=["stock"])
Limit = Annotated[int, Query(ge=1, le=cursors.MOST)]


@router.get("/stock", operation_id="stock_list")
def list_stock(who: Reads, cursor: str = "", limit: Limit = cursors.USUAL) -> StockPage:
    """List the items in use."""
    after = cursors.after(cursor)
    with reading() as session:
        found = walk.items_after(session, who.actor, after_id=after, limit=limit + 1)
    page = found[:limit]
    more = cursors.cursor(page[-1].id) if len(found) > limit else None
    return StockPage(items=[StockItemOut.of(one) for one in page], next_cursor=more)


@router.post(
    "/stock/{code:path}/movements",
    operation_id="stock_move",
    status_code=201,
    response_model=MovementOut,
)
def move_stock(code: str, given: MovementIn, who: Writes) -> JSONResponse:
    """Move pieces in or out."""

    def act(session: Session, now: datetime) -> BaseModel:
        item = operations.item_of_code(session, who.actor, code=code)
        move = Move(
            kind=MovementKind(given.kind),
            quantity=given.quantity,
            note=given.note,
            source=f"api:{who.key_id}",
            source_key=given.reference,
        )
        made = operations.move_stock(session, who.actor, item_id=item.id, move=move, now=now)
        return MovementOut.of(made, code=item.code)

    return once.perform(who, given, act, status=201)


@router.get("/stock/{code:path}", operation_id="stock_read")
def read_stock(code: str, who: Reads) -> StockItemOut:
    """Read one item."""
    with reading() as session:
        return StockItemOut.of(operations.item_of_code(session, who.actor, code=code))


@router.put("/stock/{code:path}", operation_id="stock_set", response_model=StockItemOut)
def set_stock(code: str, given: CountIn, who: Writes) -> JSONResponse:
    """Set the count of an item; one that is not known yet is made."""

    def act(session: Session, now: datetime) -> BaseModel:
        item = _known(session, who, code)
        if item is None:
            return StockItemOut.of(_add(session, who, code, given=given, now=now))
        _set(session, who, item, given=given, now=now)
        return StockItemOut.of(item)

    return once.perform(who, given, act, status=200)


def _known(session: Session, who: Caller, code: str) -> StockItem | None:
    try:
        return operations.item_of_code(session, who.actor, code=code)
    except NotFound:
        return None


def _add(session: Session, who: Caller, code: str, *, given: CountIn, now: datetime) -> StockItem:
    new = NewItem(
        code=code,
        name=given.name or "",
        category=given.category or "",
        unit=given.unit or "",
        on_hand=given.counted,
        reorder_point=given.reorder_point or 0,
        department_id=who.department_id,
    )
    return operations.add_item(session, who.actor, new=new, now=now)


def _set(session: Session, who: Caller, item: StockItem, *, given: CountIn, now: datetime) -> None:
    change: ItemChange = {}
    if given.name is not None:
        change["name"] = given.name
    if given.category is not None:
        change["category"] = given.category
    if given.unit is not None:
        change["unit"] = given.unit
    if given.reorder_point is not None:
        change["reorder_point"] = given.reorder_point
    if change:
        operations.change_item(
            session, who.actor, item_id=item.id, version=item.version, change=change, now=now
        )
    operations.adjust_stock(
        session, who.actor, item_id=item.id, counted=given.counted, note=given.note, now=now
    )
