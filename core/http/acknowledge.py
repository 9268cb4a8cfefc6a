"""The page behind the link in an alert: GET shows what it is about, POST takes it in hand.

The token is all that is asked for; mail programs that open links ahead of people change nothing.
"""

from functools import partial

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core import clock, db
from core.alerts import service as alerts
from core.alerts.terms import SHOWN_ITEMS, EpisodeLine, NoticeKind, NoticePage
from core.contacts import queries as contacts
from core.http import cookies
from core.http.language import language_of
from core.http.page import page
from core.i18n import formats
from core.i18n.catalog import translate
from core.i18n.terms import Calendar, Language, Reader
from core.organisation import queries as organisation_queries


def show(request: Request) -> Response:
    """Show what the notice tells of and a button; nothing changes."""
    with db.reading() as session:
        notice = alerts.notice_by_token(session, _token(request), now=clock.now())
        return _answer(session, request, notice)


def take(request: Request) -> Response:
    """Take in hand what the notice tells of; a second time shows the same page."""
    with db.transaction() as session:
        notice = alerts.acknowledge_by_token(session, _token(request), now=clock.now())
        return _answer(session, request, notice)


def _token(request: Request) -> str:
    return str(request.path_params["token"])


def _answer(session: Session, request: Request, notice: NoticePage) -> Response:
    reader = _reader(session, request, notice)
    say = partial(translate, reader.language)
    shown = [_line(line, reader) for line in notice.lines[:SHOWN_ITEMS]]
    takers = {line["taken"] for line in shown}
    return page(
        request,
        "acknowledge.html",
        language=reader.language,
        t=say,
        state=_state(notice),
        count=notice.open_count,
        lines=shown,
        taker=takers.pop() if len(takers) == 1 else "",
        rest=len(notice.lines) - len(shown),
    )


def _reader(session: Session, request: Request, notice: NoticePage) -> Reader:
    """Return for whom to write: the language picked on this page, else that of the mail."""
    person = contacts.contact(session, notice.contact_id)
    organisation = organisation_queries.organisation(session)
    language = (person.language if person else None) or organisation.language
    if cookies.LANGUAGE in request.cookies:
        language = language_of(request)
    calendar = Calendar.GREGORIAN if language is Language.EN else organisation.calendar
    zone = (person.time_zone if person else None) or organisation.time_zone
    return Reader(language, calendar, zone)


def _state(notice: NoticePage) -> str:
    if notice.kind in {NoticeKind.SAMPLE, NoticeKind.RECOVERED}:
        return notice.kind.value
    if notice.waiting_count:
        return "waiting"
    return "done" if notice.open_count else "over"


def _line(line: EpisodeLine, reader: Reader) -> dict[str, str]:
    """Return an item, how many are left, and who took it in hand."""
    taken = ""
    if line.acknowledged_at is not None:
        moment = formats.moment(line.acknowledged_at, reader)
        name = line.acknowledged_by or translate(reader.language, "alert.page.somebody")
        taken = translate(reader.language, "alert.acknowledged_by", name=name, moment=moment)
    return {"name": line.name, "code": line.code, "left": _left(line, reader), "taken": taken}


def _left(line: EpisodeLine, reader: Reader) -> str:
    if line.on_hand < 0:
        return translate(reader.language, "alert.page.oversold", on_hand=-line.on_hand)
    if line.on_hand == 0:
        return translate(reader.language, "alert.page.out")
    return translate(reader.language, "alert.page.on_hand", on_hand=line.on_hand)


routes = [
    Route("/a/{token}", show, methods=["GET"]),
    Route("/a/{token}", take, methods=["POST"]),
]
