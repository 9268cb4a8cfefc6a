"""Whose request it is: the cookie's visit, looked up in the store for every request."""

import logging
from datetime import datetime

from sqlalchemy.exc import OperationalError
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from core import clock, signing
from core.access.terms import SYSTEM
from core.accounts import sessions
from core.accounts.sessions import Place, Visit
from core.db import reading, transaction
from core.http import cookies
from core.http.origins import client_ip, site
from core.i18n.text import stored_line

KEY = "chapar.visit"
log = logging.getLogger(__name__)


def look(session_hash: str, *, now: datetime) -> Visit | None:
    """Return the visit with this hash when it holds. Looking does not keep it alive."""
    with reading() as session:
        return sessions.resolve_session(session, session_hash=session_hash, now=now)


def look_in_use(session_hash: str, *, now: datetime) -> Visit | None:
    """Return the visit with this hash when it holds, and note that it is in use."""
    visit = look(session_hash, now=now)
    if visit is not None and sessions.is_touch_due(visit, now=now):
        _touch(session_hash, now)
    return visit


def _touch(session_hash: str, now: datetime) -> None:
    try:
        with transaction() as session:
            sessions.touch_session(session, SYSTEM, session_hash=session_hash, now=now)
    except OperationalError:  # the store is busy: the page matters more than the note
        log.warning("could not note the use of a visit; the next request will")


async def visit_of_cookie(connection: HTTPConnection) -> Visit | None:
    """Return the visit of the request's cookie, noted as in use."""
    secret = cookies.session_secret(connection.cookies)
    if not secret:
        return None
    return await run_in_threadpool(look_in_use, signing.digest(secret), now=clock.now())


def known(connection: HTTPConnection) -> Visit | None:
    """Return the visit that the gate found for this request."""
    visit: Visit | None = connection.scope.get(KEY)
    return visit


def place_of(connection: HTTPConnection) -> Place:
    """Return where the request comes from; forwarded addresses count from our proxies only."""
    peer = connection.client.host if connection.client else ""
    forwarded = ",".join(connection.headers.getlist("x-forwarded-for"))
    agent = stored_line(connection.headers.get("user-agent", ""))
    return Place(client_ip(peer, forwarded, site()), agent)
