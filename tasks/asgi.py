"""Composition root of the public routes alone: `uvicorn tasks.asgi:app`, any number of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from core import outbox
from core.http import errors
from core.http.gate import Gate
from core.http.headers import SecurityHeaders
from core.http.routes import public_routes
from core.migrations.standing import require_current
from core.settings import settings
from tasks.wake import wake

ASSETS = Path(__file__).parents[1] / "components" / "assets"


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    """Refuse to start while the store is behind the code."""
    require_current(settings().store_url)
    yield


outbox.bind(wake)
app = Starlette(
    routes=[*public_routes, Mount("/assets", StaticFiles(directory=ASSETS))],
    middleware=[Middleware(SecurityHeaders), Middleware(Gate)],
    exception_handlers=errors.handlers,
    lifespan=lifespan,
)
