"""Composition root of the staff's site: Streamlit behind the gate, our routes, the waker."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from threading import Timer

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from streamlit import config

from components import failure
from core import outbox
from core.http import assets, config_check, errors
from core.http.gate import Gate
from core.http.headers import SecurityHeaders
from core.http.origins import site
from core.http.routes import API, private_routes, public_routes
from core.http.shell import LangShell
from core.migrations.standing import require_current
from core.settings import settings
from tasks.wake import wake

HERE = Path(__file__).parent
INDEX = Path(st.__file__).parent / "static" / "index.html"
LATER = ("altair", API, "holidays")
"""Imports that no first page needs; done when it stands, so that nobody waits."""
LATER_S = 8.0

routes: list[BaseRoute] = [
    *public_routes,
    *private_routes,
    assets.route,
]
middleware = [
    Middleware(SecurityHeaders),
    Middleware(Gate),
    Middleware(LangShell, index=INDEX, routes=routes),
]


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Refuse to start where the door would not hold or the store is behind; then stay ready."""
    options = {name: config.get_option(name) for name in config_check.OPTIONS}
    config_check.refuse_unsafe(options, middleware=[one.cls for one in middleware])
    require_current(settings().store_url)
    _settle()
    later = Timer(LATER_S, _prepare)
    later.daemon = True
    later.start()
    yield
    later.cancel()


def _prepare() -> None:
    for name in LATER:
        import_module(name)
    _settle()


def _settle() -> None:
    """Spare what is loaded the search for garbage that follows each run of a page.

    It took 180 ms, in which nobody else's page moved.
    """
    gc.collect()
    gc.freeze()


config.set_option("server.allowedHosts", sorted(site().hosts))
outbox.bind(wake)
app = st.App(
    HERE / "pages" / "shell.py",
    routes=routes,
    middleware=middleware,
    lifespan=lifespan,
    on_script_error=failure.show,
    exception_handlers=errors.handlers,
)
