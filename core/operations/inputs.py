"""Checks of what people type or import about stock. Pure; every refusal names its field."""

from core.commerce.rules import plain_code
from core.errors import Invalid
from core.i18n.digits import parse_count
from core.i18n.text import search_key, stored_line
from core.operations.terms import ItemChange, MovementKind, NewItem

CODE_LIMIT = 60
COUNT_LIMIT = 10**12
LIMITS = {"name": 200, "category": 80, "unit": 30, "note": 300}
SIGNS = {
    MovementKind.RECEIPT: 1,
    MovementKind.RETURN: 1,
    MovementKind.ISSUE: -1,
    MovementKind.SALE: -1,
}


def clean_code(text: str) -> str:
    """Return the code as it is kept; raises Invalid "stock.code_missing" or "stock.code_long"."""
    code = plain_code(text)
    if not code:
        raise Invalid("stock.code_missing", field="code")
    if len(code) > CODE_LIMIT:
        raise Invalid("stock.code_long", field="code", limit=CODE_LIMIT)
    return code


def clean_text(field: str, text: str) -> str:
    """Return a name, category, unit or note as it is kept; raises Invalid "stock.text_long"."""
    clean, limit = stored_line(text), LIMITS[field]
    if len(clean) > limit:
        raise Invalid("stock.text_long", field=field, limit=limit)
    return clean


def clean_name(text: str, *, code: str) -> str:
    """Return the name, or the code where it has nothing the eye could see."""
    name = clean_text("name", text)
    return name if search_key(name) else code


def clean_count(field: str, count: int) -> int:
    """Return a typed count; raises Invalid "number.negative" or "number.too_large" at the field."""
    if count < 0:
        raise Invalid("number.negative", field=field)
    if count > COUNT_LIMIT:
        raise Invalid("number.too_large", field=field, limit=COUNT_LIMIT)
    return count


def read_count(field: str, text: str) -> int:
    """Return the count in a cell, in any digits; raises Invalid `number.*` at the field."""
    try:
        return clean_count(field, int(text) if _is_plain(text) else parse_count(text))
    except Invalid as error:
        raise Invalid(error.code, field=field, **error.params) from error


def checked_item(item: NewItem) -> NewItem:
    """Return the item as it may be kept; raises Invalid at the field at fault."""
    code = clean_code(item.code)
    return NewItem(
        code=code,
        name=clean_name(item.name, code=code),
        category=clean_text("category", item.category),
        unit=clean_text("unit", item.unit),
        on_hand=clean_count("on_hand", item.on_hand),
        reorder_point=clean_count("reorder_point", item.reorder_point),
        department_id=item.department_id,
    )


def checked_change(change: ItemChange) -> ItemChange:
    """Return the change as it may be kept; raises Invalid at the field at fault."""
    clean: ItemChange = {}
    if "name" in change:
        clean["name"] = clean_text("name", change["name"])
        if not search_key(clean["name"]):
            raise Invalid("stock.name_missing", field="name")
    if "category" in change:
        clean["category"] = clean_text("category", change["category"])
    if "unit" in change:
        clean["unit"] = clean_text("unit", change["unit"])
    if "reorder_point" in change:
        clean["reorder_point"] = clean_count("reorder_point", change["reorder_point"])
    return clean


def signed_quantity(kind: MovementKind, quantity: int) -> int:
    """Return by how much a receipt, return, issue or sale of so many pieces changes the count.

    Raises:
        Invalid: "stock.kind_without_quantity", "stock.quantity_missing" or "number.*".
    """
    if kind not in SIGNS:
        raise Invalid("stock.kind_without_quantity", field="kind")
    if not clean_count("quantity", quantity):
        raise Invalid("stock.quantity_missing", field="quantity")
    return SIGNS[kind] * quantity


def item_search_key(code: str, name: str, category: str) -> str:
    """Return what an item is found by."""
    return search_key(f"{code} {name} {category}")[:300]


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isdecimal()
