"""Routes behind one-time links: a new password, an invitation, the first set-up.

GET only looks; nothing is used up before the POST. A link that does not work shows the same page
whatever is wrong with it.
"""

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core import clock
from core.access.terms import SYSTEM
from core.accounts import links
from core.accounts.links import LinkView
from core.accounts.rules import PASSWORD_MIN
from core.accounts.sessions import Opened, Place
from core.accounts.terms import LinkPurpose
from core.db import reading, transaction
from core.errors import ChaparError, Invalid, NotFound
from core.http import cookies, visits
from core.http.page import filled_in, page, text
from core.notices import service as notices

GONE = 410


async def show_forgot(request: Request) -> Response:
    """Show the form that asks for a link."""
    return page(request, "forgot.html")


async def forgot(request: Request) -> Response:
    """Say that a link is on its way if there is such an account; then look whether there is.

    The answer leaves before the search begins, so it takes as long for every name.
    """
    form = await filled_in(request)
    answer = page(request, "message.html", title="auth.link_sent_title", body="auth.link_sent")
    place = visits.place_of(request)
    answer.background = BackgroundTask(_send_link, text(form, "login"), place)
    return answer


def _send_link(login: str, place: Place) -> None:
    with transaction() as session:
        notices.send_password_link(session, SYSTEM, login=login, place=place, now=clock.now())


async def show_password(request: Request) -> Response:
    """Show the form for a new password, for an invitation too."""
    view = await run_in_threadpool(_peek, request)
    return _dead(request) if view is None else _password_form(request, view)


async def set_password(request: Request) -> Response:
    """Set the password and lead to the sign-in page: this alone signs nobody in."""
    form = await filled_in(request)
    view = await run_in_threadpool(_peek, request)
    if view is None:
        return _dead(request)
    try:
        await run_in_threadpool(_accept, request, text(form, "password"), text(form, "again"))
    except NotFound:
        return _dead(request)
    except Invalid as fault:
        return _password_form(request, view, fault)
    return RedirectResponse("/auth/login?done=password_changed", 303)


def _accept(request: Request, password: str, again: str) -> None:
    if password != again:
        raise Invalid("password.not_the_same", field="again")
    with transaction() as session:
        links.accept_password(
            session,
            SYSTEM,
            secret=request.path_params["token"],
            purpose=_purpose(request),
            password=password,
            now=clock.now(),
        )


async def show_setup(request: Request) -> Response:
    """Show the button that begins set-up."""
    view = await run_in_threadpool(_peek, request)
    return _dead(request) if view is None else page(request, "setup.html")


async def begin_setup(request: Request) -> Response:
    """Use up the link and open the set-up visit."""
    await filled_in(request)
    try:
        opened = await run_in_threadpool(_open_setup, request)
    except NotFound:
        return _dead(request)
    answer = RedirectResponse("/", 303, {"Cache-Control": "no-store"})
    cookies.give_session(answer, opened)
    return answer


def _open_setup(request: Request) -> Opened:
    with transaction() as session:
        return links.open_setup(
            session,
            SYSTEM,
            secret=request.path_params["token"],
            place=visits.place_of(request),
            now=clock.now(),
        )


def _peek(request: Request) -> LinkView | None:
    with reading() as session:
        return links.peek_link(
            session,
            SYSTEM,
            secret=request.path_params["token"],
            purpose=_purpose(request),
            now=clock.now(),
        )


def _purpose(request: Request) -> LinkPurpose:
    return LinkPurpose(request.url.path.split("/")[2])


def _password_form(request: Request, view: LinkView, fault: ChaparError | None = None) -> Response:
    return page(
        request,
        "password.html",
        status=200 if fault is None else fault.status,
        view=view,
        least=PASSWORD_MIN,
        fault=fault,
    )


def _dead(request: Request) -> Response:
    is_setup = _purpose(request) is LinkPurpose.SETUP
    body = "auth.dead_setup_link" if is_setup else "auth.dead_link"
    return page(
        request,
        "message.html",
        status=GONE,
        title="auth.dead_link_title",
        body=body,
        offers_link=not is_setup,
    )


routes = [
    Route("/auth/forgot", show_forgot, methods=["GET"]),
    Route("/auth/forgot", forgot, methods=["POST"]),
    Route("/auth/password/{token}", show_password, methods=["GET"]),
    Route("/auth/password/{token}", set_password, methods=["POST"]),
    Route("/auth/invitation/{token}", show_password, methods=["GET"]),
    Route("/auth/invitation/{token}", set_password, methods=["POST"]),
    Route("/auth/setup/{token}", show_setup, methods=["GET"]),
    Route("/auth/setup/{token}", begin_setup, methods=["POST"]),
]
