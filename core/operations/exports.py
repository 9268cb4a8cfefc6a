"""Stock as a file: the lists as somebody looks at them, taken out by those who may."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from core.access.rules import within
from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.operations import service
from core.operations.models import StockItem, StockMovement
from core.operations.terms import StockFilter, StockSort


@verb(Permission.STOCK_EXPORT, audit="stock.exported")
def export_items(
    session: Session,
    actor: Actor,
    *,
    wanted: StockFilter,
    sort: StockSort = StockSort.CODE,
    limit: int,
    now: datetime,
) -> Sequence[StockItem]:
    """Return the items that match, of the departments from which the actor may take them out."""
    taker = within(actor, Permission.STOCK_EXPORT)
    found = service.list_items(session, taker, wanted=wanted, sort=sort, limit=limit).lines
    audit.record(session, actor, "stock.exported", now=now, after={"rows": len(found)})
    return found


@verb(Permission.STOCK_EXPORT, audit="stock.movements_exported")
def export_movements(
    session: Session, actor: Actor, *, item_id: int, limit: int, now: datetime
) -> Sequence[tuple[StockMovement, StockItem]]:
    """Return the movements of the item, the latest first."""
    taker = within(actor, Permission.STOCK_EXPORT)
    item = service.item(session, taker, item_id=item_id)
    found = service.movements(session, taker, item_id=item_id, limit=limit).lines
    audit.record(session, actor, "stock.movements_exported", now=now, subject=item,
                 name=item.name, department_id=item.department_id,
                 after={"rows": len(found)})  # fmt: skip
    return found
