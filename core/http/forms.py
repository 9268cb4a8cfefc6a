"""Forms that people outside fill in: a page of its own, a frame, or plain HTML anywhere.

What proves that somebody meant it: an untouched trap, and either a small piece of work done by the
page's script, or a stamp some seconds old. Whoever sends a form without a stamp is asked once more.
"""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core import clock, db
from core.consent.rules import in_language
from core.contacts.models import Attribute
from core.errors import ChaparError, Invalid, NotFound, TooMany
from core.forms import intake, limits, queries, rules, stamps
from core.forms.answers import attributes_of, calendar_of
from core.forms.models import Form
from core.forms.terms import CUSTOM
from core.http.page import text
from core.http.public import form_of, ip_of, row_ids, show
from core.i18n.catalog import translate
from core.i18n.terms import Language, Reader
from core.organisation import queries as organisation

TRAP, VISITOR = "website", "visitor"
HOUR = timedelta(hours=1)
WORKED_PER_IP, PLAIN_PER_IP = 60, 10
_CSP = "; ".join(
    ("default-src 'none'", "style-src 'self'", "font-src 'self'", "img-src 'self' data:",
     "script-src 'self'", "base-uri 'none'")
)  # fmt: skip


def open_page(request: Request) -> Response:
    """Show the form on a page of its own."""
    return _open(request)


def open_frame(request: Request) -> Response:
    """Show the form for a frame on somebody else's page."""
    return _open(request)


def _open(request: Request) -> Response:
    with db.reading() as session:
        form = _found(session, request)
        return _page(session, request, form, typed=FormData())


async def send(request: Request) -> Response:
    """Take in what was sent. The answer is the same for people known and unknown."""
    return await run_in_threadpool(_send, request, await form_of(request))


def _send(request: Request, typed: FormData) -> Response:
    with db.reading() as session:
        form = _found(session, request)
        topic_ids = _topic_ids(session, form, typed)
        if text(typed, TRAP):
            return _thanks(session, request, form)
        if not _is_meant(form, typed):
            return _once_more(session, request, form, typed=typed)
    try:
        with db.transaction() as session:
            _take(session, request, form, typed=typed, topic_ids=topic_ids)
    except (Invalid, TooMany) as fault:
        with db.reading() as session:
            return _page(session, request, form, typed=typed, fault=fault)
    with db.reading() as session:
        return _thanks(session, request, form)


def _take(
    session: Session, request: Request, form: Form, *, typed: FormData, topic_ids: list[int]
) -> None:
    now, ip = clock.now(), ip_of(request)
    has_worked = rules.is_worked(text(typed, "stamp"), text(typed, "nonce"))
    limit = WORKED_PER_IP if has_worked else PLAIN_PER_IP
    if not limits.allows(session, f"form-{has_worked}", ip, limit=limit, window=HOUR, now=now):
        raise TooMany("form.too_often", retry_after_s=int(HOUR.total_seconds()))
    answers = {name: [one for one in typed.getlist(name) if isinstance(one, str)] for name in typed}
    origin = intake.Origin(ip, text(typed, VISITOR))
    intake.take(session, form, typed=answers, topic_ids=topic_ids, origin=origin, now=now)


def _found(session: Session, request: Request) -> Form:
    form = queries.open_form(session, request.path_params["form"])
    if form is None:
        raise NotFound("form.missing")
    return form


def _topic_ids(session: Session, form: Form, typed: FormData) -> list[int]:
    """Return the topics meant: those ticked, or the only one there is.

    Raises NotFound for one that the form does not offer, whatever it is.
    """
    offered = [topic.id for topic in queries.offered(session, form)]
    if len(offered) == 1:
        return offered
    given = row_ids(typed, "topic")
    if len(given) != len(typed.getlist("topic")) or not set(given) <= set(offered):
        raise NotFound("form.missing")
    return given


def _is_meant(form: Form, typed: FormData) -> bool:
    stamp = text(typed, "stamp")
    age = stamps.age(form.public_id, stamp, now=clock.now())
    if age is None:
        return False
    return age >= stamps.LEAST or rules.is_worked(stamp, text(typed, "nonce"))


def _thanks(session: Session, request: Request, form: Form) -> Response:
    if form.redirect_url:
        return RedirectResponse(form.redirect_url, 303, {"Cache-Control": "no-store"})
    is_double = any(queries.asks_twice(session, one) for one in queries.offered(session, form))
    said = _text(form, "thanks") or translate(form.language, "form.page.thanks")
    return show(session, request, "form_thanks.html", reader=_reader(session, form),
                csp=_policy(request, form), said=said, is_double=is_double,
                has_file=form.file_id is not None, is_frame=_is_frame(request))  # fmt: skip


def _once_more(session: Session, request: Request, form: Form, *, typed: FormData) -> Response:
    held = [(name, one) for name, one in typed.multi_items()
            if name not in {TRAP, "stamp", "nonce"} and isinstance(one, str)]  # fmt: skip
    return show(session, request, "form_once_more.html", reader=_reader(session, form),
                csp=_policy(request, form), held=held, trap=TRAP, is_frame=_is_frame(request),
                stamp=stamps.make(form.public_id, now=clock.now()))  # fmt: skip


def _page(
    session: Session,
    request: Request,
    form: Form,
    *,
    typed: FormData,
    fault: ChaparError | None = None,
) -> Response:
    language = form.language
    topics = queries.offered(session, form)
    return show(
        session,
        request,
        "form.html",
        reader=_reader(session, form),
        status=fault.status if fault else 200,
        csp=_policy(request, form),
        title=_text(form, "title") or form.name,
        intro=_text(form, "intro"),
        button=_text(form, "button") or translate(language, "form.page.button"),
        fields=_fields(session, form, typed),
        topics=[
            {"id": one.id, "name": in_language(one.names, [language]),
             "promise": in_language(one.promises, [language]),
             "is_on": str(one.id) in typed.getlist("topic")}
            for one in topics
        ],
        fault=fault,
        visitor=text(typed, VISITOR),
        trap=TRAP,
        stamp=stamps.make(form.public_id, now=clock.now()),
        bits=rules.WORK_BITS,
        is_frame=_is_frame(request),
    )  # fmt: skip


def _fields(session: Session, form: Form, typed: FormData) -> list[Mapping[str, object]]:
    known = attributes_of(session)
    found = list[Mapping[str, object]]()
    for one in form.fields:
        name = str(one["field"])
        row = known.get(name.removeprefix(CUSTOM)) if name.startswith(CUSTOM) else None
        if name.startswith(CUSTOM) and row is None:
            continue
        found.append(
            {
                "name": name,
                "label": label_of(one, form.language, row),
                "is_required": one["is_required"],
                "kind": row.kind.value if row else name,
                "options": _options(row, form.language),
                "values": [one for one in typed.getlist(name) if isinstance(one, str)],
            }
        )
    return found


def label_of(field: Mapping[str, object], language: Language, row: Attribute | None) -> str:
    """Return what stands over a field: its own words, else the usual name of it."""
    own = field.get("label")
    if isinstance(own, dict) and own:
        return in_language(own, [language])
    if row is not None:
        return in_language(row.names, [language])
    return translate(language, f"form.field.{field['field']}")


def _options(row: Attribute | None, language: Language) -> list[tuple[str, str]]:
    found = []
    for one in row.options if row else []:
        names = one.get("names")
        shown = in_language(names, [language]) if isinstance(names, dict) else ""
        found.append((str(one["value"]), shown or str(one["value"])))
    return found


def _text(form: Form, code: str) -> str:
    return in_language(form.texts.get(code, {}), [form.language])


def _reader(session: Session, form: Form) -> Reader:
    zone = organisation.organisation(session).time_zone
    return Reader(form.language, calendar_of(form.language), zone)


def _is_frame(request: Request) -> bool:
    return request.url.path.endswith("/frame")


def _policy(request: Request, form: Form) -> str:
    """Return what the page may do; the frame alone may stand inside other people's pages.

    The address that the form leads on to has to be named: some browsers follow no other.
    """
    target = urlsplit(form.redirect_url)
    ahead = f" {target.scheme}://{target.netloc}" if form.redirect_url else ""
    ancestors = "*" if _is_frame(request) else "'none'"
    return f"{_CSP}; form-action 'self'{ahead}; frame-ancestors {ancestors}"


routes = [
    Route("/f/{form}", open_page, methods=["GET"]),
    Route("/f/{form}", send, methods=["POST"]),
    Route("/f/{form}/frame", open_frame, methods=["GET"]),
    Route("/f/{form}/frame", send, methods=["POST"]),
]
