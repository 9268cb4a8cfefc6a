"""Routes of the door: sign in, second factor, sign out, language."""

import math
from datetime import timedelta
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core import clock, signing
from core.access.terms import SYSTEM
from core.accounts import queries, second_factor, sessions
from core.accounts import service as accounts
from core.accounts.sessions import Visit
from core.accounts.sign_in import Entry
from core.accounts.terms import SessionKind, SignIn
from core.db import reading, transaction
from core.errors import NotFound
from core.http import cookies, door, paths, visits
from core.http.page import filled_in, page, text
from core.i18n.terms import Language

NOTICES = frozenset({"password_changed", "signed_out", "link_sent"})


async def show_sign_in(request: Request) -> Response:
    """Show the form; who is signed in already goes on."""
    visit = visits.known(request)
    wanted = paths.local(request.query_params.get("next", "/"))
    if visit is not None and visit.kind is not SessionKind.SECOND_FACTOR:
        return _goes_on(wanted)
    return await _sign_in_form(request, wanted, notice=request.query_params.get("done", ""))


async def sign_in(request: Request) -> Response:
    """Open a visit, ask for the code, or say in one sentence that it did not work."""
    form = await filled_in(request)
    login, wanted = text(form, "login"), paths.local(text(form, "next"))
    old = cookies.session_secret(request.cookies)
    entry = await run_in_threadpool(
        door.enter,
        login,
        text(form, "password"),
        place=visits.place_of(request),
        old_hash=signing.digest(old) if old else None,
    )
    if entry.opened is None:
        return await _sign_in_form(request, wanted, login=login, entry=entry)
    address = wanted
    if entry.outcome is SignIn.SECOND_FACTOR:
        address = f"/auth/second-factor?next={quote(wanted, safe='/')}"
    answer = _goes_on(address)
    cookies.give_session(answer, entry.opened)
    return answer


async def _sign_in_form(
    request: Request, wanted: str, *, login: str = "", notice: str = "", entry: Entry | None = None
) -> Response:
    is_new = not await run_in_threadpool(_has_administrator)
    return page(
        request,
        "sign_in.html",
        status=_status(entry),
        headers=_retry(entry),
        next=wanted,
        login=login[:254],
        notice=notice if notice in NOTICES else "",
        error=_error(entry, "auth.wrong"),
        is_new=is_new,
    )


def _has_administrator() -> bool:
    with reading() as session:
        return queries.has_administrator(session)


async def show_code(request: Request) -> Response:
    """Show the form for the code of the second factor."""
    if _awaiting(request) is None:
        return _goes_on("/auth/login")
    return page(request, "second_factor.html", next=_next(request), error=None)


async def give_code(request: Request) -> Response:
    """Open the visit when the code is right; a code works once."""
    form = await filled_in(request)
    visit = _awaiting(request)
    if visit is None:
        return _goes_on("/auth/login")
    wanted = paths.local(text(form, "next"))
    entry = await run_in_threadpool(_confirm, visit, text(form, "code"), request)
    if entry is None:
        return _goes_on("/auth/login")
    if entry.opened is None:
        return page(
            request,
            "second_factor.html",
            status=_status(entry),
            headers=_retry(entry),
            next=wanted,
            error=_error(entry, "second_factor.wrong"),
        )
    answer = _goes_on(wanted)
    cookies.give_session(answer, entry.opened)
    return answer


def _confirm(visit: Visit, code: str, request: Request) -> Entry | None:
    try:
        with transaction() as session:
            return second_factor.confirm_second_factor(
                session,
                SYSTEM,
                session_hash=visit.hash,
                code=code,
                place=visits.place_of(request),
                now=clock.now(),
            )
    except NotFound:
        return None


def _awaiting(request: Request) -> Visit | None:
    visit = visits.known(request)
    is_awaited = visit is not None and visit.kind is SessionKind.SECOND_FACTOR
    return visit if is_awaited else None


async def show_sign_out(request: Request) -> Response:
    """Sign out when a page of ours leads here; ask when it was anybody else's link."""
    if request.headers.get("sec-fetch-site") == "same-origin":
        return await run_in_threadpool(_signed_out, request)
    if visits.known(request) is None:
        return _goes_on("/auth/login")
    return page(request, "sign_out.html")


async def sign_out(request: Request) -> Response:
    """End the visit."""
    await filled_in(request)
    return await run_in_threadpool(_signed_out, request)


def _signed_out(request: Request) -> Response:
    visit = visits.known(request)
    if visit is not None:
        with transaction() as session:
            sessions.sign_out(session, SYSTEM, session_hash=visit.hash, now=clock.now())
    answer = _goes_on("/auth/login?done=signed_out")
    cookies.take_session(answer)
    return answer


async def choose_language(request: Request) -> Response:
    """Speak this language from now on: to this browser, and to the account signed in."""
    code = request.path_params["language"]
    if code not in {language.value for language in Language}:
        raise NotFound("auth.no_language")
    form = await request.form(max_fields=5, max_files=0)
    await run_in_threadpool(_keep_language, visits.known(request), Language(code))
    answer = _goes_on(_back(text(form, "next")))
    cookies.give_language(answer, Language(code))
    return answer


def _keep_language(visit: Visit | None, language: Language) -> None:
    if visit is None or visit.actor is None:
        return
    with transaction() as session:
        accounts.choose_language(session, visit.actor, language=language, now=clock.now())


def _back(wanted: str) -> str:
    """Return where the choice was made; the pages of the door are allowed here."""
    is_door = wanted.startswith("/auth/") and not paths.is_bad(wanted) and wanted.isascii()
    return wanted if is_door and "?" not in wanted else paths.local(wanted)


def _next(request: Request) -> str:
    return paths.local(request.query_params.get("next", "/"))


def _goes_on(address: str) -> RedirectResponse:
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})


def _status(entry: Entry | None) -> int:
    if entry is None:
        return 200
    return 429 if entry.outcome is SignIn.WAIT else 401


def _retry(entry: Entry | None) -> dict[str, str]:
    return {"Retry-After": str(_seconds(entry.wait))} if entry and entry.wait else {}


def _seconds(wait: timedelta) -> int:
    return math.ceil(wait.total_seconds())


def _error(entry: Entry | None, wrong: str) -> tuple[str, dict[str, int]] | None:
    if entry is None:
        return None
    if entry.outcome is SignIn.WAIT:
        return "auth.wait", {"count": _seconds(entry.wait)}
    return wrong, {}


routes = [
    Route("/auth/login", show_sign_in, methods=["GET"]),
    Route("/auth/login", sign_in, methods=["POST"]),
    Route("/auth/second-factor", show_code, methods=["GET"]),
    Route("/auth/second-factor", give_code, methods=["POST"]),
    Route("/auth/logout", show_sign_out, methods=["GET"]),
    Route("/auth/logout", sign_out, methods=["POST"]),
    Route("/auth/language/{language}", choose_language, methods=["POST"]),
]
