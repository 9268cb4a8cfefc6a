"""A limit on what a request may carry, whether it says its size or not."""

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

TOO_LARGE = 413


def says_too_much(scope: Scope, cap: int) -> bool:
    """Return whether the request itself says that it is larger than the cap."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return not value.isdigit() or int(value) > cap
    return False


def capped(receive: Receive, cap: int) -> Receive:
    """Return a `receive` that raises 413 once more than `cap` bytes have come in."""
    taken = 0

    async def count() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > cap:
            raise HTTPException(TOO_LARGE)
        return message

    return count
