"""What mails ask for: the picture of an open, and links that lead on by way of us.

Answering changes nothing but the record of the request; it is on record before the answer.
"""

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from core import clock, db, signing
from core.http.api.limits import Limiter
from core.http.public import ip_of
from core.messages.following import CLICK, OPEN, TRAP
from core.reactions import queries
from core.reactions import service as reactions
from core.reactions.terms import Hit, ReactionKind

PLACES = 65_536
of_mail = Limiter(per_minute=120, at_once=60)
"""Mails share so many buckets; a person never comes near the limit."""

_DOT = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
"""A transparent picture of one point."""
_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def opened(request: Request) -> Response:
    """Hand over the picture; a false token is answered alike and leaves no trace."""
    message_id = signing.row_id(OPEN, request.path_params["token"], now=clock.now())
    if message_id is not None:
        with db.transaction() as session:
            _note(session, _hit(request, message_id, ReactionKind.OPEN))
    return Response(_DOT, media_type="image/gif", headers=_PRIVATE)


def clicked(request: Request) -> Response:
    """Lead on to the link that this token is signed for, and to nowhere else."""
    number = request.path_params["number"]
    purpose = f"{CLICK}:{number}"
    message_id = signing.row_id(purpose, request.path_params["token"], now=clock.now())
    if message_id is None:
        return _nowhere()
    kind = ReactionKind.TRAP if number == TRAP else ReactionKind.CLICK
    with db.transaction() as session:
        url = None if kind is ReactionKind.TRAP else queries.url_of(session, number)
        link_id = number if url else None
        _note(session, _hit(request, message_id, kind, link_id=link_id))
    return RedirectResponse(url, 302, _PRIVATE) if url else _nowhere()


def _note(session: Session, hit: Hit) -> None:
    """Keep the hit; what asks for one mail without end fills no store."""
    if not of_mail.wait(hit.message_id % PLACES):
        reactions.note(session, hit)


def _hit(
    request: Request, message_id: int, kind: ReactionKind, *, link_id: int | None = None
) -> Hit:
    return Hit(
        message_id=message_id,
        kind=kind,
        at=clock.now(),
        link_id=link_id,
        agent=request.headers.get("user-agent", ""),
        network=ip_of(request),
        is_head=request.method == "HEAD",
    )


def _nowhere() -> Response:
    return PlainTextResponse("404\n", 404, _PRIVATE)


routes = [
    Route("/t/o/{token}.gif", opened, methods=["GET"]),
    Route("/t/c/{token}/{number:int}", clicked, methods=["GET"]),
]
