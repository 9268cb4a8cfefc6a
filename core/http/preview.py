"""What strangers wrote, shown by URL in a frame that can do nothing (F11).

Embed these routes with an <iframe src>; never put such HTML into a page as text.
"""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from core.access.terms import Actor
from core.db import reading
from core.errors import ChaparError, Unauthenticated
from core.http import visits
from core.http.headers import SANDBOX_CSP
from core.http.page import words
from core.notices.captured import CapturedText, read_captured


def sandboxed(html: str, *, status: int = 200) -> Response:
    """Return the HTML so that nothing in it runs, loads from outside, or belongs to our origin."""
    headers = {
        "Content-Security-Policy": SANDBOX_CSP,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }
    return HTMLResponse(html, status, headers)


def actor_of(request: Request) -> Actor:
    """Return who is signed in; raises Unauthenticated where nobody is (set-up included)."""
    visit = visits.known(request)
    if visit is None or visit.actor is None:
        raise Unauthenticated("auth.status_401")
    return visit.actor


async def show_captured(request: Request) -> Response:
    """Show the HTML of a mail that the capture mailbox kept."""
    try:
        said = await run_in_threadpool(
            _read, actor_of(request), int(request.path_params["mail_id"])
        )
    except ChaparError as error:
        return sandboxed(words(request)(error.code, **error.params), status=error.status)
    return sandboxed(said.html)


def _read(actor: Actor, mail_id: int) -> CapturedText:
    with reading() as session:
        return read_captured(session, actor, mail_id=mail_id)


routes = [Route("/preview/captured/{mail_id:int}", show_captured, methods=["GET"])]
