"""The way out of a mail: GET shows a page with a button, POST acts (RFC 8058: at once).

The token is all that is asked for; programs that open links ahead of people change nothing.
"""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core import clock, db
from core.consent.rules import in_language
from core.http import preferences
from core.http.page import text
from core.http.public import form_of, ip_of, reader_for, show
from core.messages import links, optout
from core.messages.optout import Leaver, Scope


def open_page(request: Request) -> Response:
    """Show what can be left, and the button; nothing changes."""
    return _answer(request, None)


async def leave(request: Request) -> Response:
    """Leave the topic or everything; a second time shows the same page."""
    form = await form_of(request)
    scope = Scope.ALL if text(form, "scope") == Scope.ALL else None
    return await run_in_threadpool(_leave, request, scope)


def _leave(request: Request, scope: Scope | None) -> Response:
    now = clock.now()
    with db.transaction() as session:
        leaver = optout.leaver_of(session, request.path_params["token"], now=now)
        done = optout.leave(session, leaver, scope, ip=ip_of(request), now=now) if leaver else None
    return _answer(request, done)


def _answer(request: Request, done: Scope | None) -> Response:
    with db.reading() as session:
        leaver: Leaver | None = optout.leaver_of(
            session, request.path_params["token"], now=clock.now()
        )
        if leaver is None:
            return preferences.ask_for_link(session, request)
        reader = reader_for(session, request, leaver.person)
        names = leaver.topic.names if leaver.topic else {}
        left = optout.left(session, leaver)
        return show(
            session,
            request,
            "unsubscribe.html",
            reader=reader,
            topic=in_language(names, [reader.language]),
            left=left.value if left else "",
            is_done=done is not None,
            centre=links.preferences(leaver.person.id),
        )


routes = [
    Route("/u/{token}", open_page, methods=["GET"]),
    Route("/u/{token}", leave, methods=["POST"]),
]
