"""Is the process alive, and is it ready to work."""

import logging

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from core import db
from core.errors import Unavailable
from core.migrations.standing import require_current
from core.settings import settings

log = logging.getLogger(__name__)


async def alive(_request: Request) -> Response:
    """Answer as long as the process can."""
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


async def ready(_request: Request) -> Response:
    """Answer 200 when the store answers and its schema is the one of this code, else 503."""
    is_ready = await run_in_threadpool(_is_ready)
    words, status = ("ready\n", 200) if is_ready else ("not ready\n", 503)
    return PlainTextResponse(words, status, {"Cache-Control": "no-store"})


def _is_ready() -> bool:
    try:
        with db.reading() as session:
            session.exec(select(1))
        require_current(settings().store_url)
    except (SQLAlchemyError, Unavailable, OSError):
        log.warning("not ready: the store does not answer or is behind the code")
        return False
    return True


routes = [
    Route("/healthz", alive, methods=["GET"]),
    Route("/readyz", ready, methods=["GET"]),
]
