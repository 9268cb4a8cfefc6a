"""A walk through all items in the order they were made, for programs that read everything."""

from sqlmodel import Session, col, select

from core.access import rules as access
from core.access.service import verb
from core.access.terms import Actor, Permission
from core.operations import queries
from core.operations.models import StockItem


@verb(Permission.STOCK_VIEW, audit=None)
def items_after(
    session: Session, actor: Actor, *, after_id: int = 0, limit: int
) -> list[StockItem]:
    """Return the next items in use that the actor may see. None is met twice or left out.

    Items made meanwhile come at the end.
    """
    departments = access.departments(actor, Permission.STOCK_VIEW)
    statement = select(StockItem).where(
        queries.of_departments(departments),
        col(StockItem.is_archived).is_(False),
        col(StockItem.id) > after_id,
    )
    return list(session.exec(statement.order_by(col(StockItem.id)).limit(limit)))
