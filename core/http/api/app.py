"""The application of the API: its routers, its errors and its description."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from core.http.api import contacts, docs, employees, events, messages, segments, stock
from core.http.api.limits import Limiter
from core.http.api.problems import MEDIA, handlers
from core.http.api.shapes import ProblemOut
from core.i18n.catalog import translate
from core.i18n.terms import Language

VERSION = "1"
PREFIX = "/api/v1"
ROUTERS = (
    contacts.router,
    segments.router,
    events.router,
    stock.router,
    employees.router,
    messages.router,
)
_PROBLEM: dict[str, Any] = {"content": {MEDIA: {}}, "model": ProblemOut}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {**_PROBLEM, "description": translate(Language.EN, f"api.status_{status}")}
    for status in (400, 401, 403, 404, 409, 422, 429)
}


def _make() -> FastAPI:
    made = FastAPI(
        title=translate(Language.EN, "api.title"),
        description=translate(Language.EN, "api.intro"),
        version=VERSION,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        root_path_in_servers=False,
        servers=[{"url": PREFIX}],
        exception_handlers=handlers,
    )
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute):
                route.summary = translate(Language.EN, f"api.op.{route.operation_id}")
        made.include_router(router, responses=PROBLEMS)
    made.state.limiter = Limiter()
    docs.add_to(made)
    return made


api = _make()
