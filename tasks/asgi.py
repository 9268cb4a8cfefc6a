"""Composition root of the public routes alone: `uvicorn tasks.asgi:app`, any number of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware

from core import outbox
from core.http import assets, errors
from core.http.gate import Gate
from core.http.headers import SecurityHeaders
from core.http.routes import public_routes
from core.migrations.standing import require_current
from core.settings import settings
from tasks.wake import wake


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    """Refuse to start while the store is behind the code."""
    require_current(settings().store_url)
    yield


outbox.bind(wake)
app = Starlette(
    routes=[*public_routes, assets.route],
    middleware=[Middleware(SecurityHeaders), Middleware(Gate)],
    exception_handlers=errors.handlers,
    lifespan=lifespan,
)
