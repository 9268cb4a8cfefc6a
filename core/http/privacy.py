"""What people do themselves with what is known of them: take a copy of it, or have it erased.

Asking mails a link to the address that is known; whoever asks learns nothing but that. The pages
behind those links change nothing until their button is pressed.
"""

from collections.abc import Mapping
from datetime import timedelta

from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core import clock, db
from core.consent import policy
from core.errors import Conflict, NotFound
from core.forms import limits
from core.http import preferences
from core.http.downloads import handed_over
from core.http.page import text
from core.http.public import form_of, ip_of, reader_for, show
from core.i18n.digits import localise
from core.i18n.terms import Reader
from core.messages import optout
from core.privacy import requests
from core.privacy.terms import RequestState, Wish

ASKS_PER_IP = 20
HOUR = timedelta(hours=1)
MIME = "application/zip"
_WORDS: Mapping[str, str] = {"privacy.has_account": "public.erasure.has_account"}


def open_page(request: Request) -> Response:
    """Show what can be asked for; nothing changes."""
    return _asking(request, is_sent=False)


async def ask(request: Request) -> Response:
    """Have a link mailed. The answer is the same whoever asks, and however often."""
    return await run_in_threadpool(_ask, request, text(await form_of(request), "wish"))


def _ask(request: Request, typed: str) -> Response:
    now, ip = clock.now(), ip_of(request)
    wish = next((one for one in Wish if one.value == typed), None)
    with db.transaction() as session:
        person = optout.owner_of(session, request.path_params["token"], now=now)
        is_allowed = limits.allows(
            session, "privacy-ip", ip, limit=ASKS_PER_IP, window=HOUR, now=now
        )
        if person is not None and wish is not None and is_allowed:
            requests.ask(session, person, wish, now=now)
    return _asking(request, is_sent=wish is not None)


def _asking(request: Request, *, is_sent: bool) -> Response:
    token = request.path_params["token"]
    with db.reading() as session:
        person = optout.owner_of(session, token, now=clock.now())
        reader = reader_for(session, request, person)
        return show(session, request, "privacy_ask.html", reader=reader, is_sent=is_sent,
                    centre=f"/p/{token}", days=_days(session, reader),
                    hours=localise(str(requests.LINK_HOURS), reader.language))  # fmt: skip


def open_copy(request: Request) -> Response:
    """Show what the button hands over; nothing changes."""
    return _shown(request, Wish.COPY)


async def take_copy(request: Request) -> Response:
    """Hand over the copy; the link is used up."""
    return await run_in_threadpool(_take_copy, request)


def _take_copy(request: Request) -> Response:
    try:
        with db.transaction() as session:
            made = requests.take_copy(session, request.path_params["secret"], now=clock.now())
    except NotFound:
        return _over(request)
    return handed_over(made.content, name=made.file_name, mime=MIME)


def open_erasure(request: Request) -> Response:
    """Show what is erased and what stays; nothing changes."""
    return _shown(request, Wish.ERASURE)


async def have_erased(request: Request) -> Response:
    """Forget the person, or have it wait for a colleague; the link is used up."""
    return await run_in_threadpool(_have_erased, request)


def _have_erased(request: Request) -> Response:
    secret, now = request.path_params["secret"], clock.now()
    with db.reading() as session:
        person = requests.asked_by(session, secret, Wish.ERASURE, now=now)
        reader = reader_for(session, request, person)
    try:
        with db.transaction() as session:
            state = requests.have_erased(session, secret, now=now)
    except NotFound:
        return _over(request)
    except Conflict as fault:
        code = _WORDS.get(fault.code, "public.erasure.busy")
        return _shown(request, Wish.ERASURE, fault=code)
    return _done(request, state, reader=reader)


def _done(request: Request, state: RequestState, *, reader: Reader) -> Response:
    """Say that it is done: in the language of who is nobody any more."""
    with db.reading() as session:
        return show(session, request, "privacy_erased.html", reader=reader,
                    waits=state is RequestState.WAITING,
                    days=_days(session, reader))  # fmt: skip


def _shown(request: Request, wish: Wish, *, fault: str = "") -> Response:
    with db.reading() as session:
        secret = request.path_params["secret"]
        person = requests.asked_by(session, secret, wish, now=clock.now())
        if person is None:
            return preferences.ask_for_link(session, request)
        reader = reader_for(session, request, person)
        return show(session, request, f"privacy_{wish}.html", reader=reader, fault=fault,
                    status=Conflict.status if fault else 200,
                    waits=requests.waits(session, person),
                    days=_days(session, reader))  # fmt: skip


def _days(session: Session, reader: Reader) -> str:
    return localise(str(policy.in_force(session).answer_days), reader.language)


def _over(request: Request) -> Response:
    with db.reading() as session:
        return preferences.ask_for_link(session, request)


routes = [
    Route("/p/ask/{token}", open_page, methods=["GET"]),
    Route("/p/ask/{token}", ask, methods=["POST"]),
    Route("/p/copy/{secret}", open_copy, methods=["GET"]),
    Route("/p/copy/{secret}", take_copy, methods=["POST"]),
    Route("/p/erasure/{secret}", open_erasure, methods=["GET"]),
    Route("/p/erasure/{secret}", have_erased, methods=["POST"]),
]
