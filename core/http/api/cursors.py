"""Pages by cursor: an opaque word that says where to go on."""

import base64

from core.errors import Invalid

MOST, USUAL = 200, 50
_LONGEST = 19


def after(cursor: str) -> int:
    """Return the number of the last row of the page before; raises Invalid at "cursor"."""
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except ValueError as error:
        raise Invalid("api.bad_cursor", field="cursor") from error
    if not text.startswith("i") or not text[1:].isdecimal() or len(text) > _LONGEST:
        raise Invalid("api.bad_cursor", field="cursor")
    return int(text[1:])


def cursor(row_id: int) -> str:
    """Return the cursor that goes on after this row."""
    return base64.urlsafe_b64encode(f"i{row_id}".encode()).decode().rstrip("=")
