"""The preference centre, behind a link of the person's own: topics, pause, frequency, language."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta

from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core import clock, db
from core.consent import queries as consent
from core.consent import wishes
from core.consent.models import Preference
from core.consent.rules import in_language
from core.consent.terms import Wishes
from core.contacts import service as contacts
from core.contacts.addresses import parse_address
from core.contacts.models import Contact
from core.errors import ChaparError, Invalid
from core.forms import confirming, limits
from core.http.page import text
from core.http.public import form_of, ip_of, reader_for, row_ids, show
from core.i18n import formats
from core.i18n.calendar import parse_date
from core.i18n.digits import localise
from core.i18n.terms import DateStyle, Language, Reader
from core.messages import optout
from core.organisation.rules import local_moment

PAUSES = (7, 30, 90)
DATES = "dates"
PERIODS: Mapping[str, int] = {"day": 86_400, "week": 7 * 86_400, "month": 30 * 86_400}
COUNTS = (1, 2, 3, 5, 10)
SOURCE = "preferences"
ASKS_PER_IP = 20
HOUR = timedelta(hours=1)


def open_page(request: Request) -> Response:
    """Show what the person gets, and what can be chosen; nothing changes."""
    return _shown(request)


async def save(request: Request) -> Response:
    """Keep what was chosen, or stop everything."""
    return await run_in_threadpool(_save, request, await form_of(request))


def _save(request: Request, form: FormData) -> Response:
    now = clock.now()
    try:
        with db.transaction() as session:
            person = optout.owner_of(session, request.path_params["token"], now=now)
            if person is None:
                return ask_for_link(session, request)
            if text(form, "act") == "all":
                wishes.leave_all(session, person.id, source=SOURCE, ip=ip_of(request), now=now)
            else:
                _keep(session, request, person, form=form, now=now)
    except ChaparError as fault:
        return _shown(request, fault=fault, typed=form)
    return _shown(request, saved=True)


def _keep(
    session: Session, request: Request, person: Contact, *, form: FormData, now: datetime
) -> None:
    reader = reader_for(session, request, person)
    chosen = set(row_ids(form, "topic"))
    asked = _wishes(form, reader, consent.preferences(session, [person.id]).get(person.id), now=now)
    optout.set_wishes(session, person.id, asked, now=now)
    wishes.choose(session, person.id, chosen, ip=ip_of(request), now=now)
    language = text(form, "language")
    if language in {one.value for one in Language} and language != person.language:
        contacts.set_details(session, person, {"language": Language(language)})


def _wishes(form: FormData, reader: Reader, known: Preference | None, *, now: datetime) -> Wishes:
    pause, count = text(form, "pause"), text(form, "at_most")
    start, until = None, None
    if pause in {str(days) for days in PAUSES}:
        start, until = now, now + timedelta(days=int(pause))
    elif pause == DATES:
        start = _day(form, "from", reader) or now
        until = _day(form, "until", reader, days_on=1)
        if until is None:
            raise Invalid("preference.pause_until", field="until")
        if known is not None and known.paused_from and start.date() == known.paused_from.date():
            start = known.paused_from
    at_most = int(count) if count in {str(one) for one in COUNTS} else None
    window_s = PERIODS.get(text(form, "period"), PERIODS["week"]) if at_most else None
    return Wishes(paused_from=start, paused_until=until, at_most=at_most, window_s=window_s)


def _day(form: FormData, name: str, reader: Reader, *, days_on: int = 0) -> datetime | None:
    """Return the beginning of the day that was typed, or of the one after it."""
    typed = text(form, name).strip()
    if not typed:
        return None
    try:
        day: date = parse_date(typed, reader.calendar) + timedelta(days=days_on)
    except (Invalid, OverflowError) as refusal:
        raise Invalid("preference.bad_date", field=name) from refusal
    return local_moment(day, time(), reader.time_zone)


def _shown(
    request: Request,
    *,
    saved: bool = False,
    fault: ChaparError | None = None,
    typed: FormData | None = None,
) -> Response:
    now = clock.now()
    with db.reading() as session:
        person = optout.owner_of(session, request.path_params["token"], now=now)
        if person is None:
            return ask_for_link(session, request)
        reader = reader_for(session, request, None if saved else person)
        if saved and "lang" not in request.query_params:
            reader = reader_for(session, request, person)
        known = consent.preferences(session, [person.id]).get(person.id)
        return show(
            session,
            request,
            "preferences.html",
            reader=reader,
            status=fault.status if fault else 200,
            topics=_topics(session, person, reader, typed=typed),
            is_gone=wishes.is_gone(session, person.id),
            pause=_pause(known, reader, typed=typed, now=now),
            pauses=[(days, localise(str(days), reader.language)) for days in PAUSES],
            counts=[(one, localise(str(one), reader.language)) for one in COUNTS],
            at_most=text(typed, "at_most") if typed else str((known and known.at_most) or ""),
            period=text(typed, "period") if typed else _period(known),
            periods=list(PERIODS),
            own_language=person.language or reader.language,
            example=formats.date(formats.local(now, reader).date(), reader, DateStyle.SHORT),
            own_data=f"/p/ask/{request.path_params['token']}",
            fault=fault,
            saved=saved,
        )


def _topics(
    session: Session, person: Contact, reader: Reader, *, typed: FormData | None
) -> list[dict[str, object]]:
    ticked = typed.getlist("topic") if typed else None
    return [
        {
            "id": one.topic.id,
            "name": in_language(one.topic.names, [reader.language]),
            "promise": in_language(one.topic.promises, [reader.language]),
            "is_on": one.is_on if ticked is None else str(one.topic.id) in ticked,
        }
        for one in wishes.choices(session, person.id)
    ]


def _pause(
    known: Preference | None, reader: Reader, *, typed: FormData | None, now: datetime
) -> dict[str, str]:
    if typed is not None:
        return {name: text(typed, name) for name in ("pause", "from", "until")}
    if known is None or known.paused_until is None or known.paused_until <= now:
        return {"pause": "", "from": "", "until": ""}
    ends = formats.local(known.paused_until - timedelta(microseconds=1), reader).date()
    begins = formats.local(known.paused_from or now, reader).date()
    return {
        "pause": DATES,
        "from": formats.date(begins, reader, DateStyle.SHORT),
        "until": formats.date(ends, reader, DateStyle.SHORT),
    }


def _period(known: Preference | None) -> str:
    held = known.window_s if known else None
    return next((name for name, span in PERIODS.items() if span == held), "week")


def ask_for_link(session: Session, request: Request) -> Response:
    """Return the page for links that are wrong or too old: it mails a fresh one."""
    return show(session, request, "fresh_link.html", reader=reader_for(session, request),
                status=404, is_sent=False)  # fmt: skip


async def send_link(request: Request) -> Response:
    """Mail a fresh link to the address typed; the answer is the same whether it is known."""
    return await run_in_threadpool(_send_link, request, text(await form_of(request), "email"))


def _send_link(request: Request, typed: str) -> Response:
    now = clock.now()
    with db.transaction() as session:
        if limits.allows(
            session, "link-ip", ip_of(request), limit=ASKS_PER_IP, window=HOUR, now=now
        ):
            with suppress(Invalid):  # what is no address gets the same answer
                confirming.send_link(session, parse_address(typed.strip()).normalised, now=now)
    with db.reading() as session:
        return show(session, request, "fresh_link.html", reader=reader_for(session, request),
                    is_sent=True)  # fmt: skip


def ask_again(request: Request) -> Response:
    """Show the page that mails a fresh link."""
    with db.reading() as session:
        return show(session, request, "fresh_link.html", reader=reader_for(session, request),
                    is_sent=False)  # fmt: skip


def open_confirmation(request: Request) -> Response:
    """Show what waits for the second yes, and the button; nothing changes."""
    return _confirmation(request)


async def confirm(request: Request) -> Response:
    """Give the second yes to the topics shown; a second time shows the same page."""
    form = await form_of(request)
    chosen = set(row_ids(form, "topic"))
    return await run_in_threadpool(_confirm, request, chosen)


def _confirm(request: Request, chosen: set[int]) -> Response:
    now = clock.now()
    with db.transaction() as session:
        asked = confirming.asked_of(session, request.path_params["token"], now=now)
        if asked is not None:
            confirming.confirm(session, asked, topic_ids=chosen, ip=ip_of(request), now=now)
    return _confirmation(request)


def _confirmation(request: Request) -> Response:
    with db.reading() as session:
        asked = confirming.asked_of(session, request.path_params["token"], now=clock.now())
        if asked is None:
            return ask_for_link(session, request)
        reader = reader_for(session, request, asked.person)
        shown = [
            {"id": one.id, "name": in_language(one.names, [reader.language]),
             "promise": in_language(one.promises, [reader.language])}
            for one in asked.topics
        ]  # fmt: skip
        return show(session, request, "confirm.html", reader=reader, topics=shown,
                    has_confirmed=asked.has_confirmed)  # fmt: skip


routes = [
    Route("/p/fresh", ask_again, methods=["GET"]),
    Route("/p/fresh", send_link, methods=["POST"]),
    Route("/p/confirm/{token}", open_confirmation, methods=["GET"]),
    Route("/p/confirm/{token}", confirm, methods=["POST"]),
    Route("/p/{token}", open_page, methods=["GET"]),
    Route("/p/{token}", save, methods=["POST"]),
]
