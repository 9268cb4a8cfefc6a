"""The script that stands on somebody's site, and where it tells what visitors do.

Open to every browser, but only from the pages a site names; no cookie is set or read.
"""

import json
import math
import zlib
from functools import cache
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from core import clock, db
from core.errors import ChaparError
from core.http.api.limits import Limiter
from core.http.public import ip_of
from core.tracking import hits, queries, rules
from core.tracking.models import Site

MINUTES_KEPT = 5
PLACES = 65_536
"""Addresses share so many buckets; two that meet in one only wait a little sooner."""

of_address = Limiter(per_minute=300, at_once=100)
of_site = Limiter(per_minute=12_000, at_once=4_000)
_ANYWHERE = {"Cross-Origin-Resource-Policy": "cross-origin"}
_SCRIPT = Path(__file__).parent / "pages" / "site.js"


def script(request: Request) -> Response:
    """Hand over the script with the habits of the site."""
    with db.reading() as session:
        site = queries.site_of_key(session, request.path_params["site"])
    if site is None:
        return PlainTextResponse("404\n", 404, {"Cache-Control": "no-store"})
    text = _text().replace("__WAITS__", "yes" if site.waits_for_consent else "no")
    headers = {"Cache-Control": f"public, max-age={MINUTES_KEPT * 60}", **_ANYWHERE}
    return Response(text, headers=headers, media_type="text/javascript")


@cache
def _text() -> str:
    return _SCRIPT.read_text(encoding="utf-8")


def allow(request: Request) -> Response:
    """Answer a browser that asks whether a page may send."""
    with db.reading() as session:
        site = _allowed(request, queries.site_of_key(session, request.path_params["site"]))
    if site is None:
        return _refused(403)
    asked = {"Access-Control-Allow-Methods": "POST", "Access-Control-Max-Age": "3600",
             "Access-Control-Allow-Headers": "Content-Type"}  # fmt: skip
    return Response(status_code=204, headers=_shared(request) | asked)


async def take(request: Request) -> Response:
    """Take in what a page says. The answer tells nothing of what is known."""
    body = await request.body()
    return await run_in_threadpool(_take, request, body)


def _take(request: Request, body: bytes) -> Response:
    with db.reading() as session:
        site = _allowed(request, queries.site_of_key(session, request.path_params["site"]))
    if site is None:
        return _refused(403)
    seconds = of_address.wait(zlib.crc32(ip_of(request).encode()) % PLACES)
    seconds = seconds or of_site.wait(site.id)
    if seconds:
        again = {"Retry-After": str(math.ceil(seconds))}
        return _refused(429, _shared(request) | again)
    now = clock.now()
    try:
        visitor, said = rules.read_hits(_json(body), now=now)
        with db.transaction() as session:
            hits.take(session, site, visitor=visitor, hits=said, now=now)
    except ChaparError:
        return _refused(422, _shared(request))
    return Response(status_code=204, headers=_shared(request))


def _json(body: bytes) -> object:
    """Return what was sent; a body that is no JSON is no hit."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _allowed(request: Request, site: Site | None) -> Site | None:
    """Return the site when the page that asks is one of its pages."""
    given = request.headers.getlist("origin")
    return site if site is not None and len(given) == 1 and given[0] in site.origins else None


def _shared(request: Request) -> dict[str, str]:
    """Return the headers by which a page of the site may read the answer; no cookie goes along."""
    return {
        "Access-Control-Allow-Origin": request.headers["origin"],
        "Vary": "Origin",
        "Cache-Control": "no-store",
        **_ANYWHERE,
    }


def _refused(status: int, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(f"{status}\n", status, headers or {"Cache-Control": "no-store"})


routes = [
    Route("/e/{site}.js", script, methods=["GET"]),
    Route("/e/{site}", take, methods=["POST"]),
    Route("/e/{site}", allow, methods=["OPTIONS"]),
]
