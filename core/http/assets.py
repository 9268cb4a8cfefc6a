"""Files every page may load: kept by browsers for as long as they stay the same."""

import hashlib
from functools import cache
from pathlib import Path

from starlette.datastructures import MutableHeaders, QueryParams
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

FOLDER = Path(__file__).parents[2] / "components" / "assets"
PREFIX = "/assets"
VERSION = "v"
_FOR_GOOD, _ASK_FIRST = "public, max-age=31536000, immutable", "no-cache"


@cache
def address(name: str) -> str:
    """Return where this file lies; another content has another address."""
    content = (FOLDER / name).read_bytes()
    return f"{PREFIX}/{name}?{VERSION}={hashlib.sha256(content).hexdigest()[:12]}"


_files = StaticFiles(directory=FOLDER)


async def _serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Hand the file over; browsers ask again where its address does not tell its content."""
    is_versioned = VERSION in QueryParams(scope["query_string"])

    async def dated(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Cache-Control"] = (
                _FOR_GOOD if is_versioned else _ASK_FIRST
            )
        await send(message)

    await _files(scope, receive, dated)


route = Mount(PREFIX, _serve)
