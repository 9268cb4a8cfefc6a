"""The routes, in two lists: what anybody may ask for, and what belongs to the staff's site.

`public_routes` runs in the staff's process on a small installation, and alone in a process of
its own on a large one. Which of them need a visit is decided by the gate (`paths`), not here.
"""

from functools import cache
from importlib import import_module

from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from core.http import (
    acknowledge,
    auth,
    credentials,
    downloads,
    forms,
    guide,
    health,
    mail_hits,
    preferences,
    preview,
    preview_mails,
    privacy,
    site_hits,
    unsubscribe,
)

API = "core.http.api.app"


async def _answer_programs(scope: Scope, receive: Receive, send: Send) -> None:
    """Hand the request to the API, which is made for the first one: FastAPI takes a second."""
    api = await run_in_threadpool(_api)
    await api(scope, receive, send)


@cache
def _api() -> ASGIApp:
    made: ASGIApp = import_module(API).api
    return made


public_routes: list[BaseRoute] = [
    Mount("/api/v1", _answer_programs),
    *health.routes,
    *acknowledge.routes,
    *unsubscribe.routes,
    *privacy.routes,
    *preferences.routes,
    *forms.routes,
    *downloads.routes,
    *site_hits.routes,
    *mail_hits.routes,
]
private_routes: list[BaseRoute] = [
    *auth.routes,
    *credentials.routes,
    *preview.routes,
    *preview_mails.routes,
    *guide.routes,
]
