"""Pages for people outside: the organisation's name above, no visit, no script, three languages."""

from functools import partial

from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse

from core.contacts.models import Contact
from core.http import visits
from core.http.language import language_of
from core.http.page import page
from core.i18n.catalog import translate
from core.i18n.terms import Language, Reader
from core.organisation import queries as organisation_queries
from core.organisation.service import usual_calendar

FIELD_MAX = 120
IP_LENGTH = 45
ID_DIGITS = 18


def reader_for(session: Session, request: Request, person: Contact | None = None) -> Reader:
    """Return for whom to write: in the language picked on the page, else the person's own."""
    house = organisation_queries.organisation(session)
    language = _picked(request) or (person.language if person else None)
    language = language or (house.language if person else language_of(request))
    zone = (person.time_zone if person else None) or house.time_zone
    return Reader(language, usual_calendar(language, house), zone)


def _picked(request: Request) -> Language | None:
    code = request.query_params.get("lang", "")
    return Language(code) if code in {one.value for one in Language} else None


def show(
    session: Session,
    request: Request,
    name: str,
    *,
    reader: Reader,
    status: int = 200,
    csp: str = "",
    **values: object,
) -> HTMLResponse:
    """Return a page for somebody outside, in the reader's language."""
    house = organisation_queries.organisation(session)
    return page(
        request,
        name,
        status=status,
        headers={"Content-Security-Policy": csp} if csp else None,
        language=reader.language,
        t=partial(translate, reader.language),
        house=house.name,
        **values,
    )


async def form_of(request: Request) -> FormData:
    """Return what was sent; nothing asks whose page it came from: the token, or a stamp, is all."""
    return await request.form(max_fields=FIELD_MAX, max_files=0)


def row_ids(form: FormData, name: str) -> list[int]:
    """Return the row numbers ticked under this name; what can be none is passed over."""
    given = [one for one in form.getlist(name) if isinstance(one, str)]
    return [int(one) for one in given if one.isdecimal() and len(one) <= ID_DIGITS]


def ip_of(request: Request) -> str:
    """Return where the request comes from."""
    return visits.place_of(request).ip[:IP_LENGTH]
